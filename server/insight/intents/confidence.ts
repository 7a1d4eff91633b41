/** What is known of a guess: the margin of the class guessed, and by how much it beats the next one. */
export type Guess = { margin: number; lead: number }

/** Chances that a guess is right, by a logistic curve over margin and lead. */
export type Confidence = { margin: number; lead: number; bias: number }

const ROUNDS = 60
/** Holds the curve back where there are few guesses. */
const RIDGE = 1e-2

export const confidenceOf = ({ margin, lead, bias }: Confidence, guess: Guess): number =>
  1 / (1 + Math.exp(-(margin * guess.margin + lead * guess.lead + bias)))

/**
 * Fits the curve to guesses about examples that were not trained on (Platt 1999, by Newton's method): of those it gives 0.8, eight in ten
 * were right.
 */
export function fitConfidence(guesses: readonly (Guess & { right: boolean })[]): Confidence {
  let [a, b, c] = [1, 1, 0]
  // one of each more than there were: no chance is ever 0 or 1
  const rights = guesses.filter(({ right }) => right).length
  const goal = { right: (rights + 1) / (rights + 2), wrong: 1 / (guesses.length - rights + 2) }
  for (let round = 0; round < ROUNDS; round++) {
    const g = [RIDGE * a, RIDGE * b, 0]
    const h = [RIDGE, 0, 0, RIDGE, 0, RIDGE]
    for (const { margin, lead, right } of guesses) {
      const p = confidenceOf({ margin: a, lead: b, bias: c }, { margin, lead })
      const [error, w] = [p - (right ? goal.right : goal.wrong), Math.max(p * (1 - p), 1e-9)]
      g[0]! += error * margin
      g[1]! += error * lead
      g[2]! += error
      h[0]! += w * margin * margin
      h[1]! += w * margin * lead
      h[2]! += w * margin
      h[3]! += w * lead * lead
      h[4]! += w * lead
      h[5]! += w
    }
    const step = solve3(h, g)
    a -= step[0]
    b -= step[1]
    c -= step[2]
    if (Math.max(...step.map(Math.abs)) < 1e-6) break
  }
  return { margin: a, lead: b, bias: c }
}

/** Solves a symmetric system of three by Cramer's rule; `h`: the upper triangle by rows. */
function solve3(h: readonly number[], g: readonly number[]): [number, number, number] {
  const [a, b, c, d, e, f] = h as [number, number, number, number, number, number]
  const [x, y, z] = g as [number, number, number]
  const [A, B, C] = [d * f - e * e, c * e - b * f, b * e - c * d]
  const [D, E, F] = [a * f - c * c, b * c - a * e, a * d - b * b]
  const det = a * A + b * B + c * C
  return [(A * x + B * y + C * z) / det, (B * x + D * y + E * z) / det, (C * x + E * y + F * z) / det]
}

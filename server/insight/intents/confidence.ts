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
  const rights = guesses.filter(({ right }) => right).length
  // one of each more than there were: no chance is ever 0 or 1
  const goals = { right: (rights + 1) / (rights + 2), wrong: 1 / (guesses.length - rights + 2) }
  const told = guesses.map(({ right, ...guess }) => ({ ...guess, goal: right ? goals.right : goals.wrong }))
  let curve: Confidence = { margin: 1, lead: 1, bias: 0 }
  let loss = lossOf(curve, told)
  for (let round = 0; round < ROUNDS; round++) {
    const [a, b, c] = newtonStep(curve, told)
    // a whole step may go too far where guesses are few
    for (let share = 1; share > 1e-4; share /= 2) {
      const next = { margin: curve.margin - share * a, lead: curve.lead - share * b, bias: curve.bias - share * c }
      const nextLoss = lossOf(next, told)
      if (nextLoss >= loss) continue
      curve = next
      loss = nextLoss
      break
    }
    if (Math.max(Math.abs(a), Math.abs(b), Math.abs(c)) < 1e-6) break
  }
  return curve
}

type Told = Guess & { goal: number }

function lossOf(curve: Confidence, told: readonly Told[]): number {
  let loss = (RIDGE * (curve.margin ** 2 + curve.lead ** 2)) / 2
  for (const { goal, ...guess } of told) {
    const z = curve.margin * guess.margin + curve.lead * guess.lead + curve.bias
    // -log of the chance, without overflow
    loss += Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))) - goal * z
  }
  return loss
}

function newtonStep(curve: Confidence, told: readonly Told[]): [number, number, number] {
  const g: [number, number, number] = [RIDGE * curve.margin, RIDGE * curve.lead, 0]
  const h: Upper = [RIDGE, 0, 0, RIDGE, 0, 1e-6]
  for (const { goal, ...guess } of told) {
    const { margin, lead } = guess
    const p = confidenceOf(curve, guess)
    const [error, w] = [p - goal, p * (1 - p)]
    g[0] += error * margin
    g[1] += error * lead
    g[2] += error
    h[0] += w * margin * margin
    h[1] += w * margin * lead
    h[2] += w * margin
    h[3] += w * lead * lead
    h[4] += w * lead
    h[5] += w
  }
  return solve3(h, g)
}

/** A symmetric system: its upper triangle by rows. */
type Upper = [number, number, number, number, number, number]

/** Solves a symmetric system of three by Cramer's rule. */
function solve3([a, b, c, d, e, f]: Upper, [x, y, z]: [number, number, number]): [number, number, number] {
  const [A, B, C] = [d * f - e * e, c * e - b * f, b * e - c * d]
  const [D, E, F] = [a * f - c * c, b * c - a * e, a * d - b * b]
  const det = a * A + b * B + c * C
  return [(A * x + B * y + C * z) / det, (B * x + D * y + E * z) / det, (C * x + E * y + F * z) / det]
}

import type { Vector } from './features.ts'

/** A class against all others: what each feature says for it. */
export type Separator = { weights: Float32Array; bias: number }

/** How much an error costs against a simple rule. */
const COST = 1
const ROUNDS = 60
/** Training ends when no example pulls harder than this. */
const ENOUGH = 0.1

/**
 * A linear support vector machine by dual coordinate descent with squared hinge loss (Hsieh et al., ICML 2008), with its shrinking: examples
 * that are well on their side are left alone until the end. The same for the same examples. The bias is a feature that every example has.
 */
export function separate(vectors: readonly Vector[], isOfClass: readonly boolean[], features: number): Separator {
  const weights = new Float32Array(features)
  let bias = 0
  const alpha = new Float64Array(vectors.length)
  const diagonal = 1 / (2 * COST)
  const curvature = vectors.map(({ value }) => value.reduce((sum, x) => sum + x * x, 1) + diagonal)
  const order = Int32Array.from(vectors, (_, i) => i)
  const random = numbers(vectors.length)
  let active = order.length
  let calm = Number.POSITIVE_INFINITY
  for (let round = 0; round < ROUNDS; round++) {
    shuffle(order, active, random)
    let hardest = 0
    for (let s = 0; s < active; s++) {
      const i = order[s]!
      const { at, value } = vectors[i]!
      const sign = isOfClass[i] ? 1 : -1
      let margin = bias
      for (let k = 0; k < at.length; k++) margin += weights[at[k]!]! * value[k]!
      const gradient = sign * margin - 1 + diagonal * alpha[i]!
      if (alpha[i] === 0 && gradient > calm) {
        active--
        order[s] = order[active]!
        order[active] = i
        s--
        continue
      }
      const pull = alpha[i] === 0 ? Math.min(gradient, 0) : gradient
      if (pull === 0) continue
      hardest = Math.max(hardest, Math.abs(pull))
      const next = Math.max(0, alpha[i]! - gradient / curvature[i]!)
      const step = (next - alpha[i]!) * sign
      alpha[i] = next
      for (let k = 0; k < at.length; k++) weights[at[k]!]! += step * value[k]!
      bias += step
    }
    calm = hardest === 0 ? Number.POSITIVE_INFINITY : hardest
    if (hardest >= ENOUGH) continue
    if (active === order.length) break
    // those that were left alone are looked at once more
    active = order.length
    calm = Number.POSITIVE_INFINITY
  }
  return { weights, bias }
}

/** How far a text is on the class's side: above 0 it is of it. */
export function marginOf({ weights, bias }: Separator, { at, value }: Vector): number {
  let margin = bias
  for (let k = 0; k < at.length; k++) margin += weights[at[k]!]! * value[k]!
  return margin
}

/** Numbers from 0 to 1 that are the same each time. */
function numbers(seed: number): () => number {
  let state = seed + 1
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

/** Mixes the first `count`. */
function shuffle(order: Int32Array, count: number, random: () => number): void {
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    const other = order[j]!
    order[j] = order[i]!
    order[i] = other
  }
}

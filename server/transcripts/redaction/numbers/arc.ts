import type { Token } from '../tokens.ts'

/** A way to read tokens from where it begins up to `to` (exclusive): the characters they stand for. */
export type Arc = {
  to: number
  out: string
  /** Fewer and longer arcs are likelier; a reading's cost is the sum. */
  cost: number
}

/** All numbers, in words, that begin at a token. */
export type NumberGrammar = (tokens: readonly Token[], at: number) => Arc[]

/** A number of words with where it ends. */
export type Spoken = { to: number; value: number }

export const arcOf = ({ to, value }: Spoken): Arc => ({ to, out: String(value), cost: 1 })

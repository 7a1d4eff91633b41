import type { Segment } from './decide.ts'
import type { Cue } from './lexicon/lexicon.ts'
import type { PiiType, Span } from './types.ts'

/** A value that a lane may go on telling in its next turn. */
export type OpenValue = {
  segments: readonly Segment[]
  cue: Cue | null
  asked: boolean
  dated: boolean
  type: PiiType | null
  /** As long as its type has, so that further digits are another value. */
  whole: boolean
  /** Nothing has come between: what follows without a cue belongs to it. */
  live: boolean
}

/** What was announced and has not been told: the next values without a cue of their own are these, in this order. */
export type Expected = {
  cues: readonly Cue[]
  asked: boolean
  /** Turns since, without one that was about it. */
  age: number
  /** The first of them has been told in part. */
  begun: boolean
}

/** What a conversation has said so far, as far as the next turn needs it. Values are replaced, never changed in place. */
export type State = {
  expected: Expected | null
  open: ReadonlyMap<string, OpenValue>
  /** Codes of redacted values, so that their repetition is known. */
  told: readonly { type: PiiType; code: string; lane: string; at: number }[]
  /** Untyped values that may turn out to repeat one. */
  loose: readonly { segment: Segment; code: string }[]
  /** Words of names that were told. */
  names: ReadonlySet<string>
  /** Turn at which a card was last told; -Infinity: never. */
  cardAt: number
  turns: number
}

export const initial: State = {
  expected: null,
  open: new Map(),
  told: [],
  loose: [],
  names: new Set(),
  cardAt: Number.NEGATIVE_INFINITY,
  turns: 0,
}

/** New spans of a segment's place in a turn; `start` to `end` is the place they replace. */
export type Patch = { turn: string; start: number; end: number; span: Span | null }

import type { PaymentCue } from '../redaction/index.ts'

/** A stretch of the call, ms from its start. */
export type Stretch = { fromMs: number; toMs: number }

/** What a turn, or a part of it, tells of card and bank data. */
export type Told = Stretch & {
  final: boolean
  cue: PaymentCue
  /** Where such data, or digits that may become it, are said: in this turn and in those before it that changed. */
  payment: readonly Stretch[]
  /** The next digits are expected to be such data. */
  expecting: boolean
}

/** `null`: nothing is left out. `lastMs`: the last sign of such data, or that it is about to be told. */
export type Guard = { sinceMs: number; lastMs: number; told: boolean } | null

/** What to do: leave out from, or keep again from, a moment of the call (ms). */
export type Order = { on: boolean; fromMs: number } | null

/** Recognisers are some tens of ms off where words begin and end, people begin before they are understood. */
const BEFORE_MS = 400
const AFTER_MS = 400
/** Nothing more was said of it for so long: it is over. People look for their card, so it is longer before the first digit. */
const QUIET_MS = 6000
const SEARCHING_MS = 20_000
/** Another turn without such data ends it, unless it follows at once: people stop between groups of digits. */
const PAUSE_MS = 1500

/**
 * Whether card and bank data is to be left out, from turn to turn: it begins where it is asked for or told, and ends when the
 * conversation goes on, when it is said that it is done, or after a silence. Pure.
 */
export function heed(guard: Guard, told: Told): { guard: Guard; order: Order } {
  const { payment, cue } = told
  if (payment.length > 0) {
    const fromMs = Math.max(0, Math.min(...payment.map((p) => p.fromMs)) - BEFORE_MS)
    const lastMs = Math.max(...payment.map((p) => p.toMs), guard?.lastMs ?? 0)
    return began(guard, { fromMs, lastMs, told: true })
  }
  if (cue.begins !== null) return began(guard, { fromMs: told.toMs, lastMs: told.toMs, told: false })
  if (!guard || !told.final) return { guard, order: null }
  const goesOn = guard.told && !told.expecting && told.fromMs - guard.lastMs > PAUSE_MS
  return cue.over || goesOn ? ended(guard) : { guard, order: null }
}

/** As time passes; `nowMs` of the call. */
export function passed(guard: Guard, nowMs: number): { guard: Guard; order: Order } {
  if (!guard || nowMs - guard.lastMs < (guard.told ? QUIET_MS : SEARCHING_MS)) return { guard, order: null }
  return ended(guard)
}

function began(
  guard: Guard,
  { fromMs, lastMs, told }: { fromMs: number; lastMs: number; told: boolean },
): { guard: Guard; order: Order } {
  if (!guard) return { guard: { sinceMs: fromMs, lastMs, told }, order: { on: true, fromMs } }
  return { guard: { ...guard, lastMs: Math.max(guard.lastMs, lastMs), told: guard.told || told }, order: null }
}

const ended = (guard: NonNullable<Guard>): { guard: Guard; order: Order } => ({
  guard: null,
  order: { on: false, fromMs: guard.lastMs + AFTER_MS },
})

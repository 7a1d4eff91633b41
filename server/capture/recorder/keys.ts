import type { PartyRole } from '../source.ts'

/** Keys by which callers answer, as the announcement names them. */
export type AnswerKeys = { yes: string; no: string }

/** A key pressed on a leg ('' : nobody says on which), ms since the call's start. */
export type Pressed = { label: string; key: string; atMs: number }

/** When a key is an answer, ms. Why: decisions/0005. */
export const keyRules = {
  /** No other key this long before: who types a number from a card pauses for less. */
  quietBeforeMs: 5000,
  /** No other key this long after: what an answer waits before it takes effect. */
  quietAfterMs: 2000,
  /** The same key from another leg, or in a message, within this is the same press told twice. */
  echoMs: 1000,
  /** A yes counts this long from the call's start: the long announcement takes two minutes. */
  yesWithinMs: 180_000,
}

/** Finds keys pressed alone. Keys of a sequence are never told; nothing but the latest one is kept. */
export class LoneKeys {
  #last: Pressed | null = null
  #disturbedMs = -Infinity
  #candidate: Pressed | null = null

  press(pressed: Pressed): void {
    const last = this.#last
    const echo = last?.key === pressed.key && last.label !== pressed.label
    if (echo && pressed.atMs - last.atMs <= keyRules.echoMs) return
    const alone = pressed.atMs - this.#disturbedMs >= keyRules.quietBeforeMs
    this.disturb(pressed.atMs)
    this.#last = pressed
    this.#candidate = alone ? pressed : null
  }

  /** A key may have been pressed unseen, or one that must not be looked at: none around this moment is alone. */
  disturb(atMs: number): void {
    this.#disturbedMs = atMs
    this.#last = null
    this.#candidate = null
  }

  /** The key that has stood alone long enough; once. */
  due(nowMs: number): Pressed | null {
    const one = this.#candidate
    return one && nowMs - one.atMs >= keyRules.quietAfterMs ? this.take() : null
  }

  /** The key that stands alone so far; once. */
  take(): Pressed | null {
    const one = this.#candidate
    this.#candidate = null
    return one
  }
}

export type Asked = {
  /** Null while no organisation has said them. */
  keys: AnswerKeys | null
  from: PartyRole
  consent: 'yes' | 'no' | 'not_asked'
  /** Whether the call is recorded only after a yes: only then the announcement names its key. */
  optIn: boolean
}

/**
 * What a lone key answers. A no counts from whoever is not an agent, at any time. A yes must be provable as the caller's: from a
 * leg known to be theirs, while the call asks for it, and as the first answer, so that a later menu never undoes a no. Pure.
 */
export function answerOf(
  { key, atMs }: Pressed,
  { keys, from, consent, optIn }: Asked,
): 'consent_yes' | 'consent_no' | null {
  if (!keys || keys.yes === keys.no || from === 'agent') return null
  if (key === keys.no) return 'consent_no'
  const asked = optIn && consent === 'not_asked' && atMs <= keyRules.yesWithinMs
  return asked && key === keys.yes && from === 'customer' ? 'consent_yes' : null
}

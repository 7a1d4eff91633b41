import type { MeasuredValue } from '../../../contract/models/security.ts'
import type { Words } from '../../../contract/models/retention.ts'
import { inWords, type StateCode } from './words/index.ts'

/** A value and whether it is as it should be; null when it only informs. */
export type Reading = { value: MeasuredValue; good: boolean | null }
/** What can be read off one room's facts. */
export type Readings<Facts> = Record<string, (facts: Facts) => Reading>

type Good = boolean | null

export const number = (n: number, good: Good = null): Reading => ({ value: { kind: 'number', n }, good })
/** How many there are of what must not be. */
export const none = (n: number): Reading => number(n, n === 0)
export const part = (n: number, of: number, good: Good = null): Reading => ({ value: { kind: 'part', n, of }, good })
/** All of them must be. */
export const all = (n: number, of: number): Reading => part(n, of, n === of)
export const text = (said: string, good: Good = null): Reading => ({ value: { kind: 'text', text: said }, good })
export const days = (ms: number, good: Good = null): Reading => ({
  value: { kind: 'days', n: Math.round(ms / 8_640_000) / 10 },
  good,
})
export const instant = (ms: number | null, good: Good = null): Reading => ({
  value: { kind: 'instant', at: ms === null ? null : new Date(ms).toISOString() },
  good,
})
export const day = (said: string | null, good: Good = null): Reading => ({ value: { kind: 'day', day: said }, good })
export const state = (code: StateCode, good: Good = null): Reading => ({
  value: { kind: 'state', code, text: inWords((w) => w.states[code]) },
  good,
})
export const counts = (items: { name: Words; n: number }[], good: Good = null): Reading => ({
  value: { kind: 'counts', items },
  good,
})

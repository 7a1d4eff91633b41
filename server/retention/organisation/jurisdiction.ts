import type { Jurisdiction, Organisation } from '../../../contract/models/retention.ts'

/*
 * Whether a caller who is told and says nothing may be recorded, by the strictest of the countries concerned. Pure.
 */

export type Places = { callerCountry: string | null; agentCountry: string | null }
export type Deciding = { who: 'caller' | 'agent' | 'controller'; country: string | null }
export type ConsentMode =
  | { mode: 'objection' | 'opt_in'; decidedBy: Deciding[] }
  /** No controller country is declared: the recording policy alone decides. */
  | { mode: 'not_configured'; decidedBy: [] }

/** The row of a country or state; null when the table has none. `US-NY` falls back to `US-*`, then to `US`. */
export function rowOf(table: readonly Jurisdiction[], code: string): Jurisdiction | null {
  const [country = code] = code.split('-')
  const candidates = code === country ? [code] : [code, `${country}-*`, country]
  for (const candidate of candidates) {
    const row = table.find((one) => one.code === candidate)
    if (row) return row
  }
  return null
}

/** Whether a country asks for a yes. No country and a country without a row do: unknown means all parties. */
export function asksYes(table: readonly Jurisdiction[], country: string | null, purposes: readonly string[]): boolean {
  const row = country === null ? null : rowOf(table, country)
  if (!row) return true
  return row.silence === 'not_allowed' || purposes.some((purpose) => row.yesFor.includes(purpose))
}

/**
 * Objection or opt-in: the strictest of the caller's, the agent's and the controller's country. `decidedBy` names those that ask
 * for a yes; under `objection` all that were looked at. A caller of unknown country counts as the controller's when the
 * organisation chose so; an agent of unknown country always does: agents answer for the controller.
 */
export function consentModeOf(
  table: readonly Jurisdiction[],
  organisation: Pick<Organisation, 'country' | 'unknownCallers'> | null,
  places: Places,
  purposes: readonly string[],
): ConsentMode {
  if (!organisation?.country) return { mode: 'not_configured', decidedBy: [] }
  const { country, unknownCallers } = organisation
  const caller = places.callerCountry ?? (unknownCallers === 'controller' ? country : null)
  const all: Deciding[] = [
    { who: 'caller', country: caller },
    { who: 'agent', country: places.agentCountry ?? country },
    { who: 'controller', country },
  ]
  const asking = all.filter((one) => asksYes(table, one.country, purposes))
  return asking.length > 0 ? { mode: 'opt_in', decidedBy: asking } : { mode: 'objection', decidedBy: all }
}

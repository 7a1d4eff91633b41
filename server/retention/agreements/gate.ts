import type { AgreementDraft } from '../../../contract/models/agreements.ts'
import type { AgreementKind, Feature, Jurisdiction } from '../../../contract/models/retention.ts'
import { rowOf } from '../organisation/jurisdiction.ts'

/*
 * Whether a feature that looks at how people work may be used: not before the agreement or notice that the country asks for is
 * registered and in force. Pure.
 */

/** What the gate looks at of an agreement. Times in ms. */
export type Registered = Omit<AgreementDraft, 'reference'> & {
  id: string
  registeredAt: number
  revokedAt: number | null
}

/** About whom: the agent's country (null: unknown) and every team the agent is in. */
export type About = { country: string | null; teamIds: readonly string[] }

export type GateAnswer =
  /** `agreed`: by these documents. `not_required`: the country asks for none. `not_configured`: nobody said which country. */
  | { open: true; code: 'agreed' | 'not_required' | 'not_configured'; agreementIds: string[] }
  /** `needs`: of every list one document is still missing. `agreement_team`: there is one, but not for these teams. */
  | { open: false; code: 'agreement_missing' | 'agreement_not_in_force' | 'agreement_team'; needs: AgreementKind[][] }

export type Rules = {
  table: readonly Jurisdiction[]
  /** The controller's country, which agents of unknown country count as; null while it is not declared. */
  controller: string | null
  agreements: readonly Registered[]
}

/** Whether an agreement counts at an instant, ms: registered, not revoked, within its days (UTC, both counted). */
export function inForce(agreement: Registered, atMs: number): boolean {
  const day = new Date(atMs).toISOString().slice(0, 10)
  const { registeredAt, revokedAt, validFrom, validTo } = agreement
  return (
    registeredAt <= atMs &&
    (revokedAt === null || atMs < revokedAt) &&
    validFrom <= day &&
    (validTo === null || day <= validTo)
  )
}

/** Whether an agreement covers an agent: every team the agent is in, so that no team is drawn in by another's agreement. */
export const coversTeams = (agreement: Pick<Registered, 'teams'>, teamIds: readonly string[]): boolean =>
  agreement.teams.length === 0 || (teamIds.length > 0 && teamIds.every((team) => agreement.teams.includes(team)))

export function gateOf(rules: Rules, feature: Feature, about: About, atMs: number): GateAnswer {
  const country = about.country ?? rules.controller
  if (country === null) return { open: true, code: 'not_configured', agreementIds: [] }
  const needs = (rowOf(rules.table, country)?.gates ?? []).filter((gate) => gate.feature === feature)
  const lists = needs.flatMap((gate) => gate.needs)
  if (lists.length === 0) return { open: true, code: 'not_required', agreementIds: [] }
  const concerned = rules.agreements.filter(
    (one) => one.country === country.slice(0, 2) && one.features.includes(feature),
  )
  const met = lists.map((kinds) => {
    const ofKind = concerned.filter((one) => kinds.includes(one.kind))
    const valid = ofKind.filter((one) => inForce(one, atMs))
    return { kinds, ofKind, valid, found: valid.find((one) => coversTeams(one, about.teamIds)) }
  })
  const missing = met.filter((list) => !list.found)
  const [first] = missing
  if (!first)
    return { open: true, code: 'agreed', agreementIds: [...new Set(met.flatMap((list) => list.found?.id ?? []))] }
  const why =
    first.valid.length > 0 ? 'agreement_team' : first.ofKind.length > 0 ? 'agreement_not_in_force' : 'agreement_missing'
  return { open: false, code: why, needs: missing.map((list) => list.kinds) }
}

import type { Agreement } from '../../../contract/models/agreements.ts'
import type { AgreementKind, Feature, Jurisdiction } from '../../../contract/models/retention.ts'

export const features: Feature[] = ['training_use', 'agent_reports', 'scoring', 'analytics_by_agent']

/** Kinds of one country alone; a notice to workers is known everywhere. */
const kindsOfCountry: Record<string, AgreementKind[]> = {
  IT: ['it_union_agreement', 'it_inspectorate'],
  FR: ['fr_cse'],
  DE: ['de_works_agreement'],
}
export const kindsOf = (country: string | null): AgreementKind[] => [
  ...(kindsOfCountry[country ?? ''] ?? []),
  'worker_notice',
]

/** How a country's gate stands for some features: `teams` is open for the teams named alone. */
export type Standing = {
  state: 'open' | 'teams' | 'locked' | 'not_asked'
  features: Feature[]
  /** Of every list one document is missing. */
  missing: AgreementKind[][]
  teams: string[]
}

/** How a country's gate stands, features of equal standing together. The server decides; this explains. */
export function standingsOf(row: Jurisdiction, agreements: Agreement[]): Standing[] {
  const standings: Standing[] = []
  for (const feature of features) {
    const one = standingOf(row, feature, agreements)
    const same = standings.find((known) => JSON.stringify({ ...known, features: [feature] }) === JSON.stringify(one))
    if (same) same.features.push(feature)
    else standings.push(one)
  }
  return standings
}

function standingOf(row: Jurisdiction, feature: Feature, agreements: Agreement[]): Standing {
  const lists = row.gates.filter((gate) => gate.feature === feature).flatMap((gate) => gate.needs)
  const standing = { features: [feature], missing: [], teams: [] }
  if (lists.length === 0) return { ...standing, state: 'not_asked' }
  const counting = agreements.filter(
    (one) => one.inForce && one.country === row.code.slice(0, 2) && one.features.includes(feature),
  )
  const met = lists.map((kinds) => ({ kinds, found: counting.filter(({ kind }) => kinds.includes(kind)) }))
  const missing = met.filter(({ found }) => found.length === 0).map(({ kinds }) => kinds)
  if (missing.length > 0) return { ...standing, state: 'locked', missing }
  const partial = met.filter(({ found }) => found.every(({ teams }) => teams.length > 0))
  if (partial.length === 0) return { ...standing, state: 'open' }
  const [first = [], ...others] = partial.map(({ found }) => [...new Set(found.flatMap(({ teams }) => teams))])
  const teams = first.filter((team) => others.every((list) => list.includes(team)))
  if (teams.length > 0) return { ...standing, state: 'teams', teams }
  // Each document names other teams: nobody is covered by all of them.
  return { ...standing, state: 'locked', missing: partial.map(({ kinds }) => kinds) }
}

/** Why an agreement opens nothing today (UTC, as the server counts). */
export function whyNot({ revokedAt, validFrom }: Agreement): 'revoked' | 'notYet' | 'ended' {
  if (revokedAt) return 'revoked'
  return validFrom > new Date().toISOString().slice(0, 10) ? 'notYet' : 'ended'
}

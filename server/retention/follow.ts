import type { LegalBasis } from '../../contract/models/policy.ts'
import { endedBy } from './consent/ended-by.ts'
import { type Consent, standing } from './consent/standing.ts'
import type { Lapse, LapseReport } from './lapse/lapse.ts'
import type { LapseReason } from './terms/store.ts'
import { idOf, type TermDb, type TermRow, termsOf } from './terms/terms.ts'

/*
 * What a caller's no does to what is kept. Calls in progress stop at once; their terms end when they are sealed, with what was
 * recorded before the no.
 */

export type FollowDeps = {
  db: TermDb
  lapse: Pick<Lapse, 'lapse'>
  /** Everything a caller said, and everything said in a call. */
  about: (who: { caller: Buffer | null; callId: string | null }) => Promise<Consent[]>
  /** Stops recording a call in progress; false when it is not in progress. */
  stopLive: (callId: string) => boolean
}

export type Followed = {
  /** What ended, what stays although the caller said no, each with the article that says so. */
  ended: { callId: string; purpose: string; article: string }[]
  stays: { callId: string; purpose: string; article: string }[]
  held: LapseReport['held']
  /** Calls in progress: nothing more is recorded; their terms end when they are sealed. */
  inProgress: string[]
}

export type Said = Pick<Consent, 'callId' | 'purpose' | 'value' | 'kind'> & { id: string; caller: Buffer | null }

/** Carries out a refusal, withdrawal or objection on everything kept of the caller, or of the call. */
export async function followConsent(deps: FollowDeps, said: Said): Promise<Followed> {
  const rows = said.value === 'no' ? await liveTerms(deps.db, said) : []
  const inProgress = [...new Set(rows.map((r) => r.call_id))].filter(
    (id) => endsAll(said, rows, id) && deps.stopLive(id),
  )
  const settled = rows.filter((r) => !inProgress.includes(r.call_id))
  const fates = endedBy(said, settled.map(holdingOf))
  const terms = fates.ends.map((f) => idOf(f.holding.row))
  const { held } = await deps.lapse.lapse({ terms, reason: reasonOf(said), caseId: said.id })
  const told = ({ holding, article }: (typeof fates.ends)[number]) => ({
    callId: holding.callId,
    purpose: holding.purpose,
    article,
  })
  return { ended: fates.ends.map(told), stays: fates.stays.map(told), held, inProgress }
}

/** Ends what a call that was just sealed may not keep, by everything its caller ever said. */
export async function settleCall(deps: FollowDeps, callId: string): Promise<LapseReport> {
  return endRefused(deps, (await refusedTerms(deps, callId)).refused)
}

/**
 * The caller of a call is known: what an earlier no forbids is not recorded for. Of a call in progress for which nothing would be
 * left, recording stops; its terms end when it is sealed.
 */
export async function heedCaller(deps: FollowDeps, callId: string): Promise<void> {
  const { live, refused } = await refusedTerms(deps, callId)
  if (refused.length === 0 || (refused.length === live.length && deps.stopLive(callId))) return
  await endRefused(deps, refused)
}

type Refused = { row: TermRow; record: Consent }

async function refusedTerms(deps: FollowDeps, callId: string): Promise<{ live: TermRow[]; refused: Refused[] }> {
  const live = (await termsOf(deps.db, callId)).filter((r) => r.state === 'live')
  const said = await deps.about({ caller: live[0]?.customer_index ?? null, callId })
  const refused = live.flatMap((row): Refused[] => {
    const { value, record } = standing(said, { callId, purpose: row.purpose })
    if (value !== 'no' || !record) return []
    return endedBy({ callId: null, purpose: null, value }, [holdingOf(row)]).ends.length > 0 ? [{ row, record }] : []
  })
  return { live, refused }
}

async function endRefused(deps: FollowDeps, refused: Refused[]): Promise<LapseReport> {
  const report: LapseReport = { ended: [], held: [], destroyed: [] }
  for (const { row, record } of refused) {
    const part = await deps.lapse.lapse({ terms: [idOf(row)], reason: reasonOf(record), caseId: record.id })
    report.ended.push(...part.ended)
    report.held.push(...part.held)
    report.destroyed.push(...part.destroyed)
  }
  return report
}

const holdingOf = (row: TermRow) => ({
  row,
  callId: row.call_id,
  purpose: row.purpose,
  basis: row.basis as LegalBasis | null,
})

const reasonOf = ({ kind }: Pick<Consent, 'kind'>): LapseReason => (kind === 'objected' ? 'objection' : 'withdrawal')

/** Whether nothing a call is kept for stays after the no: then there is nothing to record for any more. */
function endsAll(said: Said, rows: TermRow[], callId: string): boolean {
  const own = rows.filter((r) => r.call_id === callId)
  return endedBy(said, own.map(holdingOf)).ends.length === own.length
}

async function liveTerms(db: TermDb, { callId, caller }: Said): Promise<TermRow[]> {
  const live = db.selectFrom('term').selectAll().where('state', '=', 'live')
  if (callId) return live.where('call_id', '=', callId).execute()
  return caller ? live.where('customer_index', '=', caller).execute() : []
}

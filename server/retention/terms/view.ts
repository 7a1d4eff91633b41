import type { CallTerms, Term } from '../../../contract/models/terms.ts'
import type { Holds } from '../holds/holds.ts'
import { type TermDb, type TermRow, termsOf } from './terms.ts'

/** What a call is kept for, until when, how that ended, which holds keep it, and the certificate once all is destroyed. */
export async function callTermsOf(
  { db, holds }: { db: TermDb; holds: Pick<Holds, 'holdsOf'> },
  callId: string,
): Promise<CallTerms> {
  const destroyed = await db
    .selectFrom('destruction')
    .select('certificate')
    .where('call_id', '=', callId)
    .executeTakeFirst()
  return {
    terms: (await termsOf(db, callId)).map(termView),
    holds: await holds.holdsOf(callId),
    certificate: destroyed?.certificate ?? null,
  }
}

const termView = (row: TermRow): Term => ({
  purpose: row.purpose,
  segment: row.segment,
  fromMs: row.from_ms,
  toMs: row.to_ms,
  basis: row.basis,
  country: row.country,
  lastDay: row.last_day,
  audioLastDay: row.audio_last_day,
  audioEndedAt: row.audio_ended_at?.toISOString() ?? null,
  state: row.state,
  reason: row.reason,
  endedAt: row.ended_at?.toISOString() ?? null,
})

import { sql } from 'kysely'
import { idOf, type TermRow, type TermTx } from '../terms/terms.ts'
import { dueTerms } from './due.ts'
import type { LapseDeps } from './lapse.ts'

/*
 * Audio that ends before the rest of what its purpose keeps (CNIL: recordings six months, what is drawn from them a year). The last day
 * stands in the term, so a crash needs no state of its own: what was destroyed and not yet written down is due again, and destroying it
 * again changes nothing.
 */

/** Ends audio whose last day is over and that no hold keeps. Returns how many terms lost theirs. */
export async function lapseAudio(deps: LapseDeps, today: string): Promise<number> {
  let ended = 0
  for await (const due of dueTerms(deps.db, 'audio', today)) ended += (await endAudio(deps, due)).length
  return ended
}

/** Ends the audio of live terms; returns those that no hold keeps. Throws what the vault throws when it cannot destroy. */
export async function endAudio({ db, vault, clock, erasers, log }: LapseDeps, rows: TermRow[]): Promise<TermRow[]> {
  const { held } = await vault.end(
    rows.flatMap((r) => (r.rendition_id ? [{ renditionId: r.rendition_id, purpose: r.purpose }] : [])),
  )
  const gone = rows.filter((r) => r.rendition_id && !held.includes(r.rendition_id))
  if (gone.length === 0) return []
  await db.transaction().execute(async (tx) => {
    for (const { eraseAudio } of erasers()) await eraseAudio?.(tx, gone.map(idOf))
    await sql`update term t set audio_ended_at = ${new Date(clock.now())}
      from unnest(${gone.map((r) => r.call_id)}::uuid[], ${gone.map((r) => r.purpose)}::text[], ${gone.map((r) => r.segment)}::int[])
        as a(call_id, purpose, segment)
      where (t.call_id, t.purpose, t.segment) = (a.call_id, a.purpose, a.segment)`.execute(tx)
    await log(
      tx as TermTx,
      gone.map((r) => ({
        type: 'purpose.audio_lapsed',
        callId: r.call_id,
        data: { purpose: r.purpose, segment: r.segment, lastDay: r.audio_last_day },
      })),
    )
  })
  return gone
}

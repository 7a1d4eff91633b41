import { sql } from 'kysely'
import { idOf, notHeld, type TermDb, type TermRow, type TermTx } from '../terms/terms.ts'
import { batchSize, type LapseDeps } from './lapse.ts'

/*
 * Audio that ends before the rest of what its purpose keeps (CNIL: recordings six months, what is drawn from them a year). The last day
 * stands in the term, so a crash needs no state of its own: what was destroyed and not yet written down is due again, and destroying it
 * again changes nothing.
 */

/** Ends audio whose last day is over and that no hold keeps. Returns how many terms lost theirs. */
export async function lapseAudio(deps: LapseDeps, today: string): Promise<number> {
  let ended = 0
  for (let after: TermRow | null = null; ;) {
    const due: TermRow[] = await dueAudio(deps.db, today, after)
    if (due.length === 0) return ended
    ended += (await endAudio(deps, due)).length
    after = due.at(-1) ?? null
  }
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

/** In the order of the index `term_audio_due`. */
function dueAudio(db: TermDb, today: string, after: TermRow | null): Promise<TermRow[]> {
  let query = db
    .selectFrom('term')
    .selectAll()
    .where('state', '=', 'live')
    .where('audio_last_day', '<', today)
    .where('audio_ended_at', 'is', null)
    .where('rendition_id', 'is not', null)
    .where(notHeld)
    .orderBy('audio_last_day')
    .orderBy('call_id')
    .orderBy('purpose')
    .orderBy('segment')
    .limit(batchSize)
  if (after)
    query = query.where(
      sql<boolean>`(audio_last_day, call_id, purpose, segment) > (${after.audio_last_day}::date, ${after.call_id}::uuid, ${after.purpose}, ${after.segment})`,
    )
  return query.execute()
}

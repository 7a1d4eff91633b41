import { sql } from 'kysely'
import type { Clock } from '../../platform/clock.ts'
import type { Enqueue } from '../../platform/jobs/index.ts'
import type { TranscriptJobs } from '../jobs.ts'
import type { TranscriptDb, TranscriptTx } from '../store.ts'

/** What is known of a call whose words are to be written down. */
export type CallFacts = {
  callId: string
  startedAt: Date
  durationMs: number
  agentId: string | null
  agentCountry: string | null
  callerCountry: string | null
  teamIds: string[]
  queue: string | null
  direction: string | null
  difficult: boolean
}

export type QueueDeps = {
  db: TranscriptDb
  clock: Clock
  enqueue: Enqueue<TranscriptJobs>
  facts(callId: string): Promise<CallFacts | null>
  /** Purposes of the call for which software writes down what was said, with their last days (`2026-11-27`). */
  purposes(callId: string): Promise<{ purpose: string; lastDay: string }[]>
}

/** Tries before a call is given up: about two hours. */
const maxAttempts = 12

/** Calls are written down one after the other, so that what calls in progress need is left for them. */
export const enqueueTranscribe = (enqueue: Enqueue<TranscriptJobs>, tx: TranscriptDb, callId: string): Promise<void> =>
  enqueue(tx, 'transcribe', { callId }, { key: `transcribe:${callId}`, queue: 'speech', maxAttempts })

export const isLastAttempt = (attempt: number): boolean => attempt >= maxAttempts

/** Asks for the transcript of a sealed call. Nothing happens when no purpose of it allows one, or when it was asked for before. */
export async function askTranscript(deps: QueueDeps, callId: string): Promise<void> {
  const [facts, purposes] = [await deps.facts(callId), await deps.purposes(callId)]
  if (!facts || purposes.length === 0) {
    await deps.db.deleteFrom('caption_draft').where('call_id', '=', callId).execute()
    return
  }
  await deps.db.transaction().execute(async (tx) => {
    const { numInsertedOrUpdatedRows: made } = await tx
      .insertInto('transcript')
      .values({ ...rowOf(facts), state: 'waiting', reason: null, asked_at: new Date(deps.clock.now()), ...notMade })
      .onConflict((c) => c.doNothing())
      .executeTakeFirst()
    if (!made) return
    await tx
      .insertInto('transcript_purpose')
      .values(purposes.map(({ purpose, lastDay }) => ({ call_id: callId, purpose, last_day: lastDay })))
      .execute()
    await enqueueTranscribe(deps.enqueue, tx, callId)
  })
}

const notMade = { made_at: null, language: null, engine: null, model: null, engine_version: null }

const rowOf = (facts: CallFacts) => ({
  call_id: facts.callId,
  started_at: facts.startedAt,
  duration_ms: facts.durationMs,
  agent_id: facts.agentId,
  agent_country: facts.agentCountry,
  team_ids: facts.teamIds,
  queue: facts.queue,
  direction: facts.direction,
  difficult: facts.difficult,
})

/** Starts what waits for an engine, oldest first. Returns how many. */
export async function wakeWaiting({ db, enqueue }: Pick<QueueDeps, 'db' | 'enqueue'>): Promise<number> {
  return db.transaction().execute(async (tx) => {
    const { rows } = await sql<{ call_id: string }>`
      update transcript set reason = null where state = 'waiting' and reason is not null returning call_id`.execute(tx)
    for (const { call_id } of rows) await enqueueTranscribe(enqueue, tx, call_id)
    return rows.length
  })
}

/** Takes up calls whose audio still holds what was found in them, however often that was tried. */
export async function resumeSilencing({ db, enqueue }: Pick<QueueDeps, 'db' | 'enqueue'>): Promise<void> {
  const rows = await db.selectFrom('transcript_silence').select('call_id').orderBy('found_at').execute()
  for (const { call_id } of rows) await enqueueTranscribe(enqueue, db, call_id)
}

/** Tries a failed call again. False when it is not one. */
export async function retry({ db, enqueue }: Pick<QueueDeps, 'db' | 'enqueue'>, callId: string): Promise<boolean> {
  return db.transaction().execute(async (tx) => {
    const row = await tx
      .updateTable('transcript')
      .set({ state: 'waiting', reason: null })
      .where('call_id', '=', callId)
      .where('state', '=', 'failed')
      .returning('call_id')
      .executeTakeFirst()
    if (row) await enqueueTranscribe(enqueue, tx, callId)
    return row !== undefined
  })
}

/** This room's part when terms end: a transcript that no purpose may read any more goes, with all that came of it. */
export async function eraseLapsed(
  tx: TranscriptTx,
  lapsed: { callId: string; purpose: string; last: boolean }[],
): Promise<Map<string, Record<string, number>>> {
  await sql`delete from transcript_purpose p
    using unnest(${lapsed.map((l) => l.callId)}::uuid[], ${lapsed.map((l) => l.purpose)}::text[]) as e(call_id, purpose)
    where (p.call_id, p.purpose) = (e.call_id, e.purpose)`.execute(tx)
  const ids = [...new Set(lapsed.map((l) => l.callId))]
  const { rows } = await sql<{ call_id: string; turns: number }>`
    with gone as (
      select t.call_id, (select count(*)::int from transcript_turn s where s.call_id = t.call_id) as turns from transcript t
      where t.call_id = any(${ids}::uuid[]) and not exists (select from transcript_purpose p where p.call_id = t.call_id)
    ), deleted as (delete from transcript t using gone where t.call_id = gone.call_id),
      unwritten as (delete from caption_draft d using gone where d.call_id = gone.call_id)
    select call_id, turns from gone`.execute(tx)
  return new Map(rows.map((r) => [r.call_id, { turns: r.turns }]))
}

/** Last days that the retention room moved. */
export async function moveLastDays(
  tx: TranscriptTx,
  terms: { callId: string; purpose: string; lastDay: string }[],
): Promise<void> {
  await sql`update transcript_purpose p set last_day = e.day
    from unnest(${terms.map((t) => t.callId)}::uuid[], ${terms.map((t) => t.purpose)}::text[], ${terms.map((t) => t.lastDay)}::date[])
      as e(call_id, purpose, day)
    where (p.call_id, p.purpose) = (e.call_id, e.purpose)`.execute(tx)
}

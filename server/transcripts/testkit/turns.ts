import { sql } from 'kysely'
import { newId } from '../../platform/ids.ts'
import { searchVector } from '../search/tsquery.ts'
import type { TranscriptDb } from '../store.ts'

export type Said = { role?: 'agent' | 'customer'; language?: string; text: string }
type Facts = {
  id?: string
  startedAt?: Date
  agentId?: string | null
  teamIds?: string[]
  queue?: string
  durationMs?: number
  purposes?: Record<string, string>
}

/** A call whose transcript is made; `purposes`: with their last days. Returns its id. */
export async function transcribedCall(db: TranscriptDb, turns: Said[], facts: Facts = {}): Promise<string> {
  const { id = newId(), startedAt = new Date('2026-11-20T10:00:00Z'), purposes = { analytics: '2027-11-20' } } = facts
  await db
    .insertInto('transcript')
    .values({
      call_id: id,
      state: 'done',
      reason: null,
      asked_at: startedAt,
      made_at: startedAt,
      language: turns[0]?.language ?? 'it',
      engine: 'test',
      model: 'test',
      engine_version: '1',
      started_at: startedAt,
      duration_ms: facts.durationMs ?? 60_000,
      agent_id: facts.agentId ?? null,
      agent_country: 'IT',
      team_ids: facts.teamIds ?? [],
      queue: facts.queue ?? null,
      direction: 'inbound',
      difficult: false,
    })
    .execute()
  const until = Object.entries(purposes).map(([purpose, last_day]) => ({ call_id: id, purpose, last_day }))
  if (until.length > 0) await db.insertInto('transcript_purpose').values(until).execute()
  for (const [idx, { role = 'customer', language = 'it', text }] of turns.entries())
    await sql`insert into transcript_turn (call_id, idx, leg, role, from_ms, to_ms, language, text, words, marks, confidence, made_by, search)
      values (${id}, ${idx}, ${role === 'agent' ? 0 : 1}, ${role}, ${idx * 4000}, ${idx * 4000 + 3500}, ${language}, ${text}, '[]', '[]', null,
        'engine', ${searchVector(text, language)})`.execute(db)
  return id
}

import { createHash } from 'node:crypto'
import { type Kysely, sql } from 'kysely'
import type { AccessRecord } from '../../../contract/models/calls.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Actor } from '../../platform/http/handlers.ts'
import { newId } from '../../platform/ids.ts'
import type { Box } from '../../vault/index.ts'
import type { CaptureTables } from '../store.ts'

export type AccessEntry = {
  action: AccessRecord['action']
  callId: string
  renditionId?: string | null
  purpose?: string | null
  reason: string
  outcome: AccessRecord['outcome']
  refusal?: string | null
  fromMs?: number
  toMs?: number
}

/** Who listened to what, when and why: one row per decision, allowed or refused, written before any audio is given out. */
export function createAccessBook(deps: {
  db: Kysely<CaptureTables>
  box: Box
  clock: Clock
  names(ids: string[]): Promise<Map<string, string>>
}) {
  const { db, box, clock } = deps

  async function record(actor: Actor, entry: AccessEntry): Promise<string> {
    const id = newId()
    await db
      .insertInto('access_record')
      .values({
        id,
        at: new Date(clock.now()),
        actor_id: actor.personId ?? actor.tokenId,
        actor_role: actor.role,
        session_hash: actor.sessionId && createHash('sha256').update(actor.sessionId).digest('hex').slice(0, 16),
        action: entry.action,
        call_id: entry.callId,
        rendition_id: entry.renditionId ?? null,
        purpose: entry.purpose ?? null,
        reason: entry.reason ? box.seal('access.reason', entry.reason) : null,
        outcome: entry.outcome,
        refusal: entry.refusal ?? null,
        from_ms: entry.fromMs ?? null,
        to_ms: entry.toMs ?? null,
      })
      .execute()
    return id
  }

  /** Adds media actually sent, and widens the span it came from. */
  async function served(recordId: string, span: { fromMs: number; toMs: number }): Promise<void> {
    await db
      .updateTable('access_record')
      .set({
        served_ms: sql`served_ms + ${span.toMs - span.fromMs}`,
        from_ms: sql`least(coalesce(from_ms, ${span.fromMs}), ${span.fromMs})`,
        to_ms: sql`greatest(coalesce(to_ms, ${span.toMs}), ${span.toMs})`,
      })
      .where('id', '=', recordId)
      .execute()
  }

  /** Newest first; `after` is the last id of the page before. */
  async function list(filter: {
    callId?: string
    limit: number
    after?: string | undefined
  }): Promise<{ items: AccessRecord[]; next: string | null }> {
    let query = db
      .selectFrom('access_record')
      .selectAll()
      .orderBy('id', 'desc')
      .limit(filter.limit + 1)
    if (filter.callId) query = query.where('call_id', '=', filter.callId)
    if (filter.after) query = query.where('id', '<', filter.after)
    const rows = await query.execute()
    const shown = rows.slice(0, filter.limit)
    const names = await deps.names(shown.flatMap((r) => r.actor_id ?? []))
    const items = shown.map((r) => ({
      id: r.id,
      at: r.at.toISOString(),
      actorId: r.actor_id,
      actorName: r.actor_id ? (names.get(r.actor_id) ?? null) : null,
      actorRole: r.actor_role,
      action: r.action,
      callId: r.call_id,
      purpose: r.purpose,
      reason: r.reason ? box.open('access.reason', r.reason).toString('utf8') : '',
      outcome: r.outcome,
      refusal: r.refusal,
      fromMs: r.from_ms,
      toMs: r.to_ms,
      servedMs: r.served_ms,
    }))
    return { items, next: rows.length > filter.limit ? (shown.at(-1)?.id ?? null) : null }
  }

  return { record, served, list }
}

export type AccessBook = ReturnType<typeof createAccessBook>

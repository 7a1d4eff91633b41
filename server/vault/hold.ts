import { sql, type Transaction } from 'kysely'
import type { Clock } from '../platform/clock.ts'
import { LEAF_LOCK } from './renditions.ts'
import type { VaultTables } from './store.ts'
import type { HoldAsk } from './types.ts'

/*
 * Holds. A held rendition is ended by nothing: not by its clock, a withdrawal, an erasure or a mistake, until every hold on it
 * is released. The decision to destroy and the hold lock the same rows, so that either the hold is there first and is honoured,
 * or the destruction is and the hold is told that it came too late.
 */

/** Places a hold. Returns the renditions that are held, and those whose destruction was decided before. */
export async function placeHold(
  clock: Clock,
  tx: Transaction<VaultTables>,
  ask: HoldAsk,
): Promise<{ held: string[]; tooLate: string[] }> {
  // The lock of `createRendition`: a rendition made at the same moment either is seen here or sees this hold.
  await sql`select pg_advisory_xact_lock(${LEAF_LOCK})`.execute(tx)
  const { rows } = await sql<{ id: string; state: string }>`
    select id, state from rendition
    where id = any(${ask.renditionIds ?? []}::uuid[]) or call_id = any(${ask.callIds ?? []}::uuid[])
    order by id for update`.execute(tx)
  const held = rows.filter((r) => r.state === 'recording' || r.state === 'sealed').map((r) => r.id)
  await sql`insert into rendition_hold (rendition_id, hold_id, follows, placed_at)
    select id, ${ask.holdId}::uuid, call_id = any(${ask.callIds ?? []}::uuid[]), ${new Date(clock.now())}
    from rendition where id = any(${held}::uuid[])
    on conflict (rendition_id, hold_id) do update set follows = rendition_hold.follows or excluded.follows`.execute(tx)
  return { held, tooLate: rows.filter((r) => !held.includes(r.id)).map((r) => r.id) }
}

/** A rendition made later of a call that is held as a whole is held too. */
export async function followHolds(clock: Clock, tx: Transaction<VaultTables>, renditionId: string): Promise<void> {
  await sql`insert into rendition_hold (rendition_id, hold_id, follows, placed_at)
    select distinct n.id, h.hold_id, true, ${new Date(clock.now())}::timestamptz
    from rendition n
    join rendition r on r.call_id = n.call_id
    join rendition_hold h on h.rendition_id = r.id and h.follows
    where n.id = ${renditionId}
    on conflict do nothing`.execute(tx)
}

export async function releaseHold(tx: Transaction<VaultTables>, holdId: string): Promise<void> {
  await tx.deleteFrom('rendition_hold').where('hold_id', '=', holdId).execute()
}

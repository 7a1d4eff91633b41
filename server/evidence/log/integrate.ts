import { sql, type Transaction } from 'kysely'
import type { EvidenceTables, LogRow } from '../store.ts'
import { appendEntries, edgeRoot } from './edge.ts'
import { Inconsistency } from './inconsistency.ts'
import { storedEdge, writeTiles } from './tiles.ts'

type Tx = Transaction<EvidenceTables>

/** Between which steps a fault may fall; tests make them fail. */
export type Step = 'taken' | 'leaves' | 'tiles' | 'state' | 'integrated' | 'guarded' | 'signed' | 'stored' | 'published'
export type Reached = (step: Step) => void

export type Queued = { id: string; entry: string }

/**
 * Takes up to `limit` events from the queue, in its order. By place of the row and not by id: on a queue with many dead rows the
 * planner would compare every id with every row.
 */
export async function takeQueued(tx: Tx, limit: number): Promise<Queued[]> {
  const { rows } = await sql<Queued & { place: number }>`
    with taken as (
      delete from log_queue where ctid = any(array(select ctid from log_queue order by id limit ${limit})) returning id, event_id)
    select e.id, e.entry, taken.id as place from taken join evidence_event e on e.id = taken.event_id order by place`.execute(
    tx,
  )
  return rows
}

/**
 * Appends events to a log: leaves, tiles, then size and root, which are returned.
 * Throws Inconsistency when the stored tiles do not make the root the log has.
 */
export async function integrate(
  tx: Tx,
  log: LogRow,
  events: readonly Queued[],
  reached: Reached = () => undefined,
): Promise<LogRow> {
  const edge = await storedEdge(tx, log)
  if (!edgeRoot(edge).equals(log.root))
    throw new Inconsistency('root_differs', `The tiles of log ${log.name} do not make its root.`)
  await sql`
    insert into log_leaf (log_id, leaf_index, event_id)
    select ${log.id}, ${log.size}::bigint + place - 1, id
    from unnest(${events.map((event) => event.id)}::uuid[]) with ordinality as event (id, place)`.execute(tx)
  reached('leaves')
  await writeTiles(
    tx,
    log.id,
    appendEntries(
      edge,
      events.map((event) => Buffer.from(event.entry)),
    ),
  )
  reached('tiles')
  const next = { size: edge.size, root: edgeRoot(edge) }
  await tx.updateTable('log').set(next).where('id', '=', log.id).execute()
  reached('state')
  return { ...log, ...next }
}

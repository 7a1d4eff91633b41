import { type Kysely, sql } from 'kysely'
import { consistencyProof, inclusionProof } from '../../../proof/merkle.ts'
import { encodeTlogProof } from '../../../proof/tlog-proof.ts'
import { Problem } from '../../platform/problem.ts'
import type { EvidenceTables } from '../store.ts'
import { storedNodes } from './tiles.ts'

type Db = Kysely<EvidenceTables>

/** That a log holds an event. `checkpoint` and `proof` are texts as others read them (C2SP signed note, tlog-proof). */
export type EventProof = {
  entry: string
  origin: string
  vkey: string
  index: number
  /** Size of the log that the checkpoint signs. */
  size: number
  checkpoint: string
  hashes: Buffer[]
  proof: string
}

type Place = { entry: string; index: number; log_id: number; origin: string; vkey: string }

/**
 * Proves an event under a checkpoint: of `size` leaves when given, else the latest that witnesses cosigned, else the latest.
 * Throws Problem `event_unknown` (404), `event_not_logged` (409) while no such checkpoint covers it.
 */
export async function proveEvent(db: Db, eventId: string, size?: number): Promise<EventProof> {
  const place = await placeOf(db, eventId)
  const covering = db
    .selectFrom('checkpoint')
    .selectAll()
    .where('origin', '=', place.origin)
    .where('size', '>', place.index)
    .orderBy(sql`cosignatures <> ''`, 'desc')
    .orderBy('size', 'desc')
    .limit(1)
  const checkpoint = await (size === undefined ? covering : covering.where('size', '=', size)).executeTakeFirst()
  if (!checkpoint) throw notLogged()
  const hashes = await inclusionProof(storedNodes(db, place.log_id, checkpoint.size), place.index, checkpoint.size)
  const note = checkpoint.text + checkpoint.cosignatures
  return {
    entry: place.entry,
    origin: place.origin,
    vkey: place.vkey,
    index: place.index,
    size: checkpoint.size,
    checkpoint: note,
    hashes,
    proof: encodeTlogProof({ index: place.index, hashes, checkpoint: note }),
  }
}

async function placeOf(db: Db, eventId: string): Promise<Place> {
  const row = await db
    .selectFrom('evidence_event as e')
    .leftJoin('log_leaf as l', 'l.event_id', 'e.id')
    .leftJoin('log', 'log.id', 'l.log_id')
    .select(['e.entry', 'l.leaf_index as index', 'l.log_id', 'log.origin', 'log.vkey'])
    .where('e.id', '=', eventId)
    .executeTakeFirst()
  if (!row) throw new Problem('event_unknown', 404, 'There is no such event.')
  const { index, log_id, origin, vkey } = row
  if (index === null || log_id === null || origin === null || vkey === null) throw notLogged()
  return { entry: row.entry, index, log_id, origin, vkey }
}

const notLogged = (): Problem =>
  new Problem('event_not_logged', 409, 'No signed state of the log covers this event yet. Try again shortly.')

/**
 * Proves that a log of `from` leaves is the beginning of the same log of `to` leaves (RFC 6962 §2.1.2).
 * Throws Problem `log_unknown` (404), `log_size` (400) beyond what is integrated.
 */
export async function proveConsistency(db: Db, ask: { log: string; from: number; to: number }): Promise<Buffer[]> {
  const log = await db.selectFrom('log').selectAll().where('name', '=', ask.log).executeTakeFirst()
  if (!log) throw new Problem('log_unknown', 404, `There is no log ${ask.log}.`)
  if (ask.from > ask.to || ask.to > log.size)
    throw new Problem('log_size', 400, `Log ${log.name} has ${log.size} entries.`, { size: log.size })
  return consistencyProof(storedNodes(db, log.id, ask.to), ask.from, ask.to)
}

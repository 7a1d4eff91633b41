import { type Kysely, sql } from 'kysely'
import { openCheckpoint } from '../../../proof/checkpoint.ts'
import { LogError } from '../../../proof/log-error.ts'
import { noteVerifier, parseVkey } from '../../../proof/note.ts'
import type { EvidenceTables, LogRow } from '../store.ts'
import { appendEntries, BUNDLES, type Edge, edgeRoot, newEdge, type Tile } from './edge.ts'
import { Inconsistency } from './inconsistency.ts'
import { lastCheckpoint } from './sign.ts'
import { readTiles } from './tiles.ts'

/** An ended log is what its last checkpoint says, under its own signature. Throws Inconsistency. */
export async function requireSigned(db: Kysely<EvidenceTables>, log: LogRow): Promise<void> {
  if (!log.ended_at) return
  const last = await lastCheckpoint(db, log.origin)
  if (last && isState(log, last.text)) return
  throw new Inconsistency('history_differs', `Log ${log.name} is not what its last checkpoint says.`)
}

function isState(log: LogRow, note: string): boolean {
  try {
    const { checkpoint } = openCheckpoint(note, [noteVerifier(parseVkey(log.vkey))])
    return checkpoint.size === log.size && checkpoint.root.equals(log.root)
  } catch (e) {
    if (e instanceof LogError) return false
    throw e
  }
}

/** Entries in a slice: sixteen bundles. */
const SLICE = 4096

/**
 * Recomputes a log from its entries: every leaf, every tile, every bundle and the root must be what is stored.
 * `pause` is awaited between slices of 4,096 entries. Throws Inconsistency.
 */
export async function checkLog(db: Kysely<EvidenceTables>, log: LogRow, pause: () => Promise<void>): Promise<void> {
  const edge = newEdge()
  while (edge.size < log.size) {
    const to = Math.min(log.size, edge.size + SLICE)
    await checkSlice(db, { log, edge, to })
    await pause()
  }
  if (!edgeRoot(edge).equals(log.root))
    throw new Inconsistency('root_differs', `The entries of log ${log.name} do not make its root.`)
}

async function checkSlice(
  db: Kysely<EvidenceTables>,
  { log, edge, to }: { log: LogRow; edge: Edge; to: number },
): Promise<void> {
  const entries = await entriesOf(db, log, { from: edge.size, to })
  const tiles = appendEntries(edge, entries)
  const stored = await readTiles(db, log.id, tiles)
  for (const tile of tiles) requireSame(log, tile, stored.get(`${tile.level}/${tile.index}`))
}

async function entriesOf(
  db: Kysely<EvidenceTables>,
  log: LogRow,
  { from, to }: { from: number; to: number },
): Promise<Buffer[]> {
  const { rows } = await sql<{ index: number; entry: string }>`
    select l.leaf_index as index, e.entry from log_leaf l join evidence_event e on e.id = l.event_id
    where l.log_id = ${log.id} and l.leaf_index >= ${from} and l.leaf_index < ${to} order by l.leaf_index`.execute(db)
  const wrong = rows.findIndex((row, k) => row.index !== from + k)
  if (rows.length !== to - from || wrong >= 0)
    throw new Inconsistency(
      'entry_missing',
      `Log ${log.name} lacks entry ${from + (wrong < 0 ? rows.length : wrong)} of ${log.size}.`,
    )
  return rows.map((row) => Buffer.from(row.entry))
}

/** A stored tile may be wider: the log has grown since. */
function requireSame(log: LogRow, { level, index, bytes }: Tile, stored: Buffer | undefined): void {
  if (stored?.subarray(0, bytes.length).equals(bytes)) return
  const what = level === BUNDLES ? `bundle ${index}` : `tile ${index} of level ${level}`
  if (level === 0 || level === BUNDLES)
    throw new Inconsistency('entry_differs', `Entries of log ${log.name} are not those of ${what}.`)
  throw new Inconsistency('tile_differs', `The entries of log ${log.name} do not make ${what}.`)
}

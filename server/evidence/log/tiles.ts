import { type Kysely, sql } from 'kysely'
import type { ReadNode } from '../../../proof/merkle.ts'
import { nodesFromTiles, type TileName, tileWidth } from '../../../proof/tiles.ts'
import { HASH_BYTES } from '../../../proof/merkle.ts'
import type { EvidenceTables, LogRow } from '../store.ts'
import { BUNDLES, type Edge, edgeFrom, edgeTiles, type Tile } from './edge.ts'
import { Inconsistency } from './inconsistency.ts'

type Db = Kysely<EvidenceTables>

/** A stored tile as wide as it is now, or null. */
async function storedTile(db: Db, logId: number, place: { level: number; index: number }): Promise<Buffer | null> {
  const row = await db
    .selectFrom('log_tile')
    .select('bytes')
    .where('log_id', '=', logId)
    .where('level', '=', place.level)
    .where('tile_index', '=', place.index)
    .executeTakeFirst()
  return row?.bytes ?? null
}

/** The subtrees of the first `size` leaves of a log. Each tile is read once; the result throws LogError at missing ones. */
export function storedNodes(db: Db, logId: number, size: number): ReadNode {
  const read = new Map<string, Promise<Buffer>>()
  return nodesFromTiles((name) => {
    const key = `${name.level}/${name.index}`
    const tile = read.get(key) ?? storedTile(db, logId, name).then((bytes) => bytes ?? Buffer.alloc(0))
    read.set(key, tile)
    return tile
  }, size)
}

/** A tile or bundle as wide as its name says, of the first `size` leaves; null when they have no such tile. */
export async function tileOf(db: Db, log: { id: number; size: number }, name: TileName): Promise<Buffer | null> {
  if (tileWidth(name.level, name.index, log.size) < name.width) return null
  const level = name.level === 'entries' ? BUNDLES : name.level
  const bytes = await storedTile(db, log.id, { level, index: name.index })
  if (!bytes) return null
  return name.level === 'entries' ? firstEntries(bytes, name.width) : bytes.subarray(0, name.width * HASH_BYTES)
}

/** The first entries of a bundle, as they are stored. */
function firstEntries(bundle: Buffer, width: number): Buffer {
  let end = 0
  for (let k = 0; k < width && end + 2 <= bundle.length; k++) end += 2 + bundle.readUInt16BE(end)
  return bundle.subarray(0, end)
}

/** The right edge of a log. Throws Inconsistency when its tiles are not those of its size. */
export async function storedEdge(db: Db, log: LogRow): Promise<Edge> {
  const tiles = await readTiles(db, log.id, edgeTiles(log.size))
  const edge = edgeFrom(log.size, (level, index) => tiles.get(`${level}/${index}`))
  if (!edge) throw new Inconsistency('tile_differs', `Tiles at the end of log ${log.name} are missing.`)
  return edge
}

/** Several tiles by `level/index`; missing ones are left out. */
export async function readTiles(
  db: Db,
  logId: number,
  places: readonly { level: number; index: number }[],
): Promise<Map<string, Buffer>> {
  const { rows } = await sql<Tile>`
    select t.level, t.tile_index as index, t.bytes
    from unnest(${places.map((p) => p.level)}::smallint[], ${places.map((p) => p.index)}::bigint[]) as wanted (level, index)
    join log_tile t on t.log_id = ${logId} and t.level = wanted.level and t.tile_index = wanted.index`.execute(db)
  return new Map(rows.map((tile) => [`${tile.level}/${tile.index}`, tile.bytes]))
}

/** Stores tiles over what was there. */
export async function writeTiles(db: Db, logId: number, tiles: readonly Tile[]): Promise<void> {
  await sql`
    insert into log_tile (log_id, level, tile_index, bytes)
    select ${logId}, * from unnest(${tiles.map((t) => t.level)}::smallint[], ${tiles.map((t) => t.index)}::bigint[],
      ${tiles.map((t) => t.bytes)}::bytea[])
    on conflict (log_id, level, tile_index) do update set bytes = excluded.bytes`.execute(db)
}

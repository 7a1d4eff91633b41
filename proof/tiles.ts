import { malformed } from './log-error.ts'
import { HASH_BYTES, nodeHash, type ReadNode, type Subtree } from './merkle.ts'

/*
 * c2sp.org/tlog-tiles: a tree is kept as tiles of 256 hashes. Tile n of level l holds the hashes of the subtrees of 256^l leaves
 * from n·256 on. Entries are kept in bundles, as wide as the tiles of level 0.
 */

/** Hashes of a full tile, entries of a full bundle. */
export const TILE_WIDTH = 256
/** Bytes of an entry at most: its length stands before it as uint16. */
export const MAX_ENTRY_BYTES = 65_535

const LEVELS_PER_TILE = 8
const MAX_LEVEL = 63

/** A tile of hashes, or a bundle of entries. `width` is 256 unless it is partial. */
export type TileName = { level: number | 'entries'; index: number; width: number }

/** Path of a tile below the log's prefix: `tile/0/x001/x234/067.p/8` (c2sp.org/tlog-tiles, "Merkle Tree"). */
export function tilePath({ level, index, width }: TileName): string {
  let rest = Math.floor(index / 1000)
  let path = pad(index % 1000)
  for (; rest > 0; rest = Math.floor(rest / 1000)) path = `x${pad(rest % 1000)}/${path}`
  return `tile/${level}/${path}${width < TILE_WIDTH ? `.p/${width}` : ''}`
}

const pad = (n: number): string => String(n).padStart(3, '0')

/** Reads a path of `tilePath`. Throws LogError `malformed` at every other form of the same tile. */
export function parseTilePath(path: string): TileName {
  const match = /^tile\/(entries|0|[1-9]\d?)\/((?:x\d{3}\/)*\d{3})(?:\.p\/([1-9]\d{0,2}))?$/.exec(path)
  const [, level = '', elements = '', width = String(TILE_WIDTH)] = match ?? []
  const name: TileName = {
    level: level === 'entries' ? level : Number(level),
    index: Number(elements.replaceAll(/[x/]/g, '')),
    width: Number(width),
  }
  const known = name.level === 'entries' || name.level <= MAX_LEVEL
  if (!match || !known || !Number.isSafeInteger(name.index) || tilePath(name) !== path)
    throw malformed('not a tile path')
  return name
}

/** How many hashes (or entries) tile `index` of a level holds in a tree of `size` leaves: 0 to 256. */
export function tileWidth(level: number | 'entries', index: number, size: number): number {
  const hashes = Math.floor(size / TILE_WIDTH ** (level === 'entries' ? 0 : level))
  return Math.max(0, Math.min(TILE_WIDTH, hashes - index * TILE_WIDTH))
}

/** Every tile and bundle of a tree of `size` leaves, as wide as it is in that tree. */
export function* tilesOf(size: number): Generator<TileName> {
  for (let index = 0; index * TILE_WIDTH < size; index++)
    yield { level: 'entries', index, width: tileWidth('entries', index, size) }
  for (let level = 0; TILE_WIDTH ** level <= size; level++)
    for (let index = 0, width = 1; (width = tileWidth(level, index, size)) > 0; index++) yield { level, index, width }
}

/** Reads a tile of at least the named width. */
export type ReadTile = (name: TileName & { level: number }) => Promise<Buffer>

/**
 * The subtrees of a tree of `size` leaves, read from its tiles (c2sp.org/tlog-tiles, "Merkle Tree").
 * The result throws LogError `malformed` when a tile is shorter than the tree needs.
 */
export function nodesFromTiles(readTile: ReadTile, size: number): ReadNode {
  return async (subtree) => {
    const { level, index, from, count } = placeOf(subtree)
    const width = tileWidth(level, index, size)
    if (from + count > width) throw malformed('the subtree is outside the tree')
    const tile = await readTile({ level, index, width })
    if (tile.length < width * HASH_BYTES) throw malformed(`tile ${tilePath({ level, index, width })} is too short`)
    return joinHashes(tile.subarray(from * HASH_BYTES, (from + count) * HASH_BYTES))
  }
}

/** Where a complete subtree stands: `count` hashes from `from` on in a tile. */
function placeOf(subtree: Subtree): { level: number; index: number; from: number; count: number } {
  const level = Math.floor(subtree.level / LEVELS_PER_TILE)
  const count = 2 ** (subtree.level % LEVELS_PER_TILE)
  const first = subtree.index * count
  return { level, index: Math.floor(first / TILE_WIDTH), from: first % TILE_WIDTH, count }
}

/** Hash of a complete subtree whose 1, 2, 4 … 256 nodes are given one after the other. A view of `hashes` when it is one. */
export function joinHashes(hashes: Buffer): Buffer {
  let row = hashes
  while (row.length > HASH_BYTES) {
    const above: Buffer[] = []
    for (let at = 0; at < row.length; at += 2 * HASH_BYTES)
      above.push(nodeHash(row.subarray(at, at + HASH_BYTES), row.subarray(at + HASH_BYTES, at + 2 * HASH_BYTES)))
    row = Buffer.concat(above)
  }
  return row
}

/** An entry as a bundle holds it: its length as big-endian uint16, then itself. Throws RangeError when it is too long. */
export function encodeEntry(entry: Uint8Array): Buffer {
  if (entry.length > MAX_ENTRY_BYTES) throw new RangeError('an entry has at most 65,535 bytes')
  const length = Buffer.alloc(2)
  length.writeUInt16BE(entry.length)
  return Buffer.concat([length, entry])
}

/** Entries as a bundle (c2sp.org/tlog-tiles, "Log entries"). */
export const encodeBundle = (entries: readonly Uint8Array[]): Buffer => Buffer.concat(entries.map(encodeEntry))

/** The entries of a bundle of exactly `width` entries. Throws LogError `malformed`. */
export function decodeBundle(bundle: Buffer, width: number): Buffer[] {
  const entries: Buffer[] = []
  let at = 0
  while (at < bundle.length) {
    if (at + 2 > bundle.length) throw malformed('the bundle is cut')
    const end = at + 2 + bundle.readUInt16BE(at)
    if (end > bundle.length) throw malformed('the bundle is cut')
    entries.push(bundle.subarray(at + 2, end))
    at = end
  }
  if (entries.length !== width) throw malformed(`the bundle holds ${entries.length} entries, not ${width}`)
  return entries
}

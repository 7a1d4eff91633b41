import { emptyRoot, HASH_BYTES, leafHash, nodeHash } from '../../../proof/merkle.ts'
import { encodeEntry, joinHashes, TILE_WIDTH } from '../../../proof/tiles.ts'

/** Level under which bundles of entries are stored beside the tiles of hashes. */
export const BUNDLES = -1

/** A stored tile: hashes of a level, or encoded entries (level −1). */
export type Tile = { level: number; index: number; bytes: Buffer }

/**
 * The right edge of a tree: its partial tiles. `rows[l]` holds the hashes of the partial tile of level l, `bundle` the encoded
 * entries of the partial bundle. All that is needed to append and to know the root.
 */
export type Edge = { size: number; rows: Buffer[][]; bundle: Buffer[] }

export const newEdge = (): Edge => ({ size: 0, rows: [[]], bundle: [] })

/** Appends entries; changes `edge` and returns every tile that is now another, or new. */
export function appendEntries(edge: Edge, entries: readonly Buffer[]): Tile[] {
  const full: Tile[] = []
  const changed = new Set<number>()
  for (const entry of entries) {
    const index = Math.floor(edge.size / TILE_WIDTH)
    edge.bundle.push(encodeEntry(entry))
    edge.size++
    if (edge.size % TILE_WIDTH === 0) {
      full.push({ level: BUNDLES, index, bytes: Buffer.concat(edge.bundle) })
      edge.bundle = []
    }
    appendHash(edge, leafHash(entry), { full, changed })
  }
  return [...full, ...partialTiles(edge, changed)]
}

function appendHash(edge: Edge, leaf: Buffer, to: { full: Tile[]; changed: Set<number> }): void {
  let hash = leaf
  for (let level = 0; ; level++) {
    const row = (edge.rows[level] ??= [])
    row.push(hash)
    to.changed.add(level)
    if (row.length < TILE_WIDTH) return
    const bytes = Buffer.concat(row)
    to.full.push({ level, index: edge.size / TILE_WIDTH ** (level + 1) - 1, bytes })
    edge.rows[level] = []
    hash = joinHashes(bytes)
  }
}

function partialTiles(edge: Edge, changed: Set<number>): Tile[] {
  const tiles = [...changed].flatMap((level): Tile[] => {
    const row = edge.rows[level] ?? []
    if (row.length === 0) return []
    return [{ level, index: Math.floor(edge.size / TILE_WIDTH ** (level + 1)), bytes: Buffer.concat(row) }]
  })
  if (edge.bundle.length === 0 || changed.size === 0) return tiles
  return [...tiles, { level: BUNDLES, index: Math.floor(edge.size / TILE_WIDTH), bytes: Buffer.concat(edge.bundle) }]
}

/** Root of the tree that ends at this edge. */
export function edgeRoot(edge: Edge): Buffer {
  let root: Buffer | null = null
  for (const row of edge.rows) {
    for (const subtree of rightToLeft(row)) root = root ? nodeHash(subtree, root) : subtree
  }
  return root ?? emptyRoot
}

/** The complete subtrees of a row, the smallest and rightmost first. */
function rightToLeft(row: readonly Buffer[]): Buffer[] {
  const out: Buffer[] = []
  for (let at = 0, width = TILE_WIDTH / 2; width >= 1; width /= 2) {
    if ((row.length & width) === 0) continue
    out.unshift(joinHashes(Buffer.concat(row.slice(at, at + width))))
    at += width
  }
  return out
}

/** Which tiles make the edge of a tree of `size` leaves, and how many hashes (or entries) of each. */
export function edgeTiles(size: number): { level: number; index: number; width: number }[] {
  const levels = [BUNDLES, 0]
  for (let level = 1; TILE_WIDTH ** level <= size; level++) levels.push(level)
  return levels.flatMap((level) => {
    const hashes = Math.floor(size / TILE_WIDTH ** Math.max(0, level))
    const width = hashes % TILE_WIDTH
    return width === 0 ? [] : [{ level, index: Math.floor(hashes / TILE_WIDTH), width }]
  })
}

/** An edge from its stored tiles; null when one is missing or too short. */
export function edgeFrom(size: number, read: (level: number, index: number) => Buffer | undefined): Edge | null {
  const edge: Edge = { size, rows: [[]], bundle: [] }
  for (const { level, index, width } of edgeTiles(size)) {
    const bytes = read(level, index)
    if (!bytes || (level >= 0 && bytes.length < width * HASH_BYTES)) return null
    if (level === BUNDLES) edge.bundle = [bytes]
    else
      edge.rows[level] = Array.from({ length: width }, (_, k) => bytes.subarray(k * HASH_BYTES, (k + 1) * HASH_BYTES))
  }
  for (let level = 0; level < edge.rows.length; level++) edge.rows[level] ??= []
  return edge
}

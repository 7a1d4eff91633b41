import { createHmac } from 'node:crypto'
import { joinSubtrees, leafHash, nodeHash, type Span, subtreesOf } from '../merkle.ts'

/*
 * A lane's audio as a Merkle tree of blocks (RFC 6962 §2.1), so that a masked copy can prove every second it lets one hear.
 *
 *   leaf k = SHA-256(0x00 ‖ salt k ‖ samples of block k)         samples: signed 16 bit, little-endian, one lane
 *
 * The salts are the leaves of a tree too: a node's children are HMAC-SHA256(node, 0x00) and HMAC-SHA256(node, 0x01), and the
 * lane's seed is the node above all. Who is given the seed of a subtree can check its blocks; who is given only its hash learns
 * nothing of them, not even by guessing, since their salts have 256 unknown bits.
 */

export const SEED_BYTES = 32
/** Depth of the tree of salts: 2^24 blocks are more than half a year in seconds. */
const DEPTH = 24
const LEFT = Buffer.of(0)
const RIGHT = Buffer.of(1)

/** A lane's audio as an event commits to it: samples a second, samples, samples per block (the last one may be shorter). */
export type LaneShape = { rate: number; samples: number; blockSamples: number }

/**
 * Part of a disclosure: the blocks `index`·2^level to (`index`+1)·2^level as far as they exist. With a seed they can be checked,
 * with a hash they are masked.
 */
export type BlockPart = { level: number; index: number } & ({ seed: Buffer } | { hash: Buffer })

/** Why a disclosure proves nothing. */
export class BlockError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'BlockError'
  }
}

export const blockCount = ({ samples, blockSamples }: Omit<LaneShape, 'rate'>): number =>
  Math.ceil(samples / blockSamples)

/** Hash of a block under its salt. */
export const blockHash = (salt: Buffer, block: Buffer): Buffer => leafHash(Buffer.concat([salt, block]))

/** The seed of a node of the tree of salts, from the seed of the node `from` above it. */
function descend(seed: Buffer, from: { level: number; index: number }, to: { level: number; index: number }): Buffer {
  let at = seed
  for (let level = from.level - 1; level >= to.level; level--) {
    const right = Math.floor(to.index / 2 ** (level - to.level)) % 2 === 1
    at = childOf(at, right ? RIGHT : LEFT)
  }
  return at
}

const childOf = (seed: Buffer, side: Buffer): Buffer => createHmac('sha256', seed).update(side).digest()

/** All salts under a node, in order: two derivations a block instead of one for each level. */
function* saltsUnder(seed: Buffer, level: number): Generator<Buffer, undefined> {
  if (level === 0) {
    yield seed
    return
  }
  yield* saltsUnder(childOf(seed, LEFT), level - 1)
  yield* saltsUnder(childOf(seed, RIGHT), level - 1)
}

/** The salt of one block, from the lane's seed. */
export const saltOf = (seed: Buffer, block: number): Buffer =>
  descend(seed, { level: DEPTH, index: 0 }, { level: 0, index: block })

/** A lane's tree while its audio goes by. `update` takes pieces of any size, `finish` gives the leaves and the root. */
export function createBlockTree(seed: Buffer, blockSamples: number) {
  if (seed.length !== SEED_BYTES) throw new RangeError('a seed has 32 bytes')
  const salts = saltsUnder(seed, DEPTH)
  const block = Buffer.alloc(blockSamples * 2)
  const leaves: Buffer[] = []
  let fill = 0
  let bytes = 0
  const close = (): void => {
    const salt = salts.next().value
    if (!salt) throw new RangeError('the lane has too many blocks')
    leaves.push(blockHash(salt, block.subarray(0, fill)))
    fill = 0
  }
  return {
    update(piece: Buffer): void {
      bytes += piece.length
      for (let at = 0; at < piece.length;) {
        const n = piece.copy(block, fill, at)
        at += n
        fill += n
        if (fill === block.length) close()
      }
    },
    finish(): { samples: number; leaves: Buffer[]; root: Buffer } {
      if (bytes % 2 !== 0) throw new RangeError('samples have 2 bytes')
      if (fill > 0) close()
      block.fill(0)
      return { samples: bytes / 2, leaves, root: hashOfLeaves(leaves, { from: 0, to: leaves.length }) }
    },
  }
}

/** Hash of a span that the tree splits off. */
function hashOfLeaves(leaves: readonly Buffer[], span: Span): Buffer {
  return joinSubtrees(
    subtreesOf(span).map(({ level, index }) => {
      let row = leaves.slice(index * 2 ** level, (index + 1) * 2 ** level)
      while (row.length > 1) row = pairs(row)
      return row[0]!
    }),
  )
}

function pairs(row: readonly Buffer[]): Buffer[] {
  const above: Buffer[] = []
  for (let i = 0; i < row.length; i += 2) above.push(nodeHash(row[i]!, row[i + 1]!))
  return above
}

/** Level of the smallest node that spans so many blocks. */
const levelOf = (count: number): number => Math.ceil(Math.log2(Math.max(1, count)))

/** What reveals a whole lane: one seed, which leads to no salt of a block that does not exist. */
export function wholeLane(seed: Buffer, count: number): BlockPart[] {
  const top = { level: levelOf(count), index: 0 }
  return count === 0 ? [] : [{ ...top, seed: descend(seed, { level: DEPTH, index: 0 }, top) }]
}

/**
 * The fewest parts that reveal, of the blocks that `parts` reveal, just those of which `reveals` says so, and keep the others to
 * their hash. `hashes` holds the hash of every block that `parts` reveal. Throws BlockError when one is missing.
 */
export function narrow(
  parts: readonly BlockPart[],
  hashes: readonly (Buffer | null)[],
  reveals: (block: number) => boolean,
): BlockPart[] {
  const shown: number[] = [0]
  for (let i = 0; i < hashes.length; i++) shown.push(shown[i]! + (reveals(i) ? 1 : 0))
  const visit = (level: number, index: number, seed: Buffer): BlockPart[] => {
    const from = index * 2 ** level
    const to = Math.min(from + 2 ** level, hashes.length)
    if (from >= to) return []
    const here = shown[to]! - shown[from]!
    if (here === to - from) return [{ level, index, seed }]
    if (here === 0)
      return [{ level, index, hash: hashOfLeaves(revealed(hashes, from, to), { from: 0, to: to - from }) }]
    const halves = [
      visit(level - 1, index * 2, childOf(seed, LEFT)),
      visit(level - 1, index * 2 + 1, childOf(seed, RIGHT)),
    ]
    return halves.flat()
  }
  return parts.flatMap((part) => ('hash' in part ? [part] : visit(part.level, part.index, part.seed)))
}

/** `narrow` of a whole lane. `leaves` are the hashes of all its blocks. */
export const disclose = (seed: Buffer, leaves: readonly Buffer[], reveals: (block: number) => boolean): BlockPart[] =>
  narrow(wholeLane(seed, leaves.length), leaves, reveals)

/**
 * The salt of each block, null for those that are masked. Throws BlockError unless the parts stand one after the other and reach
 * exactly to the end.
 */
export function* saltsOfParts(parts: readonly BlockPart[], count: number): Generator<Buffer | null> {
  let next = 0
  for (const part of parts) {
    const [from, to] = [part.index * 2 ** part.level, Math.min((part.index + 1) * 2 ** part.level, count)]
    if (from !== next || from >= to || part.level > levelOf(count))
      throw new BlockError('the parts do not follow each other')
    const salts = 'seed' in part ? saltsUnder(part.seed, part.level) : null
    for (; next < to; next++) yield salts?.next().value ?? null
  }
  if (next !== count) throw new BlockError('the parts do not reach to the end')
}

/** The root that a disclosure leads to: `hashes` holds the hash of every revealed block. Throws BlockError. */
export function rootOfParts(parts: readonly BlockPart[], hashes: readonly (Buffer | null)[]): Buffer {
  let next = 0
  const visit = (level: number, index: number): Buffer => {
    const [from, to] = [index * 2 ** level, Math.min((index + 1) * 2 ** level, hashes.length)]
    const part = parts[next]
    if (part && part.level === level && part.index === index) {
      next++
      return 'hash' in part ? part.hash : hashOfLeaves(revealed(hashes, from, to), { from: 0, to: to - from })
    }
    if (level === 0) throw new BlockError('the parts do not follow each other')
    const left = visit(level - 1, index * 2)
    const middle = from + 2 ** (level - 1)
    return middle >= to ? left : nodeHash(left, visit(level - 1, index * 2 + 1))
  }
  if (hashes.length === 0) return joinSubtrees([])
  const root = visit(levelOf(hashes.length), 0)
  if (next !== parts.length) throw new BlockError('there are parts too many')
  return root
}

function revealed(hashes: readonly (Buffer | null)[], from: number, to: number): Buffer[] {
  return hashes.slice(from, to).map((hash) => {
    if (!hash) throw new BlockError('a block to be checked is missing')
    return hash
  })
}

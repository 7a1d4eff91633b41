import { createHash } from 'node:crypto'
import { LogError, malformed } from './log-error.ts'

/*
 * Merkle trees of a transparency log (RFC 6962 §2.1, kept by RFC 9162 §2.1), over SHA-256. Sizes and indexes are exact integers
 * below 2^53. Proofs are planned first (which leaves each hash spans) and hashed afterwards from complete subtrees, wherever
 * those are stored.
 */

export const HASH_BYTES = 32
/** Hashes a proof holds at most: no tree below 2^53 leaves needs more. */
export const MAX_PROOF = 63

const LEAF = Buffer.of(0)
const NODE = Buffer.of(1)

/** Root of the tree without leaves: the hash of nothing (RFC 6962 §2.1). */
export const emptyRoot: Buffer = createHash('sha256').digest()

/** RFC 6962 §2.1: SHA-256(0x00 ‖ entry). */
export const leafHash = (entry: Uint8Array): Buffer => createHash('sha256').update(LEAF).update(entry).digest()

/** RFC 6962 §2.1: SHA-256(0x01 ‖ left ‖ right). */
export const nodeHash = (left: Uint8Array, right: Uint8Array): Buffer =>
  createHash('sha256').update(NODE).update(left).update(right).digest()

/** A complete subtree: leaves `index`·2^level to (`index`+1)·2^level, the end excluded. */
export type Subtree = { level: number; index: number }
/** Gives the hash of a complete subtree of the tree. */
export type ReadNode = (subtree: Subtree) => Buffer | Promise<Buffer>
/** Leaves `from` to `to`, the end excluded. */
export type Span = { from: number; to: number }

/** Largest power of two below `n`, for n > 1: where RFC 6962 splits n leaves. */
function splitOf(n: number): number {
  let k = 1
  while (k * 2 < n) k *= 2
  return k
}

/** The complete subtrees of a span that RFC 6962 splits off, left to right. */
export function subtreesOf({ from, to }: Span): Subtree[] {
  const out: Subtree[] = []
  for (let at = from; at < to;) {
    let [width, level] = [1, 0]
    while (width * 2 <= to - at) {
      width *= 2
      level++
    }
    out.push({ level, index: at / width })
    at += width
  }
  return out
}

/** Joins the hashes of `subtreesOf` to the hash of their span. */
export function joinSubtrees(hashes: readonly Buffer[]): Buffer {
  return hashes.length === 0 ? emptyRoot : hashes.reduceRight((right, left) => nodeHash(left, right))
}

/** Merkle tree hash of a span (RFC 6962 §2.1). The span is a whole tree, or one that a proof needs. */
export async function hashOf(read: ReadNode, span: Span): Promise<Buffer> {
  return joinSubtrees(await Promise.all(subtreesOf(span).map(async (subtree) => read(subtree))))
}

/** Root of the first `size` leaves. */
export const rootOf = (read: ReadNode, size: number): Promise<Buffer> => hashOf(read, { from: 0, to: size })

/** What each hash of an inclusion proof spans, leaf's sibling first (RFC 6962 §2.1.1). Throws RangeError. */
export function inclusionSpans(index: number, size: number): Span[] {
  if (!isSize(index) || !isSize(size) || index >= size) throw new RangeError('the leaf is outside the tree')
  const out: Span[] = []
  let [from, to] = [0, size]
  while (to - from > 1) {
    const middle = from + splitOf(to - from)
    if (index < middle) {
      out.push({ from: middle, to })
      to = middle
    } else {
      out.push({ from, to: middle })
      from = middle
    }
  }
  return out.toReversed()
}

/** What each hash of a consistency proof spans (RFC 6962 §2.1.2). None when a size is 0 or both are equal. Throws RangeError. */
export function consistencySpans(oldSize: number, newSize: number): Span[] {
  if (!isSize(oldSize) || !isSize(newSize) || oldSize > newSize) throw new RangeError('the sizes go backwards')
  if (oldSize === 0) return []
  const out: Span[] = []
  let [from, to] = [0, newSize]
  while (oldSize !== to) {
    const middle = from + splitOf(to - from)
    if (oldSize <= middle) {
      out.push({ from: middle, to })
      to = middle
    } else {
      out.push({ from, to: middle })
      from = middle
    }
  }
  // The old tree itself is known to who asks; any other part of it is not.
  if (from > 0) out.push({ from, to })
  return out.toReversed()
}

/** Inclusion proof of a leaf (RFC 6962 §2.1.1). Throws RangeError when it is outside the tree. */
export const inclusionProof = (read: ReadNode, index: number, size: number): Promise<Buffer[]> =>
  Promise.all(inclusionSpans(index, size).map((span) => hashOf(read, span)))

/** Consistency proof between two sizes of one tree (RFC 6962 §2.1.2). Throws RangeError when they go backwards. */
export const consistencyProof = (read: ReadNode, oldSize: number, newSize: number): Promise<Buffer[]> =>
  Promise.all(consistencySpans(oldSize, newSize).map((span) => hashOf(read, span)))

/** The root that an inclusion proof leads to (RFC 9162 §2.1.3.2). Throws LogError `malformed`. */
export function rootFromInclusion(
  leaf: { hash: Buffer; index: number },
  size: number,
  proof: readonly Buffer[],
): Buffer {
  const { hash, index } = leaf
  if (!isSize(index) || !isSize(size) || index >= size) throw malformed('the leaf is outside the tree')
  requireHashes([hash, ...proof])
  const way = createWay(index, size - 1)
  let root = hash
  for (const sibling of proof) root = way.step() === 'left' ? nodeHash(sibling, root) : nodeHash(root, sibling)
  way.end()
  return root
}

/** Checks that a leaf is in the tree (RFC 9162 §2.1.3.2). Throws LogError `malformed`, `wrong_hash`. */
export function verifyInclusion(
  leaf: { hash: Buffer; index: number },
  tree: { size: number; root: Buffer },
  proof: readonly Buffer[],
): void {
  if (!rootFromInclusion(leaf, tree.size, proof).equals(tree.root))
    throw new LogError('wrong_hash', 'the inclusion proof does not lead to the root')
}

/**
 * Checks that the old tree is the beginning of the new one (RFC 9162 §2.1.4.2). An empty old tree proves nothing and is refused.
 * Throws LogError `malformed`, `wrong_hash`.
 */
export function verifyConsistency(
  older: { size: number; root: Buffer },
  newer: { size: number; root: Buffer },
  proof: readonly Buffer[],
): void {
  if (!isSize(older.size) || !isSize(newer.size) || older.size > newer.size) throw malformed('the sizes go backwards')
  if (older.size === 0) throw malformed('the empty tree is the beginning of every tree')
  if (older.size === newer.size) {
    if (proof.length > 0) throw malformed('trees of one size need no proof')
    if (!older.root.equals(newer.root)) throw new LogError('wrong_hash', 'two roots of one size differ')
    return
  }
  requireHashes([older.root, newer.root, ...proof])
  const roots = rootsFromConsistency(older, newer.size, proof)
  if (!roots.old.equals(older.root) || !roots.new.equals(newer.root))
    throw new LogError('wrong_hash', 'the consistency proof does not lead to both roots')
}

function rootsFromConsistency(
  older: { size: number; root: Buffer },
  newSize: number,
  proof: readonly Buffer[],
): { old: Buffer; new: Buffer } {
  const way = createWay(older.size - 1, newSize - 1)
  way.skipRight()
  // An old tree that is complete is a node of the new one: the proof leaves out what who asks knows.
  const [first, ...rest] = isPowerOfTwo(older.size) ? [older.root, ...proof] : proof
  if (!first) throw malformed('the consistency proof is empty')
  let [oldRoot, newRoot] = [first, first]
  for (const hash of rest) {
    if (way.step() === 'left') {
      oldRoot = nodeHash(hash, oldRoot)
      newRoot = nodeHash(hash, newRoot)
    } else newRoot = nodeHash(newRoot, hash)
  }
  way.end()
  return { old: oldRoot, new: newRoot }
}

/** The way from a node up to the root, as `fn` and `sn` of RFC 9162 §2.1.3.2 walk it. */
function createWay(index: number, last: number) {
  let [fn, sn] = [index, last]
  const up = (): void => {
    fn = Math.floor(fn / 2)
    sn = Math.floor(sn / 2)
  }
  return {
    /** On which side of the way the next hash stands. Throws LogError when the root is reached already. */
    step(): 'left' | 'right' {
      if (sn === 0) throw malformed('the proof is too long')
      const left = fn % 2 === 1 || fn === sn
      if (left) while (fn % 2 === 0 && fn !== 0) up()
      up()
      return left ? 'left' : 'right'
    },
    skipRight(): void {
      while (fn % 2 === 1) up()
    },
    end(): void {
      if (sn !== 0) throw malformed('the proof is too short')
    },
  }
}

const isSize = (n: number): boolean => Number.isSafeInteger(n) && n >= 0

function isPowerOfTwo(n: number): boolean {
  while (n % 2 === 0) n /= 2
  return n === 1
}

function requireHashes(hashes: readonly Buffer[]): void {
  if (hashes.length > MAX_PROOF + 2) throw malformed('the proof is too long')
  if (hashes.some((hash) => hash.length !== HASH_BYTES)) throw malformed('a hash has 32 bytes')
}

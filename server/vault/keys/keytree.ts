import { createHmac, randomBytes } from 'node:crypto'

/*
 * Puncturable key tree (GGM): one 32-byte root gives 2^24 leaf secrets. A child is HMAC-SHA256(node, 0x00 or 0x01).
 * Puncturing a leaf replaces its known ancestor by the siblings on the way down, and forgets the ancestor: the leaf can never be
 * derived again and every other leaf still can. State grows by at most 24 nodes a puncture.
 */

export const TREE_DEPTH = 24
/** Leaves of one tree. */
export const TREE_LEAVES = 2 ** TREE_DEPTH

const NODE_BYTES = 32
const RECORD_BYTES = 4 + NODE_BYTES

/** Nodes by heap position: the root is 1, the children of p are 2p and 2p+1; leaf i is 2^24 + i. */
export type KeyTree = { readonly nodes: Map<number, Buffer> }

export const newTree = (root: Buffer = randomBytes(NODE_BYTES)): KeyTree => ({ nodes: new Map([[1, root]]) })

const child = (node: Buffer, bit: number): Buffer => createHmac('sha256', node).update(Buffer.of(bit)).digest()

function leafPosition(leaf: number): number {
  if (!Number.isInteger(leaf) || leaf < 0 || leaf >= TREE_LEAVES) throw new RangeError('leaf number')
  return TREE_LEAVES + leaf
}

/** How many levels below its nearest known ancestor a leaf lies; -1 when it was punctured. */
function levelsBelowKnown(tree: KeyTree, position: number): number {
  for (let up = 0; up <= TREE_DEPTH; up++) if (tree.nodes.has(position >>> up)) return up
  return -1
}

/** Whether the leaf can still be derived. */
export const hasLeaf = (tree: KeyTree, leaf: number): boolean => levelsBelowKnown(tree, leafPosition(leaf)) >= 0

/** The secret of a leaf, a fresh buffer for the caller to zero; null when it was punctured. */
export function leafSecret(tree: KeyTree, leaf: number): Buffer | null {
  const position = leafPosition(leaf)
  const levels = levelsBelowKnown(tree, position)
  if (levels < 0) return null
  let node = Buffer.from(tree.nodes.get(position >>> levels)!)
  for (let level = levels - 1; level >= 0; level--) {
    const next = child(node, (position >>> level) & 1)
    node.fill(0)
    node = Buffer.from(next)
    next.fill(0)
  }
  return node
}

/** Destroys a leaf. False when it was gone already. */
export function puncture(tree: KeyTree, leaf: number): boolean {
  const position = leafPosition(leaf)
  const levels = levelsBelowKnown(tree, position)
  if (levels < 0) return false
  let node = tree.nodes.get(position >>> levels)!
  tree.nodes.delete(position >>> levels)
  for (let level = levels - 1; level >= 0; level--) {
    const onPath = position >>> level
    tree.nodes.set(onPath ^ 1, child(node, (onPath & 1) ^ 1))
    const next = child(node, onPath & 1)
    node.fill(0)
    node = next
  }
  node.fill(0)
  return true
}

/** Zeroes and forgets every node: all leaves are destroyed. */
export function forgetTree(tree: KeyTree): void {
  for (const node of tree.nodes.values()) node.fill(0)
  tree.nodes.clear()
}

/** Binary form: u32be count, then u32be position ‖ node for each, by position. Holds secrets: the caller zeroes it. */
export function serialiseTree(tree: KeyTree): Buffer {
  const out = Buffer.alloc(4 + tree.nodes.size * RECORD_BYTES)
  out.writeUInt32BE(tree.nodes.size, 0)
  let at = 4
  for (const position of [...tree.nodes.keys()].toSorted((a, b) => a - b)) {
    out.writeUInt32BE(position, at)
    tree.nodes.get(position)!.copy(out, at + 4)
    at += RECORD_BYTES
  }
  return out
}

/** Reads the binary form. Throws RangeError when it is not one; a node above another one is refused too. */
export function deserialiseTree(bytes: Buffer): KeyTree {
  if (bytes.length < 4 || bytes.length !== 4 + bytes.readUInt32BE(0) * RECORD_BYTES)
    throw new RangeError('key tree length')
  const nodes = new Map<number, Buffer>()
  let previous = 0
  for (let at = 4; at < bytes.length; at += RECORD_BYTES) {
    const position = bytes.readUInt32BE(at)
    if (position <= previous || position >= 2 * TREE_LEAVES) throw new RangeError('key tree order')
    for (let up = position >>> 1; up > 0; up >>>= 1) if (nodes.has(up)) throw new RangeError('key tree overlap')
    nodes.set(position, Buffer.from(bytes.subarray(at + 4, at + RECORD_BYTES)))
    previous = position
  }
  return { nodes }
}

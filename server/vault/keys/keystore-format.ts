import { deserialiseTree, type KeyTree, serialiseTree } from './keytree.ts'

/*
 * Plaintext of the keystore, version 1:
 *   u8 1 ‖ box key 32 ‖ selection key 32 ‖ u64be applied ‖ u32be trees ‖ (u8 length ‖ bucket id ‖ u32be length ‖ tree)*
 */

const VERSION = 1
const FIXED_BYTES = 1 + 32 + 32 + 8 + 4

export type Secrets = { boxKey: Buffer; selectionKey: Buffer; applied: number; trees: Map<string, KeyTree> }

/** Holds every secret: the caller zeroes it. */
export function encodeSecrets(secrets: Secrets): Buffer {
  const trees = [...secrets.trees].map(([id, tree]) => ({ id: Buffer.from(id, 'latin1'), tree: serialiseTree(tree) }))
  const out = Buffer.alloc(trees.reduce((n, t) => n + 5 + t.id.length + t.tree.length, FIXED_BYTES))
  out[0] = VERSION
  secrets.boxKey.copy(out, 1)
  secrets.selectionKey.copy(out, 33)
  out.writeBigUInt64BE(BigInt(secrets.applied), 65)
  out.writeUInt32BE(trees.length, 73)
  let at = FIXED_BYTES
  for (const { id, tree } of trees) {
    at = out.writeUInt8(id.length, at)
    at += id.copy(out, at)
    at = out.writeUInt32BE(tree.length, at)
    at += tree.copy(out, at)
    tree.fill(0)
  }
  return out
}

/** Reads what `encodeSecrets` made; null when it is something else. Copies: the caller zeroes `plain`. */
export function decodeSecrets(plain: Buffer): Secrets | null {
  if (plain.length < FIXED_BYTES || plain[0] !== VERSION) return null
  const trees = new Map<string, KeyTree>()
  try {
    let at = FIXED_BYTES
    for (let left = plain.readUInt32BE(73); left > 0; left--) {
      const idEnd = at + 1 + plain.readUInt8(at)
      const treeEnd = idEnd + 4 + plain.readUInt32BE(idEnd)
      trees.set(plain.toString('latin1', at + 1, idEnd), deserialiseTree(plain.subarray(idEnd + 4, treeEnd)))
      at = treeEnd
    }
    if (at !== plain.length) return null
  } catch (e) {
    if (e instanceof RangeError) return null
    throw e
  }
  return {
    boxKey: Buffer.from(plain.subarray(1, 33)),
    selectionKey: Buffer.from(plain.subarray(33, 65)),
    applied: Number(plain.readBigUInt64BE(65)),
    trees,
  }
}

import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { leafHash, nodeHash, rootOf } from '../merkle.ts'
import {
  blockCount,
  BlockError,
  blockHash,
  type BlockPart,
  createBlockTree,
  disclose,
  narrow,
  rootOfParts,
  saltOf,
  saltsOfParts,
  wholeLane,
} from './blocks.ts'

const blockSamples = 4

function treeOf(seed: Buffer, audio: Buffer) {
  const tree = createBlockTree(seed, blockSamples)
  for (let at = 0; at < audio.length; at += 5) tree.update(audio.subarray(at, at + 5))
  return tree.finish()
}

/** What a verifier does: hashes the blocks it can hear under the salts it was given. */
function rootSeen(parts: BlockPart[], audio: Buffer): Buffer {
  const count = blockCount({ samples: audio.length / 2, blockSamples })
  const hashes = [...saltsOfParts(parts, count)].map(
    (salt, k) => salt && blockHash(salt, audio.subarray(k * blockSamples * 2, (k + 1) * blockSamples * 2)),
  )
  return rootOfParts(parts, hashes)
}

const lane = fc.uint8Array({ minLength: 2, maxLength: 600 }).map((a) => Buffer.from(a.subarray(0, a.length & ~1)))
const masks = fc.array(fc.boolean(), { minLength: 80, maxLength: 80 })

test('any masking of any lane leads to its root', () => {
  fc.assert(
    fc.property(lane, masks, (audio, masked) => {
      const seed = randomBytes(32)
      const { leaves, root } = treeOf(seed, audio)
      const parts = disclose(seed, leaves, (k) => !masked[k])
      const silenced = Buffer.from(audio)
      leaves.forEach((_, k) => masked[k] && silenced.subarray(k * blockSamples * 2, (k + 1) * blockSamples * 2).fill(0))
      expect(rootSeen(parts, silenced)).toEqual(root)
    }),
    { numRuns: 200 },
  )
})

test('a changed bit of what can be heard does not', () => {
  fc.assert(
    fc.property(lane, masks, fc.nat(), (audio, masked, at) => {
      const seed = randomBytes(32)
      const { leaves, root } = treeOf(seed, audio)
      const parts = disclose(seed, leaves, (k) => !masked[k])
      const bit = at % (audio.length * 8)
      const block = Math.floor((bit >> 3) / (blockSamples * 2))
      const changed = Buffer.from(audio)
      changed[bit >> 3]! ^= 1 << (bit & 7)
      expect(rootSeen(parts, changed).equals(root)).toBe(masked[block])
    }),
    { numRuns: 200 },
  )
})

test('what is masked stays unknown: no seed given leads to its salt', () => {
  fc.assert(
    fc.property(lane, masks, (audio, masked) => {
      const seed = randomBytes(32)
      const { leaves } = treeOf(seed, audio)
      const parts = disclose(seed, leaves, (k) => !masked[k])
      const salts = [...saltsOfParts(parts, leaves.length)]
      salts.forEach((salt, k) => expect(salt).toEqual(masked[k] ? null : saltOf(seed, k)))
      for (const part of parts.filter((p) => 'seed' in p))
        for (let k = part.index * 2 ** part.level; k < Math.min((part.index + 1) * 2 ** part.level, leaves.length); k++)
          expect(masked[k]).toBe(false)
    }),
    { numRuns: 100 },
  )
})

test('the tree is that of RFC 6962 over salted blocks', async () => {
  const seed = randomBytes(32)
  const audio = randomBytes(46)
  const { leaves, root, samples } = treeOf(seed, audio)
  expect(samples).toBe(23)
  expect(leaves).toHaveLength(6)
  expect(leaves[5]).toEqual(leafHash(Buffer.concat([saltOf(seed, 5), audio.subarray(40)])))
  expect(await rootOf(({ level, index }) => whole(leaves, level, index), leaves.length)).toEqual(root)
})

/** A complete subtree, the long way. */
function whole(leaves: Buffer[], level: number, index: number): Buffer {
  if (level === 0) return leaves[index]!
  return nodeHash(whole(leaves, level - 1, index * 2), whole(leaves, level - 1, index * 2 + 1))
}

test('a disclosure can be narrowed further by who has only what it reveals', () => {
  fc.assert(
    fc.property(lane, masks, masks, (audio, first, second) => {
      const seed = randomBytes(32)
      const { leaves, root } = treeOf(seed, audio)
      const parts = disclose(seed, leaves, (k) => !first[k])
      const known = leaves.map((leaf, k) => (first[k] ? null : leaf))
      const less = narrow(parts, known, (k) => !second[k])
      const salts = [...saltsOfParts(less, leaves.length)]
      salts.forEach((salt, k) => expect(salt === null).toBe(first[k] || second[k]))
      expect(
        rootOfParts(
          less,
          leaves.map((leaf, k) => (salts[k] ? leaf : null)),
        ),
      ).toEqual(root)
    }),
    { numRuns: 100 },
  )
  expect(() => narrow(wholeLane(randomBytes(32), 4), [null, null, null, null], (k) => k === 0)).toThrow(BlockError)
})

test('few masks need few parts, and a whole lane one seed', () => {
  const seed = randomBytes(32)
  const { leaves } = treeOf(seed, randomBytes(3600 * blockSamples * 2))
  expect(disclose(seed, leaves, () => true)).toHaveLength(1)
  expect(disclose(seed, leaves, (k) => k < 1000 || k >= 1020).length).toBeLessThan(24)
  expect(disclose(seed, leaves, () => false)).toHaveLength(1)
})

test('parts that leave something out, overlap or repeat are refused', () => {
  const seed = randomBytes(32)
  const { leaves } = treeOf(seed, randomBytes(100))
  const parts = disclose(seed, leaves, (k) => k % 3 === 0)
  const salts = [...saltsOfParts(parts, leaves.length)]
  const hashes = salts.map((salt) => (salt ? Buffer.alloc(32) : null))
  for (const wrong of [parts.slice(1), parts.slice(0, -1), [...parts, parts.at(-1)!], parts.toReversed()]) {
    expect(() => [...saltsOfParts(wrong, leaves.length)]).toThrow(BlockError)
    expect(() => rootOfParts(wrong, hashes)).toThrow(BlockError)
  }
  expect(() => [...saltsOfParts([{ level: 30, index: 0, seed }], leaves.length)]).toThrow(BlockError)
})

test('a lane without audio has the root of nothing', () => {
  const { root, leaves } = treeOf(randomBytes(32), Buffer.alloc(0))
  expect(leaves).toEqual([])
  expect(rootOfParts([], [])).toEqual(root)
})

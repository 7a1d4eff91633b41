import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LogError } from './log-error.ts'
import {
  consistencyProof,
  consistencySpans,
  emptyRoot,
  inclusionProof,
  inclusionSpans,
  joinSubtrees,
  leafHash,
  nodeHash,
  type ReadNode,
  rootFromInclusion,
  rootOf,
  verifyConsistency,
  verifyInclusion,
} from './merkle.ts'

const LEAVES = 260
const leaves = Array.from({ length: LEAVES }, (_, k) => leafHash(Buffer.from(`entry ${k}`)))

/** RFC 6962 §2.1, word for word. */
function mth(d: Buffer[]): Buffer {
  if (d.length === 0) return emptyRoot
  if (d.length === 1) return d[0] as Buffer
  let k = 1
  while (k * 2 < d.length) k *= 2
  return nodeHash(mth(d.slice(0, k)), mth(d.slice(k)))
}

const nodes = new Map<string, Buffer>()
const read: ReadNode = ({ level, index }) => {
  const key = `${level}/${index}`
  const known = nodes.get(key)
  if (known) return known
  const hash = mth(leaves.slice(index * 2 ** level, (index + 1) * 2 ** level))
  nodes.set(key, hash)
  return hash
}
const roots = await Promise.all(Array.from({ length: LEAVES + 1 }, (_, size) => rootOf(read, size)))
const tree = (size: number) => ({ size, root: roots[size] as Buffer })
const leaf = (index: number) => ({ index, hash: leaves[index] as Buffer })

const refusal = (work: () => unknown): string => {
  try {
    work()
  } catch (e) {
    if (e instanceof LogError) return e.code
    throw e
  }
  return 'accepted'
}

const sizes = fc.integer({ min: 1, max: LEAVES })
/** A tree and one of its leaves. */
const places = sizes.chain((size) => fc.record({ size: fc.constant(size), index: fc.nat(size - 1) }))
/** Two sizes, the older first, which is not empty. */
const pairs = fc.tuple(sizes, sizes).map(([a, b]) => ({ older: Math.min(a, b), newer: Math.max(a, b) }))

const flip = (hash: Buffer, bit: number): Buffer => {
  const other = Buffer.from(hash)
  other[bit >> 3] = (other[bit >> 3] ?? 0) ^ (1 << (bit & 7))
  return other
}

describe('known values', () => {
  it('RFC 6962: hashes of the empty tree and of an empty leaf', () => {
    expect(emptyRoot.toString('hex')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
    expect(leafHash(Buffer.alloc(0)).toString('hex')).toBe(
      '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
    )
  })

  it('RFC 6962 §2.1.3: which hashes the proofs of the example with seven leaves hold', () => {
    const name = ({ from, to }: { from: number; to: number }) => `${from}-${to}`
    expect(inclusionSpans(0, 7).map(name)).toEqual(['1-2', '2-4', '4-7'])
    expect(inclusionSpans(3, 7).map(name)).toEqual(['2-3', '0-2', '4-7'])
    expect(inclusionSpans(4, 7).map(name)).toEqual(['5-6', '6-7', '0-4'])
    expect(inclusionSpans(6, 7).map(name)).toEqual(['4-6', '0-4'])
    expect(consistencySpans(3, 7).map(name)).toEqual(['2-3', '3-4', '0-2', '4-7'])
    expect(consistencySpans(4, 7).map(name)).toEqual(['4-7'])
    expect(consistencySpans(6, 7).map(name)).toEqual(['4-6', '6-7', '0-4'])
  })

  it('the root is that of RFC 6962 at every size', () => {
    for (let size = 0; size <= LEAVES; size++) expect(roots[size]?.equals(mth(leaves.slice(0, size)))).toBe(true)
  })
})

describe('proofs', () => {
  it('every leaf of every tree up to 70 leaves is proved', async () => {
    for (let size = 1; size <= 70; size++)
      for (let index = 0; index < size; index++)
        verifyInclusion(leaf(index), tree(size), await inclusionProof(read, index, size))
  })

  it('every size up to 70 is proved to begin every later one', async () => {
    for (let newer = 1; newer <= 70; newer++)
      for (let older = 1; older <= newer; older++)
        verifyConsistency(tree(older), tree(newer), await consistencyProof(read, older, newer))
  })

  it('any leaf and any two sizes of larger trees', async () => {
    await fc.assert(
      fc.asyncProperty(places, pairs, async ({ size, index }, { older, newer }) => {
        verifyInclusion(leaf(index), tree(size), await inclusionProof(read, index, size))
        verifyConsistency(tree(older), tree(newer), await consistencyProof(read, older, newer))
      }),
    )
  })

  it('sizes near 2^53 are planned and walked exactly', () => {
    const size = Number.MAX_SAFE_INTEGER
    for (const index of [0, 2 ** 52 - 1, 2 ** 52, size - 2, size - 1]) {
      const spans = inclusionSpans(index, size)
      const covered = spans.reduce((sum, span) => sum + span.to - span.from, 0)
      expect(covered).toBe(size - 1)
      const proof = spans.map((_, k) => leafHash(Buffer.of(k)))
      expect(rootFromInclusion({ hash: leafHash(Buffer.of(1)), index }, size, proof)).toHaveLength(32)
    }
  })

  it('what is asked outside the tree is an error of the caller', () => {
    expect(() => inclusionSpans(3, 3)).toThrow(RangeError)
    expect(() => inclusionSpans(-1, 3)).toThrow(RangeError)
    expect(() => inclusionSpans(0.5, 3)).toThrow(RangeError)
    expect(() => consistencySpans(4, 3)).toThrow(RangeError)
    expect(joinSubtrees([])).toBe(emptyRoot)
  })
})

describe('hostile inclusion proofs', () => {
  it('another leaf, index, size, root or hash is refused', async () => {
    await fc.assert(
      fc.asyncProperty(places, fc.nat(255), fc.nat(), fc.nat(LEAVES - 1), async ({ size, index }, bit, at, other) => {
        const proof = await inclusionProof(read, index, size)
        const { hash } = leaf(index)
        if (other !== index)
          expect(refusal(() => verifyInclusion({ hash, index: other }, tree(size), proof))).not.toBe('accepted')
        expect(refusal(() => verifyInclusion({ hash: flip(hash, bit), index }, tree(size), proof))).toBe('wrong_hash')
        expect(refusal(() => verifyInclusion({ hash, index }, { size, root: flip(tree(size).root, bit) }, proof))).toBe(
          'wrong_hash',
        )
        if (proof.length > 0) {
          const changed = proof.with(at % proof.length, flip(proof[at % proof.length] as Buffer, bit))
          expect(refusal(() => verifyInclusion({ hash, index }, tree(size), changed))).toBe('wrong_hash')
          expect(refusal(() => verifyInclusion({ hash, index }, tree(size), proof.slice(1)))).toBe('malformed')
          expect(refusal(() => verifyInclusion({ hash, index }, tree(size), proof.slice(0, -1)))).toBe('malformed')
        }
        for (const longer of [
          [...proof, hash],
          [hash, ...proof],
          [...proof, tree(size).root],
        ])
          expect(refusal(() => verifyInclusion({ hash, index }, tree(size), longer))).not.toBe('accepted')
      }),
    )
  })

  it('an inner node does not pass for a leaf under another size', async () => {
    const proof = await inclusionProof(read, 0, 8)
    const inner = { hash: nodeHash(leaf(0).hash, leaf(1).hash), index: 0 }
    expect(rootFromInclusion(inner, 4, proof.slice(1)).equals(tree(8).root)).toBe(true)
    expect(refusal(() => verifyInclusion(inner, tree(8), proof.slice(1)))).toBe('malformed')
  })

  it('hashes of another length, wild sizes and endless proofs are malformed', () => {
    const one = leaf(0)
    expect(refusal(() => verifyInclusion({ hash: Buffer.alloc(31), index: 0 }, tree(1), []))).toBe('malformed')
    expect(refusal(() => verifyInclusion(one, tree(2), [Buffer.alloc(33)]))).toBe('malformed')
    for (const size of [-1, 0.5, 2 ** 53, Number.NaN, 0])
      expect(refusal(() => verifyInclusion(one, { size, root: one.hash }, []))).toBe('malformed')
    const endless = Array.from({ length: 100 }, () => one.hash)
    expect(refusal(() => verifyInclusion(one, { size: 2 ** 53 - 1, root: one.hash }, endless))).toBe('malformed')
  })
})

describe('hostile consistency proofs', () => {
  it('other sizes, roots or hashes are refused', async () => {
    await fc.assert(
      fc.asyncProperty(pairs, fc.nat(255), fc.nat(), async ({ older, newer }, bit, at) => {
        const proof = await consistencyProof(read, older, newer)
        const [a, b] = [tree(older), tree(newer)]
        expect(refusal(() => verifyConsistency({ ...a, root: flip(a.root, bit) }, b, proof))).toBe('wrong_hash')
        expect(refusal(() => verifyConsistency(a, { ...b, root: flip(b.root, bit) }, proof))).toBe('wrong_hash')
        if (older !== newer) {
          expect(refusal(() => verifyConsistency(b, a, proof))).toBe('malformed')
          expect(refusal(() => verifyConsistency(a, { size: newer, root: a.root }, []))).toBe('malformed')
          const changed = proof.with(at % proof.length, flip(proof[at % proof.length] as Buffer, bit))
          expect(refusal(() => verifyConsistency(a, b, changed))).toBe('wrong_hash')
          expect(refusal(() => verifyConsistency(a, b, proof.slice(0, -1)))).toBe('malformed')
        }
        expect(refusal(() => verifyConsistency(a, b, [...proof, a.root]))).toBe('malformed')
        expect(refusal(() => verifyConsistency(a, b, [a.root, ...proof]))).not.toBe('accepted')
      }),
    )
  })

  it('a forked history is refused', async () => {
    const forked = leaves.with(3, leafHash(Buffer.from('rewritten')))
    const readForked: ReadNode = ({ level, index }) => mth(forked.slice(index * 2 ** level, (index + 1) * 2 ** level))
    const proof = await consistencyProof(readForked, 10, 20)
    const fork = { size: 20, root: await rootOf(readForked, 20) }
    expect(refusal(() => verifyConsistency(tree(10), fork, proof))).toBe('wrong_hash')
  })

  it('the empty tree proves nothing', () => {
    expect(refusal(() => verifyConsistency({ size: 0, root: emptyRoot }, tree(5), []))).toBe('malformed')
    expect(refusal(() => verifyConsistency({ size: 0, root: emptyRoot }, { size: 0, root: emptyRoot }, []))).toBe(
      'malformed',
    )
  })
})

import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  deserialiseTree,
  forgetTree,
  hasLeaf,
  leafSecret,
  newTree,
  puncture,
  serialiseTree,
  TREE_DEPTH,
  TREE_LEAVES,
} from './keytree.ts'

const leaf = fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: TREE_LEAVES - 1 }))
const hex = (b: Buffer | null): string | null => b && b.toString('hex')

describe('key tree', () => {
  it('loses punctured leaves and keeps every other, through storage too', () => {
    fc.assert(
      fc.property(
        fc.array(leaf, { minLength: 1, maxLength: 40 }),
        fc.array(leaf, { maxLength: 20 }),
        (gone, probes) => {
          const tree = newTree()
          const before = probes.map((i) => hex(leafSecret(tree, i)))
          for (const i of gone) puncture(tree, i)
          const stored = deserialiseTree(serialiseTree(tree))
          for (const i of gone)
            expect([leafSecret(stored, i), hasLeaf(stored, i), puncture(stored, i)]).toEqual([null, false, false])
          probes.forEach((i, j) => expect(hex(leafSecret(stored, i))).toBe(gone.includes(i) ? null : before[j]))
          expect(stored.nodes.size).toBeLessThanOrEqual(1 + new Set(gone).size * TREE_DEPTH)
        },
      ),
      { numRuns: 100 },
    )
  })

  it('keeps no ancestor of a punctured leaf', () => {
    fc.assert(
      fc.property(fc.uniqueArray(leaf, { minLength: 1, maxLength: 20 }), (gone) => {
        const tree = newTree()
        for (const i of gone) puncture(tree, i)
        for (const i of gone) for (let p = TREE_LEAVES + i; p > 0; p >>>= 1) expect(tree.nodes.has(p)).toBe(false)
      }),
    )
  })

  it('is stable: known secrets of a known root', () => {
    const tree = newTree(createHash('sha256').update('root').digest())
    const digest = createHash('sha256')
    for (const i of [0, 1, 2, 12_345, TREE_LEAVES - 1]) digest.update(leafSecret(tree, i)!)
    expect(digest.digest('hex')).toMatchInlineSnapshot(
      `"c45694c050bb296bebdf0ef8ecf9e3b0e634efd731cbfd909ae04dee6fb1e75e"`,
    )
  })

  it('refuses damaged storage and impossible leaves', () => {
    const bytes = serialiseTree(newTree())
    expect(() => deserialiseTree(bytes.subarray(0, 20))).toThrow(RangeError)
    expect(() =>
      deserialiseTree(Buffer.concat([Buffer.from([0, 0, 0, 2]), bytes.subarray(4), bytes.subarray(4)])),
    ).toThrow(RangeError)
    for (const i of [-1, TREE_LEAVES, 0.5, Number.NaN]) expect(() => leafSecret(newTree(), i)).toThrow(RangeError)
  })

  it('forgets everything at once', () => {
    const tree = newTree()
    puncture(tree, 5)
    forgetTree(tree)
    expect(leafSecret(tree, 6)).toBe(null)
  })
})

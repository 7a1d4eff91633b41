import fc from 'fast-check'
import { expect, it } from 'vitest'
import { emptyRoot, leafHash, rootOf } from '../../../proof/merkle.ts'
import { decodeBundle, nodesFromTiles, tilesOf } from '../../../proof/tiles.ts'
import { appendEntries, BUNDLES, edgeFrom, edgeRoot, edgeTiles, newEdge } from './edge.ts'

const entry = (k: number): Buffer => Buffer.from(`entry ${k}`)

/** Appends in batches, reading the edge back from its stored tiles before each, as a new process would. */
function build(batches: number[]) {
  const stored = new Map<string, Buffer>()
  let edge = newEdge()
  for (const count of batches) {
    edge = edgeFrom(edge.size, (level, index) => stored.get(`${level}/${index}`)) ?? newEdge()
    const from = edge.size
    const tiles = appendEntries(
      edge,
      Array.from({ length: count }, (_, k) => entry(from + k)),
    )
    for (const tile of tiles) stored.set(`${tile.level}/${tile.index}`, tile.bytes)
  }
  return { stored, edge }
}

it('tiles, bundles and roots are those of the whole tree, however it was appended', async () => {
  const batches = fc.array(fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 700 })), {
    maxLength: 12,
  })
  await fc.assert(
    fc.asyncProperty(batches, async (counts) => {
      const { stored, edge } = build(counts)
      const size = counts.reduce((a, b) => a + b, 0)
      expect(edge.size).toBe(size)
      const read = nodesFromTiles(async ({ level, index }) => stored.get(`${level}/${index}`) ?? Buffer.alloc(0), size)
      expect(edgeRoot(edge).equals(await rootOf(read, size))).toBe(true)
      const names = [...tilesOf(size)]
      expect(new Set(stored.keys())).toEqual(
        new Set(names.map((n) => `${n.level === 'entries' ? BUNDLES : n.level}/${n.index}`)),
      )
      for (const { level, index, width } of names) {
        const bytes = stored.get(`${level === 'entries' ? BUNDLES : level}/${index}`) ?? Buffer.alloc(0)
        if (level !== 'entries') expect(bytes.length).toBe(width * 32)
        else expect(decodeBundle(bytes, width)[0]).toEqual(entry(index * 256))
      }
      for (let k = 0; k < size; k += 97)
        expect((await read({ level: 0, index: k })).equals(leafHash(entry(k)))).toBe(true)
    }),
    { numRuns: 40 },
  )
})

it('an edge with a missing or short tile is none', () => {
  const { stored } = build([300])
  for (const { level, index } of edgeTiles(300)) {
    const without = (l: number, i: number) => (l === level && i === index ? undefined : stored.get(`${l}/${i}`))
    expect(edgeFrom(300, without)).toBeNull()
  }
  expect(edgeFrom(301, (level, index) => stored.get(`${level}/${index}`))).toBeNull()
  expect(edgeRoot(newEdge()).equals(emptyRoot)).toBe(true)
})

it('65,536 leaves at once and one more', () => {
  const whole = build([65_537])
  const parts = build([65_535, 1, 1])
  expect(edgeRoot(whole.edge).equals(edgeRoot(parts.edge))).toBe(true)
  expect(whole.stored.get('2/0')?.length).toBe(32)
  expect(whole.stored.get('1/1')).toBeUndefined()
})

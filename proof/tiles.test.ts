import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LogError } from './log-error.ts'
import {
  consistencyProof,
  inclusionProof,
  leafHash,
  nodeHash,
  rootOf,
  verifyConsistency,
  verifyInclusion,
} from './merkle.ts'
import {
  decodeBundle,
  encodeBundle,
  encodeEntry,
  joinHashes,
  nodesFromTiles,
  parseTilePath,
  type ReadTile,
  tilePath,
  tilesOf,
  tileWidth,
} from './tiles.ts'

const LEAVES = 66_000
const leaves = Array.from({ length: LEAVES }, (_, k) => leafHash(Buffer.from(`entry ${k}`)))

/** Rows of hashes 8 levels apart, as the specification's formula defines them. */
const rows: Buffer[][] = [leaves]
while ((rows.at(-1)?.length ?? 0) >= 256) {
  const below = rows.at(-1) as Buffer[]
  rows.push(
    Array.from({ length: Math.floor(below.length / 256) }, (_, n) => {
      let row = below.slice(n * 256, (n + 1) * 256)
      while (row.length > 1) row = row.flatMap((hash, k) => (k % 2 === 0 ? [nodeHash(hash, row[k + 1] as Buffer)] : []))
      return row[0] as Buffer
    }),
  )
}
const readTile: ReadTile = async ({ level, index, width }) =>
  Buffer.concat((rows[level] ?? []).slice(index * 256, index * 256 + width))

const refusal = (work: () => unknown): string => {
  try {
    work()
  } catch (e) {
    if (e instanceof LogError) return e.code
    throw e
  }
  return 'accepted'
}

describe('trees over tiles', () => {
  it('prove leaves and consistency at any size', async () => {
    const sizes = fc.oneof(
      fc.integer({ min: 1, max: LEAVES }),
      fc.constantFrom(1, 255, 256, 257, 65_535, 65_536, 65_537),
    )
    await fc.assert(
      fc.asyncProperty(sizes, sizes, fc.nat(), async (a, b, at) => {
        const [older, newer] = [Math.min(a, b), Math.max(a, b)]
        const read = nodesFromTiles(readTile, newer)
        const tree = { size: newer, root: await rootOf(read, newer) }
        const index = at % newer
        verifyInclusion({ hash: leaves[index] as Buffer, index }, tree, await inclusionProof(read, index, newer))
        const before = { size: older, root: await rootOf(nodesFromTiles(readTile, older), older) }
        verifyConsistency(before, tree, await consistencyProof(read, older, newer))
      }),
      { numRuns: 60 },
    )
  })

  it('only tiles of the tree are asked for, as wide as it has them', async () => {
    const asked: string[] = []
    const watching: ReadTile = (name) => {
      asked.push(tilePath(name))
      return readTile(name)
    }
    await rootOf(nodesFromTiles(watching, 66_000), 66_000)
    const there = new Set([...tilesOf(66_000)].map(tilePath))
    expect(asked.every((path) => there.has(path))).toBe(true)
    expect(new Set(asked)).toEqual(new Set(['tile/0/257.p/208', 'tile/1/001.p/1', 'tile/2/000.p/1']))
  })

  it('the example of the specification: 70,000 leaves', () => {
    const names = [...tilesOf(70_000)].filter(({ level }) => level !== 'entries')
    const count = (level: number, full: boolean) => names.filter((n) => n.level === level && (n.width === 256) === full)
    expect(count(0, true)).toHaveLength(273)
    expect(count(0, false).map((n) => n.width)).toEqual([112])
    expect(count(1, true)).toHaveLength(1)
    expect(count(1, false).map((n) => n.width)).toEqual([17])
    expect(count(2, false).map((n) => n.width)).toEqual([1])
    expect([...tilesOf(256)].map(tilePath)).toEqual(['tile/entries/000', 'tile/0/000', 'tile/1/000.p/1'])
    expect([...tilesOf(0)]).toEqual([])
    expect(tileWidth(0, 5, 256)).toBe(0)
  })

  it('what is outside the tree, and short tiles, are refused', async () => {
    await expect(async () => nodesFromTiles(readTile, 10)({ level: 0, index: 10 })).rejects.toThrow(LogError)
    await expect(async () => nodesFromTiles(async () => Buffer.alloc(31), 1)({ level: 0, index: 0 })).rejects.toThrow(
      LogError,
    )
    expect(joinHashes(Buffer.alloc(32))).toHaveLength(32)
  })
})

describe('paths', () => {
  it('the example of the specification', () => {
    expect(tilePath({ level: 0, index: 1_234_067, width: 256 })).toBe('tile/0/x001/x234/067')
    expect(tilePath({ level: 'entries', index: 0, width: 8 })).toBe('tile/entries/000.p/8')
  })

  it('are read back', () => {
    const names = fc.record({
      level: fc.oneof(fc.constant('entries' as const), fc.nat(63)),
      index: fc.maxSafeNat(),
      width: fc.integer({ min: 1, max: 256 }),
    })
    fc.assert(
      fc.property(names, (name) => {
        expect(parseTilePath(tilePath(name))).toEqual(name)
      }),
    )
  })

  it('of other forms are malformed', () => {
    const forms = [
      'tile/0/0',
      'tile/0/0000',
      'tile/00/000',
      'tile/64/000',
      'tile/-1/000',
      'tile/0/x000/000',
      'tile/0/001/000',
      'tile/0/x001',
      'tile/0/000.p/0',
      'tile/0/000.p/256',
      'tile/0/000.p/01',
      'tile/0/000.p/',
      'tile/0/000/',
      '/tile/0/000',
      'tile/0/000\n',
      'tile/data/000',
      `tile/0/${'x999/'.repeat(6)}999`,
      'tile/entries',
      '',
    ]
    for (const form of forms) expect(refusal(() => parseTilePath(form))).toBe('malformed')
  })
})

describe('bundles', () => {
  it('are read back', () => {
    const entries = fc.array(fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)))
    fc.assert(
      fc.property(entries, (list) => {
        expect(decodeBundle(encodeBundle(list), list.length)).toEqual(list)
      }),
    )
  })

  it('cut, longer or of another width are malformed', () => {
    const bundle = encodeBundle([Buffer.from('one'), Buffer.from('two')])
    for (let end = 0; end < bundle.length; end++)
      expect(refusal(() => decodeBundle(bundle.subarray(0, end), 2))).toBe('malformed')
    expect(refusal(() => decodeBundle(bundle, 1))).toBe('malformed')
    expect(refusal(() => decodeBundle(Buffer.concat([bundle, Buffer.alloc(2)]), 2))).toBe('malformed')
    expect(() => encodeEntry(Buffer.alloc(65_536))).toThrow(RangeError)
  })
})

import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { blockCount, blockHash, rootOfParts, saltsOfParts } from '../../../proof/package/blocks.ts'
import { disclosedLanes, keepWindow, sealAudio } from './audio.ts'

const rate = 1000
const blockMs = 200
const bytesOf = (ms: number): number => Math.round((ms * rate) / 1000) * 2

/** A lane in pieces of odd sizes. */
const opened = (audio: Buffer) =>
  async function* (from: number): AsyncGenerator<Buffer> {
    for (let at = from * 2; at < audio.length; at += 333) yield audio.subarray(at, at + 333)
  }

/** Audio of which only a window is left. */
function only(audio: Buffer, { fromMs, toMs }: { fromMs: number; toMs: number }): Buffer {
  const left = Buffer.alloc(audio.length)
  left.set(audio.subarray(bytesOf(fromMs), bytesOf(toMs)), Math.min(audio.length, bytesOf(fromMs)))
  return left
}

test('a window discloses the whole blocks in it that sound as they were sealed, and leads to the sealed root', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 6000 }),
      fc.integer({ min: 0, max: 6000 }),
      fc.integer({ min: 0, max: 6000 }),
      async (lengthMs, a, b) => {
        const window = { fromMs: Math.min(a, b), toMs: Math.max(a, b) }
        const audio = randomBytes(bytesOf(lengthMs))
        // silence that is silent in both copies is still not disclosed outside the window
        audio.fill(0, 0, Math.min(audio.length, bytesOf(1000)))
        const { audio: sealed, disclosure } = await sealAudio([{ lane: 0, rate, open: opened(audio) }])
        const kept = await keepWindow(disclosure, window, {
          whole: () => opened(audio),
          kept: () => opened(only(audio, window)),
        })
        const [lane] = disclosedLanes(kept)
        const salts = [...saltsOfParts(lane!.parts, blockCount(lane!))]
        const inside = salts.map((_, k) => k * blockMs >= window.fromMs && (k + 1) * blockMs <= window.toMs)
        expect(salts.map((salt) => salt !== null)).toEqual(inside)
        const hashes = salts.map(
          (salt, k) => salt && blockHash(salt, audio.subarray(bytesOf(k * blockMs), bytesOf((k + 1) * blockMs))),
        )
        expect(rootOfParts(lane!.parts, hashes).toString('base64')).toBe(sealed.lanes[0]?.root)
      },
    ),
    { numRuns: 60 },
  )
})

test('a block that no longer sounds as it was sealed is not disclosed', async () => {
  const audio = randomBytes(bytesOf(2000))
  const { disclosure } = await sealAudio([{ lane: 3, rate, open: opened(audio) }])
  const other = Buffer.from(audio)
  other[bytesOf(450)]! ^= 1
  const kept = await keepWindow(
    disclosure,
    { fromMs: 0, toMs: Infinity },
    {
      whole: () => opened(audio),
      kept: () => opened(other),
    },
  )
  const [lane] = disclosedLanes(kept)
  const salts = [...saltsOfParts(lane!.parts, blockCount(lane!))]
  expect(salts.flatMap((salt, k) => (salt === null ? [k] : []))).toEqual([2])
})

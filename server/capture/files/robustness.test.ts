import { beforeAll, describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { openAudioTools, type AudioTools } from './index.ts'
import { probeAudio } from './probe.ts'
import { codeOf, decodeAll, encode, memoryReader, tone, wav } from './testkit/fixtures.ts'

/** Whatever the bytes, the answer is an audio Problem or success: `codeOf` rethrows anything else. */
const ANSWER = /^(accepted|audio_[a-z_0-9]+)$/

const seeds: Buffer[] = []
let tools: AudioTools
beforeAll(async () => {
  tools = await openAudioTools({ limits: { stallMs: 5000 } })
  const stereo = wav({ channels: 2, rate: 16_000, data: tone(2, 16_000, [440, 1000]) })
  seeds.push(stereo, wav({ tag: 7, bits: 8, data: Buffer.alloc(4000, 0x7f), fact: 4000 }))
  for (const args of [
    ['-b:a', '32k', '-f', 'mp3'],
    ['-c:a', 'libopus', '-f', 'ogg'],
    ['-c:a', 'libvorbis', '-f', 'ogg'],
    ['-f', 'flac'],
    ['-c:a', 'flac', '-f', 'ogg'],
    ['-c:a', 'aac', '-f', 'mp4'],
    ['-c:a', 'aac', '-f', 'adts'],
  ])
    seeds.push(encode(stereo, args))
  seeds.push(Buffer.concat([Buffer.from('#!AMR\n'), Buffer.alloc(3200, 0x3c)]))
})

type Change = { at: number; byte: number }
const changes = fc.array(fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), byte: fc.nat(255) }), {
  minLength: 1,
  maxLength: 8,
})

/** Half of the changes fall on the first hundred bytes, where headers are. */
function mutate(seed: Buffer, list: Change[], keep: number): Buffer {
  const out = Buffer.from(seed.subarray(0, Math.max(1, Math.floor(seed.length * keep))))
  for (const [i, { at, byte }] of list.entries())
    out[Math.min(out.length - 1, Math.floor(at * (i % 2 ? out.length : Math.min(out.length, 100))))] = byte
  return out
}

describe('any bytes at all', () => {
  it('random bytes behind a real beginning are probed to an answer', async () => {
    const starts = [
      'RIFF\xff\xff\xff\xffWAVE',
      'OggS\0\x02',
      'fLaC\0\0\0\x22',
      '\0\0\0\x20ftyp',
      'ID3\x04\0\0',
      '\xff\xfb\x90',
      '\xff\xf1',
      '#!AMR\n',
      'RF64',
      '',
    ]
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...starts), fc.uint8Array({ maxLength: 3000 }), async (start, rest) => {
        const bytes = Buffer.concat([Buffer.from(start, 'latin1'), rest])
        expect(await codeOf(probeAudio(memoryReader(bytes), tools))).toMatch(ANSWER)
      }),
      { numRuns: 1000 },
    )
  })

  it('changed and cut files are probed to an answer', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), changes, fc.constantFrom(1, 1, 0.9, 0.5, 0.01), async (n, list, keep) => {
        const bytes = mutate(seeds[n % seeds.length]!, list, keep)
        expect(await codeOf(probeAudio(memoryReader(bytes), tools))).toMatch(ANSWER)
      }),
      { numRuns: 1500 },
    )
  })

  it('changed files that pass the probe are decoded to an answer', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), changes, async (n, list) => {
        expect(await codeOf(decodeAll(mutate(seeds[n % seeds.length]!, list, 1), tools))).toMatch(ANSWER)
      }),
      { numRuns: 60 },
    )
  })
})

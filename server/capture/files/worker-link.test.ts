import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import type { DecoderSetup } from './decoders.ts'
import { codeOf } from './testkit/fixtures.ts'
import { defaultAudioLimits } from './types.ts'
import { openWorker } from './worker-link.ts'

const setups: DecoderSetup[] = [
  { decoder: 'mp3', channels: 2 },
  { decoder: 'flac', channels: 2 },
  { decoder: 'vorbis', channels: 2 },
  { decoder: 'opus', channels: 2, rate: 16_000, gain: 1 },
  { decoder: 'pcm', channels: 2, layout: { sample: 'f32', width: 4 } },
]

describe('a decoding worker', () => {
  it.each(setups)(
    '$decoder: garbage gives silence, an error count or a Problem, and never ends the process',
    async (setup) => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.uint8Array({ minLength: 1, maxLength: 400 }), { minLength: 1, maxLength: 20 }),
          async (units) => {
            const worker = openWorker(
              { ...setup, fromRate: 48_000, toRate: 16_000 },
              { workerHeapMb: 128, stallMs: 5000 },
            )
            const work = (async () => {
              await worker.decode(units)
              await worker.end()
            })()
            expect(await codeOf(work)).toMatch(/^(accepted|audio_damaged|audio_decode_stalled|audio_bomb)$/)
            await worker.close()
          },
        ),
        { numRuns: 8 },
      )
    },
    60_000,
  )

  it('that stands still is stopped', async () => {
    const worker = openWorker(
      { decoder: 'pcm', channels: 1, layout: { sample: 's16', width: 2 }, fromRate: 8000, toRate: 8000 },
      {
        workerHeapMb: 128,
        stallMs: 1,
      },
    )
    expect(await codeOf(worker.decode([Buffer.alloc(2)]))).toBe('audio_decode_stalled')
    expect(await codeOf(worker.decode([Buffer.alloc(2)]))).toBe('audio_decode_stalled')
    await worker.close()
  })

  it('that outgrows its memory is a bomb, not a crash', async () => {
    const worker = openWorker(
      { decoder: 'pcm', channels: 1, layout: { sample: 's16', width: 2 }, fromRate: 8000, toRate: 8000 },
      {
        ...defaultAudioLimits,
        workerHeapMb: 1,
      },
    )
    expect(await codeOf(worker.decode([Buffer.alloc(2)]))).toBe('audio_bomb')
    await worker.close()
  })
})

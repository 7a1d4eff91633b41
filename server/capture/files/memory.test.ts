import { describe, expect, it } from 'vitest'
import { decodeLanes } from './decode.ts'
import { mpegHeader } from './mp3.ts'
import { probeAudio } from './probe.ts'
import { encode, tone, virtualReader, wav } from './testkit/fixtures.ts'
import { defaultAudioLimits } from './types.ts'
import type { StreamReader } from '../../vault/types.ts'

const tools = { limits: defaultAudioLimits, ffmpeg: null }

/** Decodes a file that exists nowhere and watches the most memory the process takes beyond its start, MB. */
async function growth(reader: StreamReader): Promise<{ mb: number; seconds: number }> {
  const probe = await probeAudio(reader, tools)
  const before = process.memoryUsage().rss
  let most = 0
  let bytes = 0
  for await (const block of decodeLanes(reader, probe, tools)) {
    if (block.lane === 0) bytes += block.samples.length
    most = Math.max(most, process.memoryUsage().rss - before)
  }
  return { mb: most / 1e6, seconds: bytes / probe.lane.rate / (probe.lane.codec === 'L16' ? 2 : 1) }
}

/** Repeats `unit` up to `size` behind `head`. */
const repeated = (head: Buffer, unit: Buffer, size: number): StreamReader =>
  virtualReader(head.length + size, (from, to) => {
    const out = Buffer.alloc(to - from)
    for (let at = from; at < to;) {
      const source = at < head.length ? head : unit
      const offset = at < head.length ? at : (at - head.length) % unit.length
      at += source.copy(out, at - from, offset, Math.min(source.length, offset + to - at))
    }
    return out
  })

describe('memory', () => {
  it('a WAV of ten hours takes no more than a few blocks', async () => {
    const size = 8000 * 2 * 36_000
    const header = wav({ tag: 7, bits: 8, channels: 2, data: Buffer.alloc(0), dataSize: size, riffSize: 0 })
    const { mb, seconds } = await growth(repeated(header, tone(1, 8000), size))
    expect(seconds).toBe(36_000)
    expect(mb).toBeLessThan(200)
  })

  it('an MP3 of two hours is never decoded into memory at once', async () => {
    const file = encode(wav({ rate: 8000, data: tone(4, 8000) }), [
      '-b:a',
      '16k',
      '-write_xing',
      '0',
      '-id3v2_version',
      '0',
      '-f',
      'mp3',
    ])
    // Whole frames from the middle, where the encoder has settled.
    const frame = mpegHeader(file, 0)!.bytes
    const unit = file.subarray(frame * 10, frame * 40)
    const { mb, seconds } = await growth(repeated(file.subarray(0, frame * 10), unit, 7200 * 2000))
    expect(Math.abs(seconds - 7200)).toBeLessThan(60)
    expect(mb).toBeLessThan(250)
  })
})

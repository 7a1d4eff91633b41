import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import {
  chunk,
  codeOf,
  decodeAll,
  level,
  memoryReader,
  pitch,
  tone,
  virtualReader,
  wav,
  type WavSpec,
} from './testkit/fixtures.ts'
import { probeAudio } from './probe.ts'
import { defaultAudioLimits } from './types.ts'

const tools = { limits: defaultAudioLimits, ffmpeg: null }
const probe = (bytes: Buffer) => probeAudio(memoryReader(bytes), tools)
const second = tone(1, 8000)
const g711 = Buffer.from(Array.from({ length: 8000 }, (_, i) => (i * 7) & 255))

describe('WAV headers', () => {
  it('reads mono 16-bit PCM', async () => {
    expect(await probe(wav({ data: second }))).toMatchObject({
      container: 'wav',
      codec: 'pcm',
      channels: 1,
      sampleRate: 8000,
      durationMs: 1000,
      declaredMs: 1000,
      warnings: [],
      lane: { codec: 'L16', rate: 8000 },
      lanes: 1,
    })
  })

  it('reads chunks in between, of odd size, and after the samples', async () => {
    const bytes = wav({
      data: second,
      before: chunk('LIST', Buffer.from('INFOx')),
      after: chunk('LIST', Buffer.alloc(33)),
    })
    expect(await probe(bytes)).toMatchObject({ durationMs: 1000, warnings: [] })
  })

  it('reads WAVE_FORMAT_EXTENSIBLE and RF64', async () => {
    expect(await probe(wav({ data: second, extensible: true }))).toMatchObject({ codec: 'pcm', durationMs: 1000 })
    expect(await probe(wav({ data: second, form: 'RF64' }))).toMatchObject({ codec: 'pcm', durationMs: 1000 })
  })

  it.each([0, 0xffff_ffff, 0x7fff_ffff])(
    'takes the length from the bytes when a streaming writer left %d',
    async (dataSize) => {
      expect(await probe(wav({ data: second, dataSize, riffSize: dataSize }))).toMatchObject({
        durationMs: 1000,
        declaredMs: null,
        warnings: ['length_from_bytes'],
      })
    },
  )

  it('leaves out an incomplete last sample and says so', async () => {
    expect(await probe(wav({ channels: 2, data: second.subarray(0, 4002) }))).toMatchObject({
      warnings: ['partial_frame'],
    })
  })

  it('accepts a fact chunk that counts frames or every sample', async () => {
    const spec: WavSpec = { tag: 7, bits: 8, channels: 2, data: g711 }
    expect(await probe(wav({ ...spec, fact: 4000 }))).toMatchObject({ codec: 'pcmu', durationMs: 500 })
    expect(await probe(wav({ ...spec, fact: 8000 }))).toMatchObject({ durationMs: 500 })
  })

  it('measures ADPCM by its blocks', async () => {
    const withFfmpeg = { ...tools, ffmpeg: { path: 'ffmpeg', version: 'x' } }
    const bytes = wav({ tag: 0x11, bits: 4, channels: 2, data: Buffer.alloc(1024) })
    expect(await probeAudio(memoryReader(bytes), withFfmpeg)).toMatchObject({ codec: 'adpcm' })
    expect(await codeOf(probe(bytes))).toBe('audio_needs_ffmpeg')
  })
})

describe('WAV refused', () => {
  const cases: [string, Buffer, string][] = [
    ['samples missing', wav({ data: second, dataSize: 32_000 }), 'audio_truncated'],
    ['a header without samples', wav({ data: second }).subarray(0, 40), 'audio_truncated'],
    ['four gigabytes claimed in a kilobyte', wav({ data: Buffer.alloc(1000), dataSize: 0xf000_0000 }), 'audio_bomb'],
    ['samples beyond the declared size', wav({ data: second, dataSize: 1000 }), 'audio_length_lie'],
    ['a fact chunk that lies', wav({ tag: 7, bits: 8, data: g711, fact: 100 }), 'audio_length_lie'],
    ['no samples at all', wav({ data: Buffer.alloc(0) }), 'audio_empty'],
    ['nine channels', wav({ channels: 9, data: Buffer.alloc(18_000) }), 'audio_bomb'],
    ['six channels', wav({ channels: 6, data: Buffer.alloc(12_000) }), 'audio_channels_unsupported'],
    ['a rate of 400 kHz', wav({ rate: 400_000, data: second }), 'audio_bomb'],
    ['a rate of 1 kHz', wav({ rate: 1000, data: second }), 'audio_bomb'],
    ['no channels', wav({ channels: 0, data: second }), 'audio_damaged'],
    ['an unknown codec', wav({ tag: 0x1234, data: second }), 'audio_codec_unsupported'],
    ['12 bits in 1.5 bytes', wav({ bits: 12, data: second }), 'audio_damaged'],
    ['nothing', Buffer.alloc(0), 'audio_empty'],
  ]
  it.each(cases)('%s', async (_, bytes, code) => {
    expect(await codeOf(probe(bytes))).toBe(code)
  })

  it('recordings longer than the configured limit', async () => {
    const limits = { ...defaultAudioLimits, maxMs: 500 }
    expect(await codeOf(probeAudio(memoryReader(wav({ data: second })), { limits, ffmpeg: null }))).toBe(
      'audio_too_long',
    )
  })
})

describe('WAV samples', () => {
  it.each([
    ['PCMU', 7],
    ['PCMA', 6],
  ])('hands over %s at 8 kHz bit for bit, channel by channel', async (codec, tag) => {
    const { probe: p, lanes } = await decodeAll(wav({ tag, bits: 8, channels: 2, data: g711 }), tools)
    expect(p.lane).toEqual({ codec, rate: 8000 })
    expect(lanes[0]).toEqual(g711.filter((_, i) => i % 2 === 0))
    expect(lanes[1]).toEqual(g711.filter((_, i) => i % 2 === 1))
  })

  it('hands over 16-bit samples at a lane rate bit for bit', async () => {
    for (const rate of [8000, 16_000]) {
      const data = tone(20, rate)
      const { lanes } = await decodeAll(wav({ rate, data }), tools)
      expect(lanes[0]!.equals(data)).toBe(true)
    }
  })

  it.each([
    [1, 8],
    [1, 24],
    [1, 32],
    [3, 32],
    [3, 64],
    [6, 8],
    [7, 8],
  ])('converts format %d with %d bits', async (tag, bits) => {
    const rate = tag === 6 || tag === 7 ? 16_000 : 8000
    const source = tone(1, rate)
    const data = Buffer.alloc((source.length / 2) * (bits / 8))
    for (let i = 0; i < source.length / 2; i++)
      writeSample(data, i * (bits / 8), source.readInt16LE(i * 2), { tag, bits })
    const { lanes } = await decodeAll(wav({ tag, bits, rate, data }), tools)
    expect(lanes[0]!.length).toBe(source.length)
    const tolerance = bits === 8 ? 700 : 1
    for (let i = 0; i < lanes[0]!.length; i += 2)
      expect(Math.abs(lanes[0]!.readInt16LE(i) - source.readInt16LE(i))).toBeLessThanOrEqual(tolerance)
  })

  it('brings every rate to 8 or 16 kHz with its length, pitch and level', async () => {
    for (const [rate, to] of [
      [6000, 8000],
      [11_025, 8000],
      [22_050, 16_000],
      [44_100, 16_000],
      [48_000, 16_000],
      [96_000, 16_000],
    ] as const) {
      const { probe: p, lanes } = await decodeAll(wav({ rate, channels: 2, data: tone(2, rate, [440, 1000]) }), tools)
      expect(p.lane.rate).toBe(to)
      for (const [lane, hz] of [
        [0, 440],
        [1, 1000],
      ] as const) {
        expect(lanes[lane]!.length).toBe(2 * to * 2)
        expect(Math.abs(pitch(lanes[lane]!, to) - hz)).toBeLessThan(2)
        expect(Math.abs(level(lanes[lane]!) - 16_000 / Math.SQRT2)).toBeLessThan(60)
      }
    }
  })
})

describe('WAV lanes', () => {
  it('splits any stereo G.711 into lanes that interleave back to it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 5000 }), async (half) => {
        const stereo = Buffer.alloc(half.length * 2)
        for (let i = 0; i < half.length; i++) stereo.set([half[i]!, half[i]! ^ 0x2a], i * 2)
        const { lanes } = await decodeAll(wav({ tag: 7, bits: 8, channels: 2, data: stereo }), tools)
        expect(lanes[0]!.equals(half)).toBe(true)
        expect(lanes[1]!.every((b, i) => b === (half[i]! ^ 0x2a))).toBe(true)
      }),
      { numRuns: 30 },
    )
  })

  it('reads a file beyond 4 GiB by RF64', async () => {
    const head = wav({ rate: 192_000, channels: 2, bits: 32, data: Buffer.alloc(0), form: 'RF64', dataSize: 6e9 })
    const size = head.length + 6e9
    const reader = virtualReader(size, (from, to) => {
      const out = Buffer.alloc(to - from)
      if (from < head.length) head.copy(out, 0, from, Math.min(to, head.length))
      return out
    })
    expect(await probeAudio(reader, tools)).toMatchObject({ durationMs: (6e9 / 8 / 192_000) * 1000 })
  })
})

function writeSample(out: Buffer, at: number, value: number, { tag, bits }: { tag: number; bits: number }): void {
  if (tag === 3 && bits === 32) out.writeFloatLE(value / 32_768, at)
  else if (tag === 3) out.writeDoubleLE(value / 32_768, at)
  else if (tag === 7) out[at] = muLaw(value)
  else if (tag === 6) out[at] = aLaw(value)
  else if (bits === 8) out[at] = Math.round(value / 256) + 128
  else if (bits === 24) out.writeIntLE(value * 256, at, 3)
  else out.writeInt32LE(value * 65_536, at)
}

/** G.711 encoders written the slow way, as a check on the decoder. */
function muLaw(value: number): number {
  const magnitude = Math.min(Math.abs(value), 32_635) + 132
  const exponent = Math.floor(Math.log2(magnitude)) - 7
  return ~((value < 0 ? 128 : 0) | (exponent << 4) | ((magnitude >> (exponent + 3)) & 15)) & 255
}

function aLaw(value: number): number {
  const magnitude = Math.min(Math.abs(value), 32_767)
  const exponent = magnitude < 256 ? 0 : Math.floor(Math.log2(magnitude)) - 7
  const mantissa = exponent === 0 ? (magnitude >> 4) & 15 : (magnitude >> (exponent + 3)) & 15
  return ((value < 0 ? 0 : 128) | (exponent << 4) | mantissa) ^ 0x55
}

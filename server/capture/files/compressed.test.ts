import { beforeAll, describe, expect, it } from 'vitest'
import { codeOf, decodeAll, encode, level, memoryReader, pitch, tone, wav } from './testkit/fixtures.ts'
import { oggCrc } from './ogg.ts'
import { probeAudio } from './probe.ts'
import { defaultAudioLimits } from './types.ts'

const tools = { limits: defaultAudioLimits, ffmpeg: null }
const probe = (bytes: Buffer) => probeAudio(memoryReader(bytes), tools)
const code = (bytes: Buffer) => codeOf(decodeAll(bytes, tools))

const stereo = wav({ channels: 2, rate: 48_000, data: tone(6, 48_000, [440, 1000]) })
const mono8 = wav({ rate: 8000, data: tone(6, 8000) })
const files: Record<string, Buffer> = {}

beforeAll(() => {
  files['mp3 cbr'] = encode(stereo, ['-b:a', '64k', '-f', 'mp3'])
  files['mp3 vbr'] = encode(stereo, ['-q:a', '4', '-f', 'mp3'])
  files['mp3 bare'] = encode(stereo, ['-b:a', '64k', '-write_xing', '0', '-id3v2_version', '0', '-f', 'mp3'])
  files['mp3 mono'] = encode(mono8, ['-b:a', '16k', '-f', 'mp3'])
  files['opus'] = encode(stereo, ['-c:a', 'libopus', '-f', 'ogg'])
  files['opus mono'] = encode(mono8, ['-c:a', 'libopus', '-f', 'ogg'])
  files['vorbis'] = encode(stereo, ['-c:a', 'libvorbis', '-f', 'ogg'])
  files['vorbis mono'] = encode(mono8, ['-c:a', 'libvorbis', '-f', 'ogg'])
  files['flac'] = encode(stereo, ['-f', 'flac'])
  files['flac 24'] = encode(stereo, ['-sample_fmt', 's32', '-f', 'flac'])
  files['flac mono'] = encode(mono8, ['-f', 'flac'])
  files['ogg flac'] = encode(stereo, ['-c:a', 'flac', '-f', 'ogg'])
})

/** Rewrites a page's checksum after a test changed it. */
function reseal(file: Buffer, at: number): void {
  let end = at + 27 + file[at + 26]!
  for (let i = 0; i < file[at + 26]!; i++) end += file[at + 27 + i]!
  file.writeUInt32LE(oggCrc(file.subarray(at, end)), at + 22)
}

describe('compressed files', () => {
  it.each([
    ['mp3 cbr', 'mp3', 16_000, 0.1],
    ['mp3 vbr', 'mp3', 16_000, 0.1],
    ['mp3 bare', 'mp3', 16_000, 0.1],
    ['opus', 'opus', 16_000, 0],
    ['vorbis', 'vorbis', 16_000, 0],
    ['flac', 'flac', 16_000, 0],
    ['flac 24', 'flac', 16_000, 0],
    ['ogg flac', 'flac', 16_000, 0],
  ])('%s: both lanes, right length, pitch and level', async (name, codec, rate, slack) => {
    const { probe: p, lanes } = await decodeAll(files[name]!, tools)
    expect(p).toMatchObject({ codec, channels: 2, lanes: 2, lane: { codec: 'L16', rate }, warnings: [] })
    expect(Math.abs(p.durationMs - 6000)).toBeLessThanOrEqual(slack * 1000)
    for (const [lane, hz] of [
      [0, 440],
      [1, 1000],
    ] as const) {
      const seconds = lanes[lane]!.length / 2 / rate
      expect(Math.abs(seconds - 6)).toBeLessThanOrEqual(slack)
      expect(Math.abs(pitch(lanes[lane]!, rate) - hz)).toBeLessThan(10)
      expect(Math.abs(level(lanes[lane]!) - 16_000 / Math.SQRT2)).toBeLessThan(700)
    }
  })

  it.each(['mp3 mono', 'opus mono', 'vorbis mono', 'flac mono'])('%s at 8 kHz: one lane at 8 kHz', async (name) => {
    const { probe: p, lanes } = await decodeAll(files[name]!, tools)
    expect(p).toMatchObject({ channels: 1, sampleRate: 8000, lanes: 1, lane: { codec: 'L16', rate: 8000 } })
    expect(Math.abs(lanes[0]!.length / 16_000 - 6)).toBeLessThan(0.2)
    expect(Math.abs(pitch(lanes[0]!, 8000) - 440)).toBeLessThan(10)
  })

  it.each([0.02, 0.5, 3.217])('Opus of %d s has its exact length', async (seconds) => {
    for (const [rate, to] of [
      [48_000, 16_000],
      [8000, 8000],
    ] as const) {
      const frames = Math.round(seconds * rate)
      const { lanes } = await decodeAll(
        encode(wav({ rate, data: tone(seconds, rate) }), ['-c:a', 'libopus', '-f', 'ogg']),
        tools,
      )
      expect(Math.abs(lanes[0]!.length / 2 - (frames * to) / rate)).toBeLessThanOrEqual(1)
    }
  })

  it('FLAC at a lane rate is bit-exact', async () => {
    const { lanes } = await decodeAll(files['flac mono']!, tools)
    expect(lanes[0]!.equals(tone(6, 8000))).toBe(true)
  })

  it('tells the declared length from the header', async () => {
    expect((await probe(files['mp3 vbr']!)).declaredMs).not.toBeNull()
    expect((await probe(files['mp3 bare']!)).declaredMs).toBeNull()
    expect((await probe(files['flac']!)).declaredMs).toBe(6000)
    expect((await probe(files['opus']!)).declaredMs).toBe(6000)
  })

  it('skips ID3 tags, junk before and tags behind an MP3', async () => {
    const id3 = Buffer.from('ID3\x04\0\0\0\0\x01\0' + '\0'.repeat(128), 'latin1')
    const tag = Buffer.concat([Buffer.from('TAG'), Buffer.alloc(125)])
    const whole = await probe(files['mp3 bare']!)
    expect(await probe(Buffer.concat([id3, files['mp3 bare']!, tag]))).toMatchObject({
      durationMs: whole.durationMs,
      warnings: [],
    })
    expect(await probe(Buffer.concat([Buffer.alloc(700), files['mp3 bare']!]))).toMatchObject({
      durationMs: whole.durationMs,
    })
    const middle = files['mp3 bare']!.subarray(0, 192 * 20)
    expect(
      await probe(Buffer.concat([middle, Buffer.alloc(333), files['mp3 bare']!.subarray(192 * 20)])),
    ).toMatchObject({
      warnings: ['junk_bytes'],
    })
  })

  it('reports progress up to the length', async () => {
    const { decodeLanes } = await import('./decode.ts')
    const p = await probe(files['flac']!)
    const seen: number[] = []
    for await (const _ of decodeLanes(memoryReader(files['flac']!), p, tools, (at) => seen.push(at.doneMs)));
    expect(seen.at(-1)).toBe(6000)
    expect(seen).toEqual(seen.toSorted((a, b) => a - b))
  })
})

describe('compressed files refused', () => {
  it.each(['mp3 cbr', 'mp3 vbr', 'opus', 'vorbis', 'flac', 'ogg flac'])(
    '%s cut anywhere is truncated',
    async (name) => {
      const bytes = files[name]!
      for (const share of [0.5, 0.9, 0.999])
        expect(await code(bytes.subarray(0, Math.floor(bytes.length * share)))).toBe('audio_truncated')
      expect(await code(bytes.subarray(0, bytes.length - 1))).toBe('audio_truncated')
    },
  )

  it('an MP3 without a header cut inside a frame', async () => {
    expect(await code(files['mp3 bare']!.subarray(0, -50))).toBe('audio_truncated')
  })

  it.each(['opus', 'vorbis', 'flac', 'ogg flac'])('%s with a byte changed in the middle is damaged', async (name) => {
    const bytes = Buffer.from(files[name]!)
    bytes[Math.floor(bytes.length / 2)]! ^= 0x10
    expect(await code(bytes)).toBe('audio_damaged')
  })

  it('Ogg without its end-of-stream page', async () => {
    const bytes = files['opus']!
    expect(await code(bytes.subarray(0, bytes.lastIndexOf('OggS')))).toBe('audio_truncated')
  })

  it('Ogg whose last page has a broken checksum', async () => {
    const bytes = Buffer.from(files['opus']!)
    bytes[bytes.length - 1]! ^= 1
    expect(await code(bytes)).toBe('audio_truncated')
  })

  it.each(['opus', 'vorbis'])('%s with a huge position', async (name) => {
    const bytes = Buffer.from(files[name]!)
    const at = bytes.lastIndexOf('OggS')
    bytes.writeBigUInt64LE(48_000n * 3600n * 1000n, at + 6)
    reseal(bytes, at)
    expect(await code(bytes)).toBe('audio_length_lie')
  })

  it('two Ogg streams in a row', async () => {
    expect(await code(Buffer.concat([files['opus']!, files['opus']!]))).toBe('audio_codec_unsupported')
  })

  it('an MP3 joined from two, whose header knows the first', async () => {
    expect(await code(Buffer.concat([files['mp3 vbr']!, files['mp3 vbr']!]))).toBe('audio_length_lie')
  })

  it('an MP3 that changes its rate half-way', async () => {
    expect(await code(Buffer.concat([files['mp3 bare']!, files['mp3 mono']!]))).toMatch(
      /audio_codec_unsupported|audio_damaged/,
    )
  })
})

describe('compressed files that lie or explode', () => {
  it('FLAC whose header declares fewer samples than it holds', async () => {
    const bytes = Buffer.from(files['flac']!)
    bytes.writeUInt32BE(48_000, 22)
    expect(await code(bytes)).toBe('audio_length_lie')
  })

  it('FLAC declaring a hundred hours, before any decoding', async () => {
    const bytes = Buffer.from(files['flac mono']!)
    bytes.writeUInt32BE(8000 * 3600 * 100, 22)
    expect(await codeOf(probe(bytes))).toBe('audio_bomb')
  })

  it('FLAC of digital silence for a hundred hours, declared or not', async () => {
    const hundred = silentFlac(100, 65_535)
    expect(hundred.length).toBeLessThan(1_000_000)
    expect(await codeOf(probe(hundred))).toBe('audio_bomb')
    hundred.writeUInt32BE(0, 22)
    expect(await codeOf(probe(hundred))).toBe('audio_bomb')
  })

  it('FLAC that explodes two thousand times', async () => {
    expect(await codeOf(probe(silentFlac(8, 65_535)))).toBe('audio_bomb')
  })

  it('a packet stream of nothing but silence for longer than the limit', async () => {
    const limits = { ...defaultAudioLimits, maxMs: 3000 }
    expect(await codeOf(probeAudio(memoryReader(files['opus']!), { limits, ffmpeg: null }))).toBe('audio_too_long')
  })
})

/** FLAC frames with a constant subframe each: a few bytes for 65,535 samples at 8 kHz. */
function silentFlac(hours: number, blockSize: number): Buffer {
  const count = Math.ceil((hours * 3600 * 8000) / blockSize)
  const info = Buffer.alloc(42)
  info.write('fLaC', 'latin1')
  info.writeUIntBE(34, 5, 3)
  info[4] = 0x80
  info.writeUInt16BE(blockSize, 8)
  info.writeUInt16BE(blockSize, 10)
  info.writeUIntBE((8000 << 4) | (0 << 1), 18, 3)
  info[20] = ((8000 & 15) << 4) | 0
  info[21] = 15 << 4
  info.writeUInt32BE(count * blockSize, 22)
  const frames = Array.from({ length: count }, (_, n) => silentFrame(n, blockSize))
  return Buffer.concat([info, ...frames])
}

function silentFrame(n: number, blockSize: number): Buffer {
  const number = Buffer.from(String.fromCodePoint(n), 'utf8')
  const head = Buffer.concat([
    Buffer.from([0xff, 0xf8, 0x74, 0x08]),
    number,
    Buffer.from([(blockSize - 1) >> 8, (blockSize - 1) & 255]),
  ])
  const frame = Buffer.concat([head, Buffer.from([crc(head, 8, 0x07)]), Buffer.from([0, 0, 0])])
  const footer = Buffer.alloc(2)
  footer.writeUInt16BE(crc(frame, 16, 0x8005))
  return Buffer.concat([frame, footer])
}

/** A plain bitwise CRC, as a check on the tables. */
function crc(bytes: Buffer, width: 8 | 16, polynomial: number): number {
  const mask = 2 ** width - 1
  let value = 0
  for (const byte of bytes) {
    value ^= byte << (width - 8)
    for (let bit = 0; bit < 8; bit++)
      value = value & (1 << (width - 1)) ? ((value << 1) ^ polynomial) & mask : (value << 1) & mask
  }
  return value
}

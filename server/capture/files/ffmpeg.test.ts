import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { decodeLanes } from './decode.ts'
import { openAudioTools } from './index.ts'
import { serveLoopback } from './loopback.ts'
import { probeAudio } from './probe.ts'
import { chunk, codeOf, decodeAll, encode, memoryReader, pitch, tone, wav } from './testkit/fixtures.ts'
import type { AudioTools } from './types.ts'

const stereo = wav({ channels: 2, rate: 44_100, data: tone(5, 44_100, [440, 1000]) })
const folder = mkdtempSync(join(tmpdir(), 'verbale-ffmpeg-'))
let tools: AudioTools
let m4a: Buffer

beforeAll(async () => {
  m4a = encode(stereo, ['-c:a', 'aac', '-b:a', '128k', '-f', 'mp4'])
  tools = await openAudioTools()
})
afterAll(() => rmSync(folder, { recursive: true }))

/** A program standing in for ffmpeg. */
function stub(name: string, script: string): AudioTools {
  const path = join(folder, name)
  writeFileSync(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  return { limits: { ...tools.limits, stallMs: 300 }, ffmpeg: { path, version: 'stub' } }
}

describe('files for ffmpeg', () => {
  it('M4A with its index at the end: ranges are read, both lanes come out', async () => {
    const { probe, lanes } = await decodeAll(m4a, tools)
    expect(probe).toMatchObject({ container: 'mp4', codec: 'aac', channels: 2, sampleRate: 44_100, lanes: 2 })
    expect(Math.abs(probe.durationMs - 5000)).toBeLessThan(100)
    for (const [lane, hz] of [
      [0, 440],
      [1, 1000],
    ] as const) {
      expect(Math.abs(lanes[lane]!.length / 32_000 - 5)).toBeLessThan(0.1)
      expect(Math.abs(pitch(lanes[lane]!, 16_000) - hz)).toBeLessThan(5)
    }
  })

  it('M4A with its index first, fragmented, ALAC, ADTS', async () => {
    const encodings: [string[], string][] = [
      [['-c:a', 'aac', '-movflags', 'faststart', '-f', 'mp4'], 'aac'],
      [['-c:a', 'aac', '-movflags', 'frag_keyframe+empty_moov', '-f', 'mp4'], 'aac'],
      [['-c:a', 'alac', '-f', 'ipod'], 'alac'],
      [['-c:a', 'aac', '-ac', '1', '-f', 'adts'], 'aac'],
    ]
    for (const [args, codec] of encodings) {
      const { probe, lanes } = await decodeAll(encode(stereo, args), tools)
      expect(probe.codec).toBe(codec)
      expect(Math.abs(lanes[0]!.length / 32_000 - 5)).toBeLessThan(0.1)
    }
  })

  it('AMR, wide and narrow, and raw G.729', async () => {
    const noise = (n: number): Buffer => Buffer.from(Array.from({ length: n }, (_, i) => (i * i * 31 + i * 7) & 255))
    const nb = Buffer.concat([
      Buffer.from('#!AMR\n'),
      ...Array.from({ length: 100 }, () => Buffer.concat([Buffer.from([0x3c]), noise(31)])),
    ])
    const wb = Buffer.concat([
      Buffer.from('#!AMR-WB\n'),
      ...Array.from({ length: 100 }, () => Buffer.concat([Buffer.from([0x44]), noise(60)])),
    ])
    for (const [bytes, codec, rate] of [
      [nb, 'amr-nb', 8000],
      [wb, 'amr-wb', 16_000],
    ] as const) {
      const { probe, lanes } = await decodeAll(bytes, tools)
      expect(probe).toMatchObject({ codec, durationMs: 2000, lane: { codec: 'L16', rate } })
      expect(lanes[0]!.length).toBe(2 * rate * 2)
      expect(await codeOf(decodeAll(bytes.subarray(0, -3), tools))).toBe('audio_truncated')
    }
    const reader = memoryReader(noise(1000))
    const probe = await probeAudio(reader, tools, 'audio/G729')
    let bytes = 0
    for await (const block of decodeLanes(reader, probe, tools)) bytes += block.samples.length
    expect(bytes).toBe(16_000)
  })

  it('ADPCM and GSM in WAV', async () => {
    const { probe, lanes } = await decodeAll(encode(stereo, ['-c:a', 'adpcm_ima_wav', '-f', 'wav']), tools)
    expect(probe).toMatchObject({ container: 'wav', codec: 'adpcm', lanes: 2 })
    expect(Math.abs(pitch(lanes[1]!, 16_000) - 1000)).toBeLessThan(10)
  })

  it('names the command to install it when it is missing', async () => {
    const without = await openAudioTools({ ffmpegPath: '/nowhere/ffmpeg' })
    expect(without.ffmpeg).toBeNull()
    await expect(probeAudio(memoryReader(m4a), without)).rejects.toMatchObject({
      code: 'audio_needs_ffmpeg',
      message: expect.stringContaining('apt-get install -y ffmpeg'),
    })
  })
})

describe('files for ffmpeg, refused', () => {
  it('M4A cut before its index, or inside it', async () => {
    for (const share of [0.3, 0.9, 0.999])
      expect(await codeOf(decodeAll(m4a.subarray(0, Math.floor(m4a.length * share)), tools))).toBe('audio_truncated')
  })

  it('M4A whose index lists more sound than the file holds', async () => {
    const index = m4a.indexOf('moov') - 4
    const cut = Buffer.concat([m4a.subarray(0, 40), m4a.subarray(index)])
    expect(await codeOf(decodeAll(cut, tools))).toMatch(/audio_(truncated|damaged)/)
  })

  it('M4A whose header declares another length', async () => {
    const bytes = Buffer.from(m4a)
    const mdhd = bytes.indexOf('mdhd') + 4
    bytes.writeUInt32BE(44_100 * 500, mdhd + 16)
    expect(await codeOf(decodeAll(bytes, tools))).toBe('audio_length_lie')
  })

  it('MP4 that holds no sound', async () => {
    const bytes = Buffer.from(m4a)
    bytes.write('vide', bytes.indexOf('soun'))
    expect(await codeOf(decodeAll(bytes, tools))).toBe('audio_codec_unsupported')
    expect(await codeOf(decodeAll(Buffer.concat([m4a, chunk('????', Buffer.alloc(3))]), tools))).toBe('audio_truncated')
  })
})

describe('the ffmpeg process', () => {
  it('is killed when it says nothing', async () => {
    expect(await codeOf(decodeAll(m4a, stub('silent', 'exec sleep 600')))).toBe('audio_decode_stalled')
  })

  it('is killed when it says too much', async () => {
    expect(await codeOf(decodeAll(m4a, stub('endless', 'exec cat /dev/zero')))).toBe('audio_length_lie')
  })

  it('that fails or falls short is a problem, not a crash', async () => {
    expect(await codeOf(decodeAll(m4a, stub('failing', 'exit 3')))).toBe('audio_damaged')
    expect(await codeOf(decodeAll(m4a, stub('short', 'head -c 64000 /dev/zero')))).toBe('audio_truncated')
    const missing = { ...tools, ffmpeg: { path: '/nowhere/ffmpeg', version: 'gone' } }
    expect(await codeOf(decodeAll(m4a, missing))).toBe('audio_damaged')
  })

  it('cannot write a file', async () => {
    const file = join(folder, 'leak')
    await codeOf(decodeAll(m4a, stub('writer', `cat /dev/zero | head -c 100000 > ${file}`)))
    expect(existsSync(file) ? readFileSync(file).length : 0).toBe(0)
  })

  it('learns its secret from the environment, not from its command line', async () => {
    const file = join(folder, 'seen')
    writeFileSync(file, '')
    const seen = stub(
      'seen.sh',
      `[ -n "$http_proxy" ] && case "$*" in *127.0.0.1*) exit 1;; *) exec cat /dev/zero;; esac`,
    )
    expect(await codeOf(decodeAll(m4a, seen))).toBe('audio_length_lie')
  })

  it('ends with the consumer', async () => {
    const probe = await probeAudio(memoryReader(m4a), tools)
    for await (const block of decodeLanes(memoryReader(m4a), probe, tools)) {
      expect(block.lane).toBe(0)
      break
    }
  })
})

describe('the loopback server', () => {
  const get = (proxy: string, headers: Record<string, string>): Promise<{ status: number; body: Buffer }> =>
    new Promise((resolve, reject) => {
      const { port } = new URL(proxy)
      request({ host: '127.0.0.1', port, path: 'http://audio.invalid/', headers }, (response) => {
        const parts: Buffer[] = []
        response.on('data', (part: Buffer) => parts.push(part))
        response.on('end', () => resolve({ status: response.statusCode!, body: Buffer.concat(parts) }))
      })
        .on('error', reject)
        .end()
    })

  it('serves ranges to its one client and nobody else', async () => {
    const bytes = Buffer.from(Array.from({ length: 700_000 }, (_, i) => i & 255))
    const server = await serveLoopback(memoryReader(bytes))
    const { username, password } = new URL(server.proxy)
    const auth = { 'proxy-authorization': `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` }
    expect((await get(server.proxy, {})).status).toBe(407)
    expect((await get(server.proxy, { 'proxy-authorization': 'Basic x' })).status).toBe(407)
    expect((await get(server.proxy, auth)).body.equals(bytes)).toBe(true)
    const rest = await get(server.proxy, { ...auth, range: 'bytes=300000-' })
    expect(rest.status).toBe(206)
    expect(rest.body.equals(bytes.subarray(300_000))).toBe(true)
    expect(await get(server.proxy, { ...auth, range: 'bytes=5-9' })).toEqual({
      status: 206,
      body: bytes.subarray(5, 10),
    })
    expect((await get(server.proxy, { ...auth, range: 'bytes=700000-' })).status).toBe(416)
    await server.close()
  })
})

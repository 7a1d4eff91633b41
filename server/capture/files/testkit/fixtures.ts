import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { StreamReader } from '../../../vault/types.ts'
import { isProblem } from '../../../platform/problem.ts'
import { decodeLanes } from '../decode.ts'
import { probeAudio } from '../probe.ts'
import { ffmpegInstall } from '../problems.ts'
import type { AudioProbe, AudioTools } from '../types.ts'

/** A reader over bytes in memory. */
export const memoryReader = (bytes: Buffer): StreamReader => ({
  size: bytes.length,
  read: (from, to) => Promise.resolve(bytes.subarray(from, to)),
})

/** A reader over bytes that are made as they are read: files of gigabytes that exist nowhere. */
export const virtualReader = (size: number, fill: (from: number, to: number) => Buffer): StreamReader => ({
  size,
  read: (from, to) => Promise.resolve(fill(from, Math.min(to, size))),
})

export type WavSpec = {
  tag?: number
  channels?: number
  rate?: number
  bits?: number
  data: Buffer
  /** What the headers say instead of the truth. */
  dataSize?: number
  riffSize?: number
  fact?: number
  extensible?: boolean
  /** Chunks before and after `data`, whole, with headers. */
  before?: Buffer
  after?: Buffer
  form?: 'RIFF' | 'RF64'
}

export function chunk(id: string, body: Buffer): Buffer {
  const head = Buffer.alloc(8)
  head.write(id, 'latin1')
  head.writeUInt32LE(body.length, 4)
  return Buffer.concat([head, body, Buffer.alloc(body.length & 1)])
}

/** Writes a WAV file with whatever truth or lies the test needs. */
export function wav(spec: WavSpec): Buffer {
  const { tag = 1, channels = 1, rate = 8000, bits = 16, data } = spec
  const align = (channels * bits) / 8
  const fmt = Buffer.alloc(spec.extensible ? 40 : 16)
  fmt.writeUInt16LE(spec.extensible ? 0xfffe : tag, 0)
  fmt.writeUInt16LE(channels, 2)
  fmt.writeUInt32LE(rate, 4)
  fmt.writeUInt32LE((rate * align) >>> 0, 8)
  fmt.writeUInt16LE(align, 12)
  fmt.writeUInt16LE(bits, 14)
  if (spec.extensible) {
    fmt.writeUInt16LE(22, 16)
    fmt.writeUInt16LE(bits, 18)
    fmt.writeUInt16LE(tag, 24)
    fmt.write('000000001000800000aa00389b71', 26, 'hex')
  }
  const parts: Buffer[] = []
  if (spec.form === 'RF64') {
    const ds64 = Buffer.alloc(28)
    ds64.writeBigUInt64LE(BigInt(spec.dataSize ?? data.length), 8)
    parts.push(chunk('ds64', ds64))
  }
  parts.push(chunk('fmt ', fmt))
  if (spec.fact !== undefined) {
    const fact = Buffer.alloc(4)
    fact.writeUInt32LE(spec.fact)
    parts.push(chunk('fact', fact))
  }
  if (spec.before) parts.push(spec.before)
  const dataChunk = chunk('data', data)
  dataChunk.writeUInt32LE(spec.form === 'RF64' ? 0xffff_ffff : (spec.dataSize ?? data.length), 4)
  parts.push(dataChunk)
  if (spec.after) parts.push(spec.after)
  const body = Buffer.concat(parts)
  const head = Buffer.alloc(12)
  head.write(spec.form ?? 'RIFF', 'latin1')
  head.writeUInt32LE(spec.form === 'RF64' ? 0xffff_ffff : (spec.riffSize ?? body.length + 4), 4)
  head.write('WAVE', 8, 'latin1')
  return Buffer.concat([head, body])
}

/** 16-bit samples of a sine, the same in every channel unless `hz` names one per channel. */
export function tone(seconds: number, rate: number, hz: number[] = [440]): Buffer {
  const frames = Math.round(seconds * rate)
  const out = Buffer.alloc(frames * hz.length * 2)
  for (let i = 0; i < frames; i++)
    for (const [c, f] of hz.entries())
      out.writeInt16LE(Math.round(Math.sin((2 * Math.PI * f * i) / rate) * 16_000), (i * hz.length + c) * 2)
  return out
}

/**
 * Runs ffmpeg over a WAV from memory. Tests that need it fail, not skip, when it is missing. `args` describe the output,
 * ending in its format: `['-c:a', 'libopus', '-f', 'ogg']`. The output goes through a file, so that headers are complete.
 */
export function encode(input: Buffer, args: string[]): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'verbale-fixture-'))
  const file = join(folder, 'audio')
  try {
    execFileSync('ffmpeg', ['-v', 'error', '-i', 'pipe:0', ...args, file], { input, stdio: ['pipe', 'ignore', 'pipe'] })
    return readFileSync(file)
  } catch (e) {
    if (e instanceof Error && 'code' in e && e.code === 'ENOENT')
      throw new Error(`this test needs ffmpeg: run "${ffmpegInstall}"`, { cause: e })
    throw e
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** The code of the Problem a promise rejects with; `accepted` when it does not reject. Anything else is rethrown. */
export async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work
    return 'accepted'
  } catch (e) {
    if (isProblem(e)) return e.code
    throw e
  }
}

/** Probes and decodes a file in memory to whole lanes. */
export async function decodeAll(bytes: Buffer, tools: AudioTools): Promise<{ probe: AudioProbe; lanes: Buffer[] }> {
  const probe = await probeAudio(memoryReader(bytes), tools)
  const lanes: Buffer[][] = Array.from({ length: probe.lanes }, () => [])
  for await (const block of decodeLanes(memoryReader(bytes), probe, tools)) lanes[block.lane]!.push(block.samples)
  return { probe, lanes: lanes.map((blocks) => Buffer.concat(blocks)) }
}

/** Estimates a tone's frequency in L16 samples by its zero crossings, Hz. */
export function pitch(samples: Buffer, rate: number): number {
  let crossings = 0
  for (let i = 2; i + 1 < samples.length; i += 2)
    if (samples.readInt16LE(i - 2) < 0 && samples.readInt16LE(i) >= 0) crossings++
  return crossings / (samples.length / 2 / rate)
}

/** Root mean square of L16 samples, 0 to 32768. */
export function level(samples: Buffer): number {
  let sum = 0
  for (let i = 0; i + 1 < samples.length; i += 2) sum += samples.readInt16LE(i) ** 2
  return Math.sqrt(sum / Math.max(1, samples.length / 2))
}

import type { StreamReader } from '../../vault/types.ts'
import { ascii, byteWindow, type ByteWindow, type Unit } from './bytes.ts'
import { damaged, empty, lengthLie, truncated } from './problems.ts'
import { id3Length } from './sniff.ts'
import type { AudioWarning } from './types.ts'
import type { Parsed } from './wav.ts'

/** STREAMINFO (RFC 9639 §8.2). `totalSamples` is per channel; 0 when the encoder did not know it. */
export type FlacInfo = { sampleRate: number; channels: number; bits: number; totalSamples: number; maxFrame: number }

/** Parses `STREAMINFO` with its four-byte block header. */
export function flacStreamInfo(block: Buffer): FlacInfo {
  if (block.length < 38 || (block[0]! & 127) !== 0) throw damaged('the FLAC header is incomplete')
  const b = block.subarray(4)
  const sampleRate = (b[10]! << 12) | (b[11]! << 4) | (b[12]! >> 4)
  if (sampleRate === 0) throw damaged('the FLAC header declares no sample rate')
  return {
    sampleRate,
    channels: ((b[12]! >> 1) & 7) + 1,
    bits: (((b[12]! & 1) << 4) | (b[13]! >> 4)) + 1,
    totalSamples: (b[13]! & 15) * 2 ** 32 + b.readUInt32BE(14),
    maxFrame: (b[7]! << 16) | (b[8]! << 8) | b[9]!,
  }
}

const crc8Table = new Uint8Array(256)
const crc16Table = new Uint16Array(256)
for (let n = 0; n < 256; n++) {
  let c8 = n
  let c16 = n << 8
  for (let bit = 0; bit < 8; bit++) {
    c8 = c8 & 0x80 ? (c8 << 1) ^ 0x07 : c8 << 1
    c16 = c16 & 0x8000 ? (c16 << 1) ^ 0x8005 : c16 << 1
  }
  crc8Table[n] = c8
  crc16Table[n] = c16
}

/** Reads a frame header (RFC 9639 §9.1) at `at`, its CRC-8 checked; null when there is none or it is cut. */
export function flacFrameHeader(b: Buffer, at: number): { samples: number; channels: number } | null {
  if (at + 6 > b.length || b[at] !== 0xff || (b[at + 1]! & 0xfe) !== 0xf8) return null
  const blockCode = b[at + 2]! >> 4
  const rateCode = b[at + 2]! & 15
  const assignment = b[at + 3]! >> 4
  if (blockCode === 0 || rateCode === 15 || assignment > 10 || b[at + 3]! & 1 || ((b[at + 3]! >> 1) & 7) === 3)
    return null
  let p = at + 4
  const lead = b[p]!
  if (lead === 0xff || (lead & 0xc0) === 0x80) return null
  p += lead < 0x80 ? 1 : Math.clz32(~lead << 24)
  let samples = blockCode === 1 ? 192 : blockCode < 6 ? 576 << (blockCode - 2) : 256 << (blockCode - 8)
  if (blockCode === 6) samples = b[p++]! + 1
  if (blockCode === 7) {
    samples = ((b[p]! << 8) | b[p + 1]!) + 1
    p += 2
  }
  p += rateCode === 12 ? 1 : rateCode > 12 ? 2 : 0
  if (p >= b.length) return null
  let crc = 0
  for (let i = at; i < p; i++) crc = crc8Table[crc ^ b[i]!]!
  return crc === b[p] ? { samples, channels: assignment < 8 ? assignment + 1 : 2 } : null
}

/** A frame cannot be larger than its samples written out, with some bytes of headers. */
const maxFrameBytes = (info: FlacInfo): number =>
  info.maxFrame > 0 ? info.maxFrame : Math.ceil((65_535 * info.channels * (info.bits + 1)) / 8) + 1024

export type FlacScan = { info: FlacInfo; trailing: number }

/** Reads the metadata blocks and leaves the window at the first frame. */
async function readMetadata(window: ByteWindow): Promise<FlacInfo> {
  await window.need(10)
  window.skip(id3Length(window.view()))
  if ((await window.need(42)) < 42) throw truncated('the FLAC header is incomplete')
  const info = flacStreamInfo(window.view().subarray(4))
  window.skip(4)
  for (;;) {
    if ((await window.need(4)) < 4) throw truncated('the FLAC header is incomplete')
    const block = window.view()
    const length = block.readUIntBE(1, 3)
    const last = (block[0]! & 0x80) !== 0
    if (window.at + 4 + length > window.size) throw truncated('the FLAC header is incomplete')
    window.skip(4 + length)
    if (last) return info
  }
}

/**
 * Splits the stream into frames: a frame ends where its CRC-16 comes out and the next header (or the end) follows.
 * @throws Problem `audio_damaged` when no frame boundary is found, `audio_truncated` when the last frame is cut
 */
export async function* flacFrames(reader: StreamReader): AsyncGenerator<Unit[], FlacScan, void> {
  const window = byteWindow(reader)
  const info = await readMetadata(window)
  const limit = maxFrameBytes(info) + 16
  for (;;) {
    await window.need(limit)
    const view = window.view()
    if (view.length === 0) return { info, trailing: 0 }
    const last = window.at + view.length >= window.size
    const { units, used } = splitFrames(view, info, last)
    if (units.length > 0) yield units
    window.skip(used)
    if (used > 0 && !(last && used < view.length)) continue
    if (!last) throw damaged('a FLAC frame does not end where it should')
    return { info, trailing: tailOf(window.view(), info) }
  }
}

/** The bytes left when no whole frame follows: a tag, or a cut frame. */
function tailOf(left: Buffer, info: FlacInfo): number {
  if (ascii(left, 0, 3) === 'TAG' || ascii(left, 0, 8) === 'APETAGEX') return left.length
  if (left.length > maxFrameBytes(info)) throw damaged('a FLAC frame is broken')
  if (flacFrameHeader(left, 0) || left.length < 16) throw truncated('its last frame is incomplete')
  return left.length
}

function splitFrames(view: Buffer, info: FlacInfo, last: boolean): { units: Unit[]; used: number } {
  const units: Unit[] = []
  let start = 0
  for (;;) {
    const header = flacFrameHeader(view, start)
    if (!header) return { units, used: start }
    if (header.channels !== info.channels) throw damaged('a FLAC frame disagrees with the header about its channels')
    const end = frameEnd(view, start, last)
    if (end === -1) return { units, used: start }
    units.push({ bytes: view.subarray(start, end), samples: header.samples })
    start = end
  }
}

function frameEnd(view: Buffer, start: number, last: boolean): number {
  let crc = 0
  for (let i = start; i < view.length; i++) {
    // The CRC over a frame with its own footer is zero.
    if (crc === 0 && i > start + 8 && view[i] === 0xff && flacFrameHeader(view, i)) return i
    if (crc === 0 && i > start + 8 && last && view.length - i <= 128 && ascii(view, i, i + 3) === 'TAG') return i
    crc = ((crc << 8) & 0xffff) ^ crc16Table[(crc >> 8) ^ view[i]!]!
  }
  return last && crc === 0 ? view.length : -1
}

/**
 * Counts the samples of every frame.
 * @throws Problem `audio_truncated` (fewer samples than declared), `audio_length_lie` (more), `audio_damaged`, `audio_empty`
 */
export async function parseFlac(reader: StreamReader, check: (info: FlacInfo) => void): Promise<Parsed> {
  check(await readMetadata(byteWindow(reader)))
  const frames = flacFrames(reader)
  let samples = 0
  for (;;) {
    const next = await frames.next()
    if (!next.done) {
      for (const unit of next.value) samples += unit.samples
      continue
    }
    const { info, trailing } = next.value
    if (samples === 0) throw empty()
    const declared = info.totalSamples
    if (declared > samples) throw truncated(`its header announces ${declared} samples, the file holds ${samples}`)
    if (declared > 0 && declared < samples)
      throw lengthLie(`its header announces ${declared} samples, the file holds ${samples}`)
    const warnings: AudioWarning[] = trailing > 0 ? ['trailing_bytes'] : []
    if (declared === 0) warnings.push('length_from_bytes')
    return {
      codec: 'flac',
      channels: info.channels,
      sampleRate: info.sampleRate,
      durationMs: (samples * 1000) / info.sampleRate,
      declaredMs: declared > 0 ? (declared * 1000) / info.sampleRate : null,
      warnings,
      plan: { kind: 'flac', ogg: false },
    }
  }
}

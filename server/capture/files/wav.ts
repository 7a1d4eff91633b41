import type { StreamReader } from '../../vault/types.ts'
import { ascii, readAt } from './bytes.ts'
import { bomb, codecUnsupported, damaged, empty, lengthLie, truncated } from './problems.ts'
import type { AudioCodec, AudioLimits, AudioWarning, DecodePlan, WavLayout } from './types.ts'

/** What every container's parser returns; `probe.ts` adds lanes and checks the limits. */
export type Parsed = {
  codec: AudioCodec
  channels: number
  sampleRate: number
  durationMs: number
  declaredMs: number | null
  warnings: AudioWarning[]
  plan: DecodePlan
}

type Fmt = {
  tag: number
  channels: number
  rate: number
  bytesPerSecond: number
  blockAlign: number
  bits: number
  perBlock: number
}

const MAX_CHUNKS = 1000
/** The end of the GUID by which WAVE_FORMAT_EXTENSIBLE carries an ordinary format tag. */
const GUID_TAIL = '000000001000800000aa00389b71'

/** Codecs inside WAV that only ffmpeg reads. */
const ffmpegTags: Record<number, AudioCodec> = { 0x02: 'adpcm', 0x11: 'adpcm', 0x31: 'gsm', 0x55: 'mp3', 0x83: 'g729' }

/**
 * Parses RIFF, RF64 and BW64 (EBU Tech 3306) headers. A data size of 0 or all ones (a writer that streamed) is taken from
 * the bytes; a data size beyond the file is refused.
 * @throws Problem `audio_truncated`, `audio_length_lie`, `audio_bomb`, `audio_damaged`, `audio_codec_unsupported`, `audio_empty`
 */
export async function parseWav(reader: StreamReader, limits: AudioLimits): Promise<Parsed> {
  const warnings: AudioWarning[] = []
  const found = await walkChunks(reader)
  const { fmt, data } = found
  if (!fmt) throw data ? damaged('the WAV header has no format chunk') : truncated('the WAV header is incomplete')
  if (!data) throw truncated('the WAV header announces no samples')
  checkFmt(fmt)
  const rest = reader.size - data.from
  const streamed = data.size === 0 || data.size >= 0x7fff_0000
  let bytes = data.size
  if (streamed && (data.size === 0 || data.size >= 0xffff_ff00 || isStreamMark(data.size)) && data.size !== rest) {
    bytes = rest
    warnings.push('length_from_bytes')
  } else if (data.size > rest) {
    refuseShort(data.size, rest, fmt, limits)
  } else if (await trailing(reader, data.from + data.size, data.size)) {
    warnings.push('trailing_bytes')
  }
  if (found.riffSize !== null && !streamed && found.riffSize > reader.size + 1) warnings.push('riff_size_wrong')
  if (bytes === 0) throw empty()
  return describe(fmt, { from: data.from, bytes, factFrames: found.fact }, warnings, data.size)
}

/** Sizes that writers of endless streams leave in the header (SoX and others: just under 2 GiB). */
const isStreamMark = (size: number): boolean => size >= 0x7fff_0000 && size <= 0x8000_0000

function refuseShort(declared: number, rest: number, fmt: Fmt, limits: AudioLimits): never {
  const ms = fmt.bytesPerSecond > 0 ? (declared / fmt.bytesPerSecond) * 1000 : 0
  if (ms > limits.bombMs)
    throw bomb(`the header claims ${Math.round(ms / 3_600_000)} hours, the file holds ${rest} bytes`)
  throw truncated(`the header announces ${declared} bytes of samples, the file holds ${rest}`)
}

type Found = {
  fmt: Fmt | null
  data: { from: number; size: number } | null
  fact: number | null
  riffSize: number | null
}

async function walkChunks(reader: StreamReader): Promise<Found> {
  const head = await readAt(reader, 0, 12)
  const found: Found = { fmt: null, data: null, fact: null, riffSize: null }
  const large = ascii(head, 0, 4) !== 'RIFF'
  const riff = head.length >= 8 ? head.readUInt32LE(4) : 0
  if (!large && riff !== 0 && riff < 0x7fff_0000) found.riffSize = riff + 8
  let dataSize64: number | null = null
  let at = 12
  for (let n = 0; n < MAX_CHUNKS && at + 8 <= reader.size; n++) {
    const header = await readAt(reader, at, 8 + 64)
    const id = ascii(header, 0, 4)
    const size = header.readUInt32LE(4)
    const body = header.subarray(8, 8 + Math.min(size, 64))
    if (id === 'ds64' && body.length >= 24) dataSize64 = Number(body.readBigUInt64LE(8))
    if (id === 'fmt ') found.fmt = parseFmt(body)
    if (id === 'fact' && body.length >= 4) found.fact = body.readUInt32LE(0)
    if (id === 'data') {
      found.data = { from: at + 8, size: large && size === 0xffff_ffff && dataSize64 !== null ? dataSize64 : size }
      return found
    }
    at += 8 + size + (size & 1)
  }
  return found
}

function parseFmt(body: Buffer): Fmt {
  if (body.length < 16) throw damaged('the WAV format chunk is too short')
  let tag = body.readUInt16LE(0)
  if (tag === 0xfffe) {
    if (body.length < 40 || body.toString('hex', 26, 40) !== GUID_TAIL)
      throw codecUnsupported('WAV with a private sub-format')
    tag = body.readUInt16LE(24)
  }
  return {
    tag,
    channels: body.readUInt16LE(2),
    rate: body.readUInt32LE(4),
    bytesPerSecond: body.readUInt32LE(8),
    blockAlign: body.readUInt16LE(12),
    bits: body.readUInt16LE(14),
    perBlock: body.length >= 20 ? body.readUInt16LE(18) : 0,
  }
}

function checkFmt(fmt: Fmt): void {
  if (fmt.channels === 0 || fmt.rate === 0 || fmt.blockAlign === 0)
    throw damaged('the WAV header declares no channels, rate or block size')
}

/** True when a few bytes follow that are no chunk. A lot of them means that the data size is too small. */
async function trailing(reader: StreamReader, end: number, dataSize: number): Promise<boolean> {
  let at = end + (end & 1)
  for (let n = 0; n < MAX_CHUNKS; n++) {
    const header = await readAt(reader, at, 8)
    if (header.length < 8 || !/^[\x20-\x7e]{4}$/.test(ascii(header, 0, 4))) break
    const next = at + 8 + header.readUInt32LE(4)
    if (next > reader.size) break
    at = next + (next & 1)
  }
  const left = reader.size - at
  if (left > Math.max(4096, dataSize / 100))
    throw lengthLie(`the header announces ${dataSize} bytes of samples, ${left} more follow`)
  return left > 0
}

const layouts: Record<string, WavLayout['sample']> = {
  '1/1': 'u8',
  '1/2': 's16',
  '1/3': 's24',
  '1/4': 's32',
  '3/4': 'f32',
  '3/8': 'f64',
  '6/1': 'pcma',
  '7/1': 'pcmu',
}

function describe(
  fmt: Fmt,
  data: { from: number; bytes: number; factFrames: number | null },
  warnings: AudioWarning[],
  declaredBytes: number,
): Parsed {
  const { channels, rate } = fmt
  const viaFfmpeg = ffmpegTags[fmt.tag]
  if (viaFfmpeg) {
    const durationMs = blockDuration(fmt, viaFfmpeg, data.bytes)
    const plan = { kind: 'ffmpeg', demuxer: 'wav' } as const
    return { codec: viaFfmpeg, channels, sampleRate: rate, durationMs, declaredMs: null, warnings, plan }
  }
  const width = fmt.blockAlign / channels
  const sample = layouts[`${fmt.tag}/${width}`]
  if (![1, 3, 6, 7].includes(fmt.tag)) throw codecUnsupported(`WAV format 0x${fmt.tag.toString(16)}`)
  if (!sample || fmt.bits > width * 8) throw damaged('the WAV header contradicts itself about the size of a sample')
  const frames = Math.floor(data.bytes / fmt.blockAlign)
  if (frames === 0) throw empty()
  if (data.bytes % fmt.blockAlign !== 0) warnings.push('partial_frame')
  checkFact(data.factFrames, frames, channels, warnings.includes('length_from_bytes'))
  const declaredMs = warnings.includes('length_from_bytes') ? null : (declaredBytes / fmt.blockAlign / rate) * 1000
  return {
    codec: sample === 'pcmu' || sample === 'pcma' ? sample : fmt.tag === 3 ? 'float' : 'pcm',
    channels,
    sampleRate: rate,
    durationMs: (frames / rate) * 1000,
    declaredMs,
    warnings,
    plan: { kind: 'wav', dataFrom: data.from, dataTo: data.from + frames * fmt.blockAlign, sample, width },
  }
}

/** ADPCM and GSM say how many samples a block holds; byte rates in such headers are often wrong. */
function blockDuration(fmt: Fmt, codec: AudioCodec, bytes: number): number {
  if (fmt.perBlock > 0 && (codec === 'adpcm' || codec === 'gsm'))
    return (Math.ceil(bytes / fmt.blockAlign) * fmt.perBlock * 1000) / fmt.rate
  if (fmt.bytesPerSecond === 0) throw damaged('the WAV header declares no byte rate')
  return (bytes / fmt.bytesPerSecond) * 1000
}

/** `fact` counts sample frames; some writers count every channel's, streaming ones write 0 or all ones. */
function checkFact(fact: number | null, frames: number, channels: number, streamed: boolean): void {
  if (fact === null || fact === 0 || fact >= 0x7fff_0000 || streamed) return
  if (fact !== frames && fact !== frames * channels)
    throw lengthLie(`the fact chunk counts ${fact} samples, the data chunk holds ${frames}`)
}

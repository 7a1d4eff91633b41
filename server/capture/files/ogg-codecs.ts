import type { StreamReader } from '../../vault/types.ts'
import { ascii, type Unit } from './bytes.ts'
import { flacFrameHeader, flacStreamInfo } from './flac.ts'
import { oggPages, packetJoiner } from './ogg.ts'
import { codecUnsupported, damaged, empty, lengthLie, truncated } from './problems.ts'
import type { AudioWarning } from './types.ts'
import type { Parsed } from './wav.ts'

/** Samples of 48 kHz in an Opus packet (RFC 6716 §3.1); 0 when the packet is malformed. */
function opusSamples(packet: Buffer): number {
  if (packet.length === 0) return 0
  const toc = packet[0]!
  const config = toc >> 3
  const size =
    config < 12
      ? [480, 960, 1920, 2880][config & 3]!
      : config < 16
        ? [480, 960][config & 1]!
        : [120, 240, 480, 960][config & 3]!
  const count = (toc & 3) === 0 ? 1 : (toc & 3) < 3 ? 2 : packet.length > 1 ? packet[1]! & 63 : 0
  return size * count > 5760 ? 0 : size * count
}

/** Yields the frames of Ogg FLAC. */
export async function* oggFlacUnits(reader: StreamReader): AsyncGenerator<Unit[], void, void> {
  const join = packetJoiner()
  for await (const pages of oggPages(reader)) {
    const units: Unit[] = []
    for (const page of pages)
      for (const packet of join(page)) {
        const frame = flacFrameHeader(packet, 0)
        if (frame) units.push({ bytes: packet, samples: frame.samples })
      }
    if (units.length > 0) yield units
  }
}

/** Yields the pages of Ogg Opus and Vorbis untouched: their decoders read pages. Opus pages say how long they are. */
export async function* oggPageUnits(
  reader: StreamReader,
  codec: 'opus' | 'vorbis',
): AsyncGenerator<Unit[], void, void> {
  const join = packetJoiner()
  for await (const pages of oggPages(reader))
    yield pages.map((page) => {
      const packets = codec === 'opus' ? join(page) : []
      return { bytes: page.raw, samples: packets.reduce((sum, packet) => sum + opusSamples(packet), 0) }
    })
}

/** What a walk over every page gives. */
type Walk = {
  packets: number
  samples: number
  lastPageSamples: number
  base: number | null
  granule: number
  trailing: number
}

async function walk(
  reader: StreamReader,
  codec: string,
  headers: number,
  count: (packet: Buffer) => number,
): Promise<Walk> {
  const join = packetJoiner()
  const seen: Walk = { packets: 0, samples: 0, lastPageSamples: 0, base: null, granule: 0, trailing: 0 }
  const pages = oggPages(reader)
  let left = headers
  for (;;) {
    const next = await pages.next()
    if (next.done) return { ...seen, trailing: next.value }
    for (const page of next.value) {
      seen.lastPageSamples = 0
      for (const packet of join(page)) {
        if (left > 0) {
          left--
          continue
        }
        const samples = count(packet)
        if (codec === 'Opus' && samples === 0) throw damaged('an Opus packet is malformed')
        seen.packets++
        seen.lastPageSamples += samples
      }
      seen.samples += seen.lastPageSamples
      if (page.granule === null || left > 0 || seen.packets === 0) continue
      seen.base ??= Math.max(0, page.granule - seen.samples)
      seen.granule = page.granule
    }
  }
}

/**
 * Recognises the codec inside Ogg and measures the stream by its packets, page by page.
 * @throws Problem as `oggPages`, and `audio_length_lie` when positions and packets disagree
 */
export async function parseOgg(reader: StreamReader): Promise<Parsed> {
  const head = await firstPacket(reader)
  const mark = ascii(head, 0, 8)
  if (mark === 'OpusHead') return parseOpus(reader, head)
  if (mark.startsWith('\x01vorbis')) return parseVorbis(reader, head)
  if (mark.startsWith('\x7fFLAC')) return parseOggFlac(reader, head)
  if (mark === 'Speex   ') return parseSpeex(reader, head)
  throw codecUnsupported('Ogg without Opus, Vorbis, FLAC or Speex')
}

async function firstPacket(reader: StreamReader): Promise<Buffer> {
  const join = packetJoiner()
  for await (const pages of oggPages(reader))
    for (const page of pages) {
      const packet = join(page)[0]
      if (packet) return Buffer.from(packet)
    }
  throw truncated('it holds no whole packet')
}

const remarks = (seen: Walk): AudioWarning[] => (seen.trailing > 0 ? ['trailing_bytes'] : [])

async function parseOpus(reader: StreamReader, head: Buffer): Promise<Parsed> {
  if (head.length < 19 || head[8]! >> 4 !== 0) throw codecUnsupported('an unknown version of Ogg Opus')
  const channels = head[9]!
  if (channels === 0) throw damaged('the Opus header declares no channels')
  if (head[18]! > 1 && channels <= 2) throw codecUnsupported('Opus with a private channel mapping')
  const preSkip = head.readUInt16LE(10)
  const inputRate = head.readUInt32LE(12)
  const seen = await walk(reader, 'Opus', 2, opusSamples)
  const declared = seen.granule - (seen.base ?? 0)
  checkGranule(declared, seen.samples, seen.lastPageSamples + 48_000)
  const samples = Math.min(declared, seen.samples) - preSkip
  if (samples <= 0) throw empty()
  return {
    codec: 'opus',
    channels,
    sampleRate: inputRate >= 8000 && inputRate < 16_000 ? inputRate : 48_000,
    durationMs: samples / 48,
    declaredMs: (declared - preSkip) / 48,
    warnings: remarks(seen),
    plan: { kind: 'opus', samples, gain: 10 ** (head.readInt16LE(16) / 5120) },
  }
}

/** Positions may trim the last page's samples (RFC 7845 §4.4), never add to them. */
function checkGranule(declared: number, samples: number, trim: number): void {
  if (declared > samples + 48_000 || declared < samples - trim)
    throw lengthLie(`its positions say ${declared} samples, its packets hold ${samples}`)
}

async function parseVorbis(reader: StreamReader, head: Buffer): Promise<Parsed> {
  if (head.length < 30) throw damaged('the Vorbis header is too short')
  const channels = head[11]!
  const sampleRate = head.readUInt32LE(12)
  const largest = 1 << (head[28]! >> 4)
  if (channels === 0 || sampleRate === 0 || largest > 8192 || largest < 64)
    throw damaged('the Vorbis header is nonsense')
  const seen = await walk(reader, 'Vorbis', 3, () => 0)
  if (seen.packets < 2) throw empty()
  if (seen.granule > (seen.packets * largest) / 2)
    throw lengthLie(`its positions say ${seen.granule} samples, ${seen.packets} packets cannot hold them`)
  const durationMs = (seen.granule * 1000) / sampleRate
  const plan = { kind: 'vorbis' } as const
  return { codec: 'vorbis', channels, sampleRate, durationMs, declaredMs: durationMs, warnings: remarks(seen), plan }
}

async function parseOggFlac(reader: StreamReader, head: Buffer): Promise<Parsed> {
  const info = flacStreamInfo(head.subarray(13))
  const seen = await walk(reader, 'FLAC', 1, (packet) => flacFrameHeader(packet, 0)?.samples ?? 0)
  if (seen.samples === 0) throw empty()
  if (info.totalSamples > 0 && info.totalSamples > seen.samples)
    throw truncated(`its header announces ${info.totalSamples} samples, the file holds ${seen.samples}`)
  if (info.totalSamples > 0 && info.totalSamples < seen.samples)
    throw lengthLie(`its header announces ${info.totalSamples} samples, the file holds ${seen.samples}`)
  return {
    codec: 'flac',
    channels: info.channels,
    sampleRate: info.sampleRate,
    durationMs: (seen.samples * 1000) / info.sampleRate,
    declaredMs: info.totalSamples > 0 ? (info.totalSamples * 1000) / info.sampleRate : null,
    warnings: remarks(seen),
    plan: { kind: 'flac', ogg: true },
  }
}

async function parseSpeex(reader: StreamReader, head: Buffer): Promise<Parsed> {
  if (head.length < 80) throw damaged('the Speex header is too short')
  const sampleRate = head.readUInt32LE(36)
  const channels = head.readUInt32LE(48)
  const seen = await walk(reader, 'Speex', 2, () => 0)
  const durationMs = (seen.granule * 1000) / Math.max(1, sampleRate)
  const plan = { kind: 'ffmpeg', demuxer: 'ogg' } as const
  return { codec: 'speex', channels, sampleRate, durationMs, declaredMs: durationMs, warnings: remarks(seen), plan }
}

import type { StreamReader } from '../../vault/types.ts'
import { ascii, readAt } from './bytes.ts'
import { aacRates } from './framed.ts'
import { codecUnsupported, damaged, empty, lengthLie, truncated } from './problems.ts'
import type { AudioCodec, AudioWarning } from './types.ts'
import type { Parsed } from './wav.ts'

/** The index of an MP4 of many hours; larger ones are refused. */
const MAX_MOOV = 64 * 1024 * 1024
const MAX_BOXES = 100_000

type Box = { type: string; body: Buffer }

/** Top-level boxes (ISO 14496-12 §4.2). Throws when one ends after the file. */
async function topLevel(reader: StreamReader): Promise<{ moov: Buffer | null; fragmented: boolean; mdat: boolean }> {
  const found = { moov: null as Buffer | null, fragmented: false, mdat: false }
  let at = 0
  for (let n = 0; at < reader.size; n++) {
    if (n > MAX_BOXES) throw damaged('it has too many boxes')
    const head = await readAt(reader, at, 16)
    if (head.length < 8) throw truncated('its last box is incomplete')
    const type = ascii(head, 4, 8)
    let size = head.readUInt32BE(0)
    let header = 8
    if (size === 1) {
      if (head.length < 16) throw truncated('its last box is incomplete')
      size = Number(head.readBigUInt64BE(8))
      header = 16
    }
    if (size === 0) size = reader.size - at
    if (size < header) throw damaged('a box is smaller than its header')
    if (at + size > reader.size)
      throw truncated(`its '${/^[\w ]{4}$/.test(type) ? type : '????'}' box ends after the file`)
    if (type === 'moov') {
      if (size > MAX_MOOV) throw damaged('its index is too large')
      found.moov = await readAt(reader, at + header, size - header)
    }
    if (type === 'moof') found.fragmented = true
    if (type === 'mdat') found.mdat = true
    at += size
  }
  return found
}

function* boxes(bytes: Buffer): Generator<Box> {
  let at = 0
  while (at + 8 <= bytes.length) {
    let size = bytes.readUInt32BE(at)
    let header = 8
    if (size === 1 && at + 16 <= bytes.length) {
      size = Number(bytes.readBigUInt64BE(at + 8))
      header = 16
    }
    if (size === 0) size = bytes.length - at
    if (size < header || at + size > bytes.length) throw damaged('a box inside its index is broken')
    yield { type: ascii(bytes, at + 4, at + 8), body: bytes.subarray(at + header, at + size) }
    at += size
  }
}

const child = (bytes: Buffer, ...path: string[]): Buffer | null => {
  let here: Buffer | null = bytes
  for (const type of path) {
    let next: Buffer | null = null
    for (const box of boxes(here)) if (box.type === type) next ??= box.body
    if (!next) return null
    here = next
  }
  return here
}

type Track = {
  format: string
  channels: number
  rate: number
  declaredMs: number
  durationMs: number
  mediaBytes: number
}

function audioTrack(trak: Buffer): Track | null {
  const mdia = child(trak, 'mdia')
  const hdlr = mdia && child(mdia, 'hdlr')
  if (!mdia || !hdlr || ascii(hdlr, 8, 12) !== 'soun') return null
  const mdhd = child(mdia, 'mdhd')
  const stbl = child(mdia, 'minf', 'stbl')
  const stsd = stbl && child(stbl, 'stsd')
  if (!mdhd || !stbl || !stsd || mdhd.length < 20) throw damaged('its sound track has no description')
  const long = mdhd[0] === 1
  const timescale = mdhd.readUInt32BE(long ? 20 : 12)
  if (timescale === 0) throw damaged('its sound track has no time scale')
  const duration = long ? Number(mdhd.readBigUInt64BE(24)) : mdhd.readUInt32BE(16)
  const unknown = long ? duration >= 2 ** 63 : duration === 0xffff_ffff
  const entry = [...boxes(stsd.subarray(8))][0]
  if (!entry || entry.body.length < 28) throw damaged('its sound track has no description')
  const config = entry.type === 'mp4a' ? audioConfig(entry.body) : null
  return {
    format: entry.type,
    channels: config?.channels || entry.body.readUInt16BE(16),
    rate: config?.rate || entry.body.readUInt16BE(24),
    declaredMs: unknown ? 0 : (duration * 1000) / timescale,
    durationMs: (sumOfTimes(child(stbl, 'stts')) * 1000) / timescale,
    mediaBytes: sumOfSizes(child(stbl, 'stsz')),
  }
}

function sumOfTimes(stts: Buffer | null): number {
  if (!stts || stts.length < 8) return 0
  const count = Math.min(stts.readUInt32BE(4), Math.floor((stts.length - 8) / 8))
  let sum = 0
  for (let i = 0; i < count; i++) sum += stts.readUInt32BE(8 + i * 8) * stts.readUInt32BE(12 + i * 8)
  return sum
}

function sumOfSizes(stsz: Buffer | null): number {
  if (!stsz || stsz.length < 12) return 0
  const fixed = stsz.readUInt32BE(4)
  const count = stsz.readUInt32BE(8)
  if (fixed > 0) return fixed * count
  let sum = 0
  for (let i = 0; i < Math.min(count, Math.floor((stsz.length - 12) / 4)); i++) sum += stsz.readUInt32BE(12 + i * 4)
  return sum
}

/** Channels and rate of the AudioSpecificConfig in `esds` (ISO 14496-3 §1.6.2.1); the box's own fields are often wrong. */
function audioConfig(entry: Buffer): { channels: number; rate: number } | null {
  const at = entry.indexOf('esds', 28, 'latin1')
  if (at === -1) return null
  let p = at + 8
  const step = (tag: number, skip: number): boolean => {
    if (entry[p] !== tag) return false
    p++
    while (p < entry.length && entry[p]! & 0x80) p++
    p += 1 + skip
    return true
  }
  if (!step(3, 3) || !step(4, 13) || !step(5, 0) || p + 2 > entry.length) return null
  const bits = entry.readUInt16BE(p)
  const rate = aacRates[(bits >> 7) & 15]
  const channels = (bits >> 3) & 15
  return bits >> 11 === 31 || !rate || channels === 0 ? null : { channels: channels === 7 ? 8 : channels, rate }
}

const codecs: Record<string, AudioCodec> = { mp4a: 'aac', alac: 'alac', samr: 'amr-nb', sawb: 'amr-wb' }

/**
 * Reads the index of an MP4 (M4A, 3GP) for the sound track's codec and length.
 * @throws Problem `audio_truncated`, `audio_length_lie`, `audio_damaged`, `audio_codec_unsupported`, `audio_empty`
 */
export async function parseMp4(reader: StreamReader): Promise<Parsed> {
  const { moov, fragmented, mdat } = await topLevel(reader)
  if (!moov) throw truncated('it has no index')
  const tracks: Track[] = []
  for (const box of boxes(moov)) {
    const track = box.type === 'trak' ? audioTrack(box.body) : null
    if (track) tracks.push(track)
  }
  const track = tracks[0]
  if (!track) throw codecUnsupported('MP4 without sound')
  if (tracks.length > 1) throw codecUnsupported('MP4 with several sound tracks')
  const codec = codecs[track.format]
  if (!codec) throw codecUnsupported(track.format === 'enca' ? 'MP4 with encrypted sound' : 'this kind of sound in MP4')
  if (track.channels === 0 || track.rate === 0) throw damaged('its sound track declares no channels or rate')
  const warnings: AudioWarning[] = []
  if (fragmented) warnings.push('length_from_decoding')
  else checkLength(track, reader.size, mdat)
  return {
    codec,
    channels: track.channels,
    sampleRate: track.rate,
    durationMs: fragmented ? 0 : track.durationMs,
    declaredMs: track.declaredMs || null,
    warnings,
    plan: { kind: 'ffmpeg', demuxer: 'mov' },
  }
}

function checkLength(track: Track, size: number, mdat: boolean): void {
  if (!mdat || track.durationMs === 0 || track.mediaBytes === 0) throw empty()
  if (track.mediaBytes > size)
    throw truncated(`its index announces ${track.mediaBytes} bytes of sound, the file holds ${size}`)
  if (track.declaredMs > 0 && Math.abs(track.declaredMs - track.durationMs) > 1000 + track.durationMs / 50)
    throw lengthLie(
      `it declares ${Math.round(track.declaredMs / 1000)} s, its index lists ${Math.round(track.durationMs / 1000)} s`,
    )
}

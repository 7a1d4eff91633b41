import type { StreamReader } from '../../vault/types.ts'
import { ascii, byteWindow, type ByteWindow } from './bytes.ts'
import { codecUnsupported, damaged, truncated } from './problems.ts'

/** One Ogg page (RFC 3533 §6), checked. Buffers are valid until the next batch is asked for. */
export type OggPage = {
  raw: Buffer
  first: boolean
  last: boolean
  /** Position at the end of the page in the codec's samples; null when no packet ends on it. */
  granule: number | null
  /** Pieces of packets: `ends` is false when the packet goes on in the next page. */
  pieces: { bytes: Buffer; ends: boolean }[]
  continued: boolean
}

const MAX_PAGE = 27 + 255 + 255 * 255
/** Comment headers may carry a picture; audio packets are far smaller. */
const MAX_PACKET = 16 * 1024 * 1024

/** Eight tables for the CRC of RFC 3533 (polynomial 0x04c11db7, not reflected, no final complement). */
const tables = Array.from({ length: 8 }, () => new Uint32Array(256))
for (let n = 0; n < 256; n++) {
  let crc = n << 24
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000_0000 ? (crc << 1) ^ 0x04c1_1db7 : crc << 1
  tables[0]![n] = crc
}
for (let k = 1; k < 8; k++)
  for (let n = 0; n < 256; n++) {
    const before = tables[k - 1]![n]!
    tables[k]![n] = (before << 8) ^ tables[0]![before >>> 24]!
  }
const [t0, t1, t2, t3, t4, t5, t6, t7] = tables as [
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
]

/** CRC of a page with its checksum field taken as zero. */
export function oggCrc(page: Buffer): number {
  let crc = 0
  const step = (from: number, to: number): void => {
    let i = from
    for (; i + 8 <= to; i += 8) {
      const a = crc ^ ((page[i]! << 24) | (page[i + 1]! << 16) | (page[i + 2]! << 8) | page[i + 3]!)
      crc =
        t7[a >>> 24]! ^
        t6[(a >>> 16) & 255]! ^
        t5[(a >>> 8) & 255]! ^
        t4[a & 255]! ^
        t3[page[i + 4]!]! ^
        t2[page[i + 5]!]! ^
        t1[page[i + 6]!]! ^
        t0[page[i + 7]!]!
    }
    for (; i < to; i++) crc = (crc << 8) ^ t0[((crc >>> 24) ^ page[i]!) & 255]!
  }
  step(0, 22)
  for (let i = 0; i < 4; i++) crc = (crc << 8) ^ t0[crc >>> 24]!
  step(26, page.length)
  return crc >>> 0
}

/**
 * Walks every page of a single logical stream, checking each checksum and the page numbers.
 * Returns the count of bytes after the last page.
 * @throws Problem `audio_truncated` (no end-of-stream page, a broken last page), `audio_damaged` (a broken page before
 * it), `audio_codec_unsupported` (chained or multiplexed streams)
 */
export async function* oggPages(reader: StreamReader): AsyncGenerator<OggPage[], number, void> {
  const window = byteWindow(reader)
  const state = { serial: -1, number: -1, ended: false }
  for (;;) {
    const batch: OggPage[] = []
    await window.need(MAX_PAGE)
    const view = window.view()
    let at = 0
    while (at < view.length && view.length - at >= Math.min(MAX_PAGE, window.size - window.at - at)) {
      const length = state.ended && ascii(view, at, at + 4) !== 'OggS' ? 0 : pageLength(view, at, window)
      if (length === 0) {
        if (batch.length > 0) yield batch
        return window.size - window.at - at
      }
      const page = readPage(view.subarray(at, at + length), state, window.at + at + length >= window.size)
      batch.push(page)
      at += length
    }
    const over = window.at + at >= window.size
    if (batch.length > 0) yield batch
    window.skip(at)
    if (over) break
  }
  if (!state.ended) throw truncated('its last page is not marked as the end')
  return 0
}

function pageLength(view: Buffer, at: number, window: ByteWindow): number {
  const left = window.size - window.at - at
  if (left < 27) throw truncated('its last page is incomplete')
  if (ascii(view, at, at + 4) !== 'OggS' || view[at + 4] !== 0)
    throw damaged('an Ogg page does not start where it should')
  const segments = view[at + 26]!
  if (left < 27 + segments) throw truncated('its last page is incomplete')
  let length = 27 + segments
  for (let i = 0; i < segments; i++) length += view[at + 27 + i]!
  if (left < length) throw truncated('its last page is incomplete')
  return length
}

function readPage(raw: Buffer, state: { serial: number; number: number; ended: boolean }, atEnd: boolean): OggPage {
  if (oggCrc(raw) !== raw.readUInt32LE(22))
    throw atEnd ? truncated('the checksum of its last page is wrong') : damaged('the checksum of an Ogg page is wrong')
  const flags = raw[5]!
  const first = (flags & 2) !== 0
  const serial = raw.readUInt32LE(14)
  const number = raw.readUInt32LE(18)
  if (state.serial === -1 && !first) throw damaged('it does not begin with the start of a stream')
  if (state.serial !== -1 && (first || serial !== state.serial || state.ended))
    throw codecUnsupported('Ogg with several streams')
  if (state.number !== -1 && number !== state.number + 1) throw damaged('Ogg pages are missing')
  Object.assign(state, { serial, number, ended: (flags & 4) !== 0 })
  const granule = raw.readBigUInt64LE(6)
  const pieces: OggPage['pieces'] = []
  const segments = raw[26]!
  let from = 27 + segments
  let to = from
  for (let i = 0; i < segments; i++) {
    const lacing = raw[27 + i]!
    to += lacing
    if (lacing < 255 || i === segments - 1) {
      pieces.push({ bytes: raw.subarray(from, to), ends: lacing < 255 })
      from = to
    }
  }
  return {
    raw,
    first,
    last: state.ended,
    granule: granule === 0xffff_ffff_ffff_ffffn ? null : Number(granule),
    pieces,
    continued: (flags & 1) !== 0,
  }
}

/** Puts pieces together into packets. One joiner per stream. */
export function packetJoiner(): (page: OggPage) => Buffer[] {
  let held: Buffer[] = []
  let heldBytes = 0
  return (page) => {
    const packets: Buffer[] = []
    for (const piece of page.pieces) {
      if (piece.ends && held.length === 0) {
        packets.push(piece.bytes)
        continue
      }
      held.push(Buffer.from(piece.bytes))
      heldBytes += piece.bytes.length
      if (heldBytes > MAX_PACKET) throw damaged('an Ogg packet is too large')
      if (!piece.ends) continue
      packets.push(Buffer.concat(held))
      held = []
      heldBytes = 0
    }
    return packets
  }
}

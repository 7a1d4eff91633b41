/**
 * The packet log of one leg: the record everything else is derived from.
 *
 *     stream = header record*
 *     header = 'VPL1' u16:total-bytes u8:flags(1 = sequenced) u8:0 f64:wall-clock-ms u64:anchor-ns format
 *     record = u8:type u24:body-bytes u64:arrival-ns-since-anchor body          (all big-endian)
 *
 *     1 rtp           the packet, untouched
 *     2 frame         u8:flags(1 = positioned) [u64:position] payload
 *     3 masked        12 bytes of RTP header, u32:ticks          a packet received while recording was off
 *     4 masked frame  u8:flags [u64:position] u32:ticks
 *     5 event         events.ts
 *
 * All legs of a call carry the call's own anchor, so their lanes share one axis.
 */
import type { AudioFormat } from '../source.ts'
import { damaged, encodeEvent, encodeFormat, type LogEvent } from './events.ts'
import { ticksOf } from './formats.ts'
import { readRtp, RTP_FIXED_HEADER, silentTypes } from './rtp.ts'

export type PacketLogHeader = {
  format: AudioFormat
  /** Whether the source numbers or positions its media. Without it gaps are not provable. */
  sequenced: boolean
  /** Wall clock at the anchor, ms since the Unix epoch. */
  startedAt: number
  /** Monotonic clock at the call's origin, ns. The same for every leg of a call. */
  anchorNs: bigint
  /** RTP payload types of comfort noise and telephone events. */
  cn: number[]
  dtmf: number[]
}

/** One record. `atNs` is the arrival in ns since the header's anchor. */
export type LogRecord =
  | { type: 'rtp'; atNs: number; packet: Buffer }
  | { type: 'frame'; atNs: number; payload: Buffer; position?: number | undefined }
  /** What remains of an RTP packet received while recording was off: 12 header bytes and its duration in RTP ticks. */
  | { type: 'masked'; atNs: number; header: Buffer; ticks: number }
  | { type: 'masked_frame'; atNs: number; ticks: number; position?: number | undefined }
  | { type: 'event'; atNs: number; event: LogEvent }

export const MAGIC = 'VPL1'
export const RECORD_HEADER = 12
/** Largest body of a record: the u24 length. */
export const MAX_BODY = 0xffffff
export const TYPE = { rtp: 1, frame: 2, masked: 3, masked_frame: 4, event: 5 } as const

/** The first bytes of a packet log. */
export function encodeHeader(header: PacketLogHeader): Buffer {
  const format = encodeFormat(header.format, header.cn, header.dtmf)
  const out = Buffer.alloc(24 + format.length)
  out.write(MAGIC, 'latin1')
  out.writeUInt16BE(out.length, 4)
  out[6] = header.sequenced ? 1 : 0
  out.writeDoubleBE(header.startedAt, 8)
  out.writeBigUInt64BE(header.anchorNs, 16)
  out.set(format, 24)
  return out
}

/** Bytes of one record, ready to append. Throws Problem `packet_log_damaged` when a body exceeds 16 MiB. */
export function encodeRecord(record: LogRecord): Buffer {
  switch (record.type) {
    case 'rtp': {
      const out = open(TYPE.rtp, record.packet.length, record.atNs)
      out.set(record.packet, RECORD_HEADER)
      return out
    }
    case 'frame': {
      const prefix = record.position === undefined ? 1 : 9
      const out = open(TYPE.frame, prefix + record.payload.length, record.atNs)
      writePosition(out, record.position)
      out.set(record.payload, RECORD_HEADER + prefix)
      return out
    }
    case 'masked': {
      const out = open(TYPE.masked, RTP_FIXED_HEADER + 4, record.atNs)
      out.set(record.header, RECORD_HEADER)
      out.writeUInt32BE(record.ticks, RECORD_HEADER + RTP_FIXED_HEADER)
      return out
    }
    case 'masked_frame': {
      const prefix = record.position === undefined ? 1 : 9
      const out = open(TYPE.masked_frame, prefix + 4, record.atNs)
      writePosition(out, record.position)
      out.writeUInt32BE(record.ticks, RECORD_HEADER + prefix)
      return out
    }
    default: {
      const body = encodeEvent(record.event)
      const out = open(TYPE.event, body.length, record.atNs)
      out.set(body, RECORD_HEADER)
      return out
    }
  }
}

/**
 * Builds the records of one leg as they happen. Pass each to `encodeRecord` for the log and to `Timeline.push`: both then
 * see the same thing, and a later replay of the log gives the same timeline. Knows the format only to measure durations.
 */
export class LegRecords {
  readonly header: PacketLogHeader
  private format: AudioFormat
  private silent: readonly number[]

  constructor(header: PacketLogHeader) {
    this.header = header
    this.format = header.format
    this.silent = silentTypes(header)
  }

  rtp(packet: Buffer, arrivalNs: bigint): LogRecord {
    return { type: 'rtp', atNs: this.at(arrivalNs), packet }
  }

  frame(payload: Buffer, arrivalNs: bigint, position?: number): LogRecord {
    return { type: 'frame', atNs: this.at(arrivalNs), payload, position }
  }

  /** Keeps no payload byte, header extension or payload length (lengths of variable-rate codecs betray what is said). */
  maskedRtp(packet: Buffer, arrivalNs: bigint): LogRecord {
    const rtp = readRtp(packet)
    const header = Buffer.alloc(RTP_FIXED_HEADER)
    if (!rtp) return { type: 'masked', atNs: this.at(arrivalNs), header, ticks: 0 }
    packet.copy(header, 0, 0, RTP_FIXED_HEADER)
    header[0] = 0x80
    const silent = this.silent.includes(rtp.payloadType)
    const ticks = silent ? 0 : ticksOf(this.format, packet.subarray(rtp.payloadFrom, rtp.payloadTo))
    return { type: 'masked', atNs: this.at(arrivalNs), header, ticks }
  }

  maskedFrame(payload: Buffer, arrivalNs: bigint, position?: number): LogRecord {
    return { type: 'masked_frame', atNs: this.at(arrivalNs), ticks: ticksOf(this.format, payload), position }
  }

  /** A record of a log whose header is `anchorNs`, without what it holds; one that holds nothing stays as it is. */
  masked(record: LogRecord, anchorNs: bigint): LogRecord {
    const arrivalNs = anchorNs + BigInt(Math.round(record.atNs))
    if (record.type === 'rtp') return this.maskedRtp(record.packet, arrivalNs)
    if (record.type === 'frame') return this.maskedFrame(record.payload, arrivalNs, record.position)
    return record
  }

  /** Whether a record is a packet without audio: comfort noise, a key. */
  isSilent(record: LogRecord): boolean {
    const rtp = record.type === 'rtp' ? readRtp(record.packet) : undefined
    return rtp !== undefined && this.silent.includes(rtp.payloadType)
  }

  event(event: LogEvent, arrivalNs: bigint): LogRecord {
    if (event.type === 'format') {
      this.format = event.format
      this.silent = silentTypes(event)
    }
    return { type: 'event', atNs: this.at(arrivalNs), event }
  }

  /** Arrival relative to the anchor; never before it. */
  private at(arrivalNs: bigint): number {
    const at = Number(arrivalNs - this.header.anchorNs)
    return at > 0 ? at : 0
  }
}

function open(type: number, bodyBytes: number, atNs: number): Buffer {
  if (bodyBytes > MAX_BODY) throw damaged(`a record of ${bodyBytes} bytes, over the limit of ${MAX_BODY}`)
  const out = Buffer.allocUnsafe(RECORD_HEADER + bodyBytes)
  out[0] = type
  out[1] = bodyBytes >>> 16
  out[2] = bodyBytes >>> 8
  out[3] = bodyBytes
  writeU64(out, atNs, 4)
  return out
}

function writePosition(out: Buffer, position: number | undefined): void {
  out[RECORD_HEADER] = position === undefined ? 0 : 1
  if (position !== undefined) writeU64(out, position, RECORD_HEADER + 1)
}

/** A whole number below 2^53 as u64, without BigInt. */
function writeU64(out: Buffer, value: number, at: number): void {
  const high = Math.floor(value / 0x1_0000_0000)
  out.writeUInt32BE(high, at)
  out.writeUInt32BE(value - high * 0x1_0000_0000, at + 4)
}

import type { StreamReader } from '../../vault/types.ts'
import { damaged, decodeEvent, decodeFormat } from './events.ts'
import { MAGIC, RECORD_HEADER, TYPE, type LogRecord, type PacketLogHeader } from './packetlog.ts'
import { RTP_FIXED_HEADER } from './rtp.ts'

/** A record and where it lies in the log, in bytes. Its buffers are views: copy what outlives the chunk. */
export type LocatedRecord = { record: LogRecord; offset: number; size: number }

/** The header and its length in bytes; undefined while `bytes` is too short. Throws Problem `packet_log_damaged`. */
export function decodeHeader(bytes: Buffer): { header: PacketLogHeader; size: number } | undefined {
  const magic = bytes.toString('latin1', 0, Math.min(4, bytes.length))
  if (!MAGIC.startsWith(magic)) throw damaged('no header (it does not begin with VPL1)')
  if (bytes.length < 6) return undefined
  const size = bytes.readUInt16BE(4)
  if (size < 32) throw damaged('a header that is too short')
  if (bytes.length < size) return undefined
  const header = {
    ...decodeFormat(bytes.subarray(24, size)),
    sequenced: bytes[6] === 1,
    startedAt: bytes.readDoubleBE(8),
    anchorNs: bytes.readBigUInt64BE(16),
  }
  return { header, size }
}

/**
 * Turns chunks of a log, cut anywhere, into records. A last record cut short is normal after a crash and is left in
 * `pending`; anything else that is not a record throws Problem `packet_log_damaged`.
 */
export class PacketLogDecoder {
  header: PacketLogHeader | undefined
  private rest: Buffer = Buffer.alloc(0)
  private offset = 0

  /** Bytes received and not yet part of a whole record. After the last chunk: what a crash cut off. */
  get pending(): number {
    return this.rest.length
  }

  *push(chunk: Buffer): Generator<LocatedRecord> {
    let bytes = this.rest.length > 0 ? Buffer.concat([this.rest, chunk]) : chunk
    if (!this.header) {
      const head = decodeHeader(bytes)
      this.rest = bytes
      if (!head) return
      this.header = head.header
      this.offset = head.size
      bytes = bytes.subarray(head.size)
    }
    let at = 0
    for (;;) {
      const size = recordSize(bytes, at)
      if (size === undefined || at + size > bytes.length) break
      const record = decodeRecord(bytes, at, size)
      const offset = this.offset
      this.offset += size
      at += size
      this.rest = bytes.subarray(at)
      yield { record, offset, size }
    }
    this.rest = bytes.subarray(at)
  }
}

/** Whole records of a byte range that begins at a record boundary (a run of the seek index). */
export function* decodeRecords(bytes: Buffer, offset = 0): Generator<LocatedRecord> {
  for (let at = 0; ;) {
    const size = recordSize(bytes, at)
    if (size === undefined || at + size > bytes.length) return
    yield { record: decodeRecord(bytes, at, size), offset: offset + at, size }
    at += size
  }
}

export type OpenLog = { header: PacketLogHeader; records: AsyncGenerator<LocatedRecord> }

/** Reads a whole log through a stream reader, 256 KiB at a time. Throws Problem `packet_log_damaged`. */
export async function openLog(reader: StreamReader): Promise<OpenLog> {
  const head = decodeHeader(await reader.read(0, Math.min(reader.size, 1024)))
  if (!head) throw damaged('no complete header')
  return { header: head.header, records: recordsOf(reader) }
}

async function* recordsOf(reader: StreamReader): AsyncGenerator<LocatedRecord> {
  const decoder = new PacketLogDecoder()
  const step = 256 * 1024
  for (let at = 0; at < reader.size; at += step) {
    yield* decoder.push(await reader.read(at, Math.min(reader.size, at + step)))
  }
}

/** Size of the record at `at`; undefined when its header is not all there. Strict on its type. */
function recordSize(bytes: Buffer, at: number): number | undefined {
  const type = bytes[at]
  if (type === undefined) return undefined
  if (type < TYPE.rtp || type > TYPE.event) throw damaged(`an unknown record type ${type}`)
  if (at + RECORD_HEADER > bytes.length) return undefined
  return RECORD_HEADER + bytes.readUIntBE(at + 1, 3)
}

function decodeRecord(bytes: Buffer, at: number, size: number): LogRecord {
  const atNs = readU64(bytes, at + 4)
  const body = bytes.subarray(at + RECORD_HEADER, at + size)
  switch (bytes[at]) {
    case TYPE.rtp:
      return { type: 'rtp', atNs, packet: body }
    case TYPE.frame: {
      const { position, rest } = readPosition(body)
      return { type: 'frame', atNs, payload: rest, position }
    }
    case TYPE.masked: {
      if (body.length !== RTP_FIXED_HEADER + 4) throw damaged('a masked packet of the wrong length')
      const header = body.subarray(0, RTP_FIXED_HEADER)
      return { type: 'masked', atNs, header, ticks: body.readUInt32BE(RTP_FIXED_HEADER) }
    }
    case TYPE.masked_frame: {
      const { position, rest } = readPosition(body)
      if (rest.length !== 4) throw damaged('a masked frame of the wrong length')
      return { type: 'masked_frame', atNs, ticks: rest.readUInt32BE(0), position }
    }
    default:
      return { type: 'event', atNs, event: decodeEvent(body) }
  }
}

function readPosition(body: Buffer): { position: number | undefined; rest: Buffer } {
  if (body[0] === 0) return { position: undefined, rest: body.subarray(1) }
  if (body[0] !== 1 || body.length < 9) throw damaged('a frame without its position')
  return { position: readU64(body, 1), rest: body.subarray(9) }
}

function readU64(bytes: Buffer, at: number): number {
  const high = bytes.readUInt32BE(at)
  if (high > 0x1f_ffff) throw damaged('a number that is too large')
  return high * 0x1_0000_0000 + bytes.readUInt32BE(at + 4)
}

import type { AudioFormat, Codec } from '../source.ts'
import { Problem } from '../../platform/problem.ts'
import { MASK_KINDS, type MaskKind } from './gaps.ts'

/** What happened to a leg beside its packets, in the order of the packet log. */
export type LogEvent =
  /** Packets from here on are masked, for this reason. A second `on` replaces the reason. */
  | { type: 'mask'; on: true; kind: MaskKind }
  | { type: 'mask'; on: false }
  | { type: 'hold'; on: boolean }
  /** Packets from here on have this format; `cn` and `dtmf` are the payload types that are not audio. */
  | { type: 'format'; format: AudioFormat; cn: number[]; dtmf: number[] }
  /** The source says that it dropped this much media before the next frame. */
  | { type: 'lost'; durationMs: number }
  /** The recorder could not keep this many bytes of the log before the next record (disk full). */
  | { type: 'dropped'; bytes: number }
  /** The source's own clock (RTCP sender report): this RTP timestamp was sampled at this wall time. Not used to place. */
  | { type: 'sync'; ssrc: number; timestamp: number; wallMs: number }
  /** The recorder itself was not there between the record before and the record after. */
  | { type: 'interrupted' }
  /** The leg ended in order. A log without it was cut off: its end is marked `interrupted`. */
  | { type: 'end' }

const CODES = { mask: 1, hold: 2, format: 3, lost: 4, dropped: 5, sync: 6, interrupted: 7, end: 8 } as const
const CODECS: readonly Codec[] = ['PCMU', 'PCMA', 'G722', 'opus', 'G729', 'L16']

/** Bytes of a format: codec u8, channels u8, rate u32, then both lists of payload types, each preceded by its length. */
export function encodeFormat(format: AudioFormat, cn: readonly number[], dtmf: readonly number[]): Buffer {
  const out = Buffer.alloc(8 + cn.length + dtmf.length)
  out[0] = CODECS.indexOf(format.codec)
  out[1] = format.channels
  out.writeUInt32BE(format.rate, 2)
  out[6] = cn.length
  out.set(cn, 7)
  out[7 + cn.length] = dtmf.length
  out.set(dtmf, 8 + cn.length)
  return out
}

/** Reads what `encodeFormat` wrote. Throws Problem `packet_log_damaged`. */
export function decodeFormat(bytes: Buffer): { format: AudioFormat; cn: number[]; dtmf: number[] } {
  const codec = CODECS[bytes[0] ?? 255]
  const cnLength = bytes[6] ?? 0
  const dtmfLength = bytes[7 + cnLength] ?? 0
  if (!codec || bytes[1] !== 1 || bytes.length !== 8 + cnLength + dtmfLength) throw damaged('an unknown audio format')
  const rate = bytes.readUInt32BE(2)
  if (rate < 1) throw damaged('a clock rate of 0 Hz')
  const cn = [...bytes.subarray(7, 7 + cnLength)]
  return { format: { codec, rate, channels: 1 }, cn, dtmf: [...bytes.subarray(8 + cnLength)] }
}

/** Body of an event record: code u8, then what the event needs. */
export function encodeEvent(event: LogEvent): Buffer {
  const code = CODES[event.type]
  switch (event.type) {
    case 'mask':
      return Buffer.from(event.on ? [code, 1, MASK_KINDS.indexOf(event.kind)] : [code, 0])
    case 'hold':
      return Buffer.from([code, event.on ? 1 : 0])
    case 'format':
      return Buffer.concat([Buffer.from([code]), encodeFormat(event.format, event.cn, event.dtmf)])
    case 'lost':
      return withDouble(code, event.durationMs)
    case 'dropped':
      return withDouble(code, event.bytes)
    case 'sync':
      return encodeSync(event)
    default:
      return Buffer.from([code])
  }
}

/** Reads an event record's body. Throws Problem `packet_log_damaged`. */
export function decodeEvent(body: Buffer): LogEvent {
  switch (body[0]) {
    case CODES.mask:
      return decodeMask(body)
    case CODES.hold:
      return { type: 'hold', on: sized(body, 2)[1] === 1 }
    case CODES.format:
      return { type: 'format', ...decodeFormat(body.subarray(1)) }
    case CODES.lost:
      return { type: 'lost', durationMs: amount(body) }
    case CODES.dropped:
      return { type: 'dropped', bytes: amount(body) }
    case CODES.sync:
      return decodeSync(sized(body, 17))
    case CODES.interrupted:
      return { type: 'interrupted' }
    case CODES.end:
      return { type: 'end' }
    default:
      throw damaged(`an unknown event ${body[0] ?? 'without a code'}`)
  }
}

export const damaged = (what: string): Problem =>
  new Problem('packet_log_damaged', 500, `The packet log holds ${what}. Run \`verbale doctor\`.`)

function decodeMask(body: Buffer): LogEvent {
  if (body[1] !== 1) return { type: 'mask', on: false }
  const kind = MASK_KINDS[sized(body, 3).readUInt8(2)]
  if (!kind) throw damaged('a mask of unknown kind')
  return { type: 'mask', on: true, kind }
}

function encodeSync(event: Extract<LogEvent, { type: 'sync' }>): Buffer {
  const out = Buffer.alloc(17)
  out[0] = CODES.sync
  out.writeUInt32BE(event.ssrc, 1)
  out.writeUInt32BE(event.timestamp, 5)
  out.writeDoubleBE(event.wallMs, 9)
  return out
}

const decodeSync = (body: Buffer): LogEvent => ({
  type: 'sync',
  ssrc: body.readUInt32BE(1),
  timestamp: body.readUInt32BE(5),
  wallMs: body.readDoubleBE(9),
})

function withDouble(code: number, value: number): Buffer {
  const out = Buffer.alloc(9)
  out[0] = code
  out.writeDoubleBE(value, 1)
  return out
}

function amount(body: Buffer): number {
  const value = sized(body, 9).readDoubleBE(1)
  if (!Number.isFinite(value) || value < 0) throw damaged('an impossible amount')
  return value
}

function sized(body: Buffer, length: number): Buffer {
  if (body.length !== length) throw damaged('an event of the wrong length')
  return body
}

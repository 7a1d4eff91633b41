import type { AudioFormat } from '../source.ts'
import type { LogRecord } from './packetlog.ts'
import { readRtp } from './rtp.ts'

/**
 * A record's codec bytes; undefined when it has none or its payload type is one of `silent`. L16 comes in little-endian order:
 * RTP carries it big-endian (RFC 3551 §4.5.11), streams do not.
 */
export function payloadOf(record: LogRecord, format: AudioFormat, silent: readonly number[] = []): Buffer | undefined {
  if (record.type === 'frame') return record.payload
  if (record.type !== 'rtp') return undefined
  const rtp = readRtp(record.packet)
  if (!rtp || silent.includes(rtp.payloadType)) return undefined
  const payload = record.packet.subarray(rtp.payloadFrom, rtp.payloadTo)
  return format.codec === 'L16' ? Buffer.from(payload.subarray(0, payload.length & ~1)).swap16() : payload
}

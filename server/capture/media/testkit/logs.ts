import type { StreamReader } from '../../../vault/types.ts'
import type { AudioFormat } from '../../source.ts'
import { encodeHeader, encodeRecord, LegRecords, type LogRecord, type PacketLogHeader } from '../packetlog.ts'
import { sendRtp, type Impairments } from './rtp.ts'

/** A reader over bytes in memory; `reads` and `bytesRead` tell what was asked of it. */
export function memoryReader(bytes: Buffer): StreamReader & { reads: number; bytesRead: number } {
  return {
    size: bytes.length,
    reads: 0,
    bytesRead: 0,
    async read(from, to) {
      this.reads++
      this.bytesRead += Math.min(to, bytes.length) - from
      return bytes.subarray(from, to)
    },
  }
}

/** A leg's header for a call that began at monotonic 0. */
export const headerOf = (format: AudioFormat, sequenced = true): PacketLogHeader => ({
  format,
  sequenced,
  startedAt: 1_767_225_600_000,
  anchorNs: 0n,
  cn: [13],
  dtmf: [101],
})

export const logOf = (header: PacketLogHeader, records: readonly LogRecord[]): Buffer =>
  Buffer.concat([encodeHeader(header), ...records.map(encodeRecord)])

/** The packet log of payloads sent over RTP, closed by its `end` event. */
export function rtpLog(format: AudioFormat, payloads: readonly Buffer[], network: Impairments = {}): Buffer {
  const header = headerOf(format)
  const leg = new LegRecords(header)
  const records = sendRtp(payloads, { rate: format.rate, ...network }).map((s) => leg.rtp(s.packet, s.arrivalNs))
  const lastNs = records.at(-1)?.atNs ?? 0
  return logOf(header, [...records, leg.event({ type: 'end' }, BigInt(Math.round(lastNs)))])
}

/** Pieces as one. */
export async function joined(parts: AsyncIterable<Buffer>): Promise<Buffer> {
  const out: Buffer[] = []
  for await (const part of parts) out.push(part)
  return Buffer.concat(out)
}

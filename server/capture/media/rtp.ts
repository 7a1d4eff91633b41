/** The fields of an RTP header (RFC 3550 §5.1) that place a packet; payload is `[payloadFrom, payloadTo)` of the packet. */
export type RtpHeader = {
  payloadType: number
  sequence: number
  timestamp: number
  ssrc: number
  payloadFrom: number
  payloadTo: number
}

export const RTP_FIXED_HEADER = 12

/** Payload types that carry no audio: those negotiated, and 13, which is comfort noise everywhere (RFC 3551 table 4). */
export const silentTypes = (types: { cn: readonly number[]; dtmf: readonly number[] }): number[] => [
  ...new Set([13, ...types.cn, ...types.dtmf]),
]

/** Reads an RTP header; undefined when the bytes are not a well-formed version 2 packet. Copies nothing. */
export function readRtp(packet: Buffer): RtpHeader | undefined {
  const length = packet.length
  if (length < RTP_FIXED_HEADER) return undefined
  const first = packet[0] ?? 0
  if (first >> 6 !== 2) return undefined
  let payloadFrom = RTP_FIXED_HEADER + (first & 15) * 4
  if (first & 0x10) {
    if (length < payloadFrom + 4) return undefined
    payloadFrom += 4 + packet.readUInt16BE(payloadFrom + 2) * 4
  }
  const payloadTo = first & 0x20 ? length - packet.readUInt8(length - 1) : length
  if (payloadFrom > payloadTo || (first & 0x20 && payloadTo === length)) return undefined
  return header(packet, payloadFrom, payloadTo)
}

/** The fixed 12 bytes only, as a masked record keeps them. */
export const readFixed = (packet: Buffer): RtpHeader => header(packet, RTP_FIXED_HEADER, RTP_FIXED_HEADER)

const header = (packet: Buffer, payloadFrom: number, payloadTo: number): RtpHeader => ({
  payloadType: (packet[1] ?? 0) & 0x7f,
  sequence: ((packet[2] ?? 0) << 8) | (packet[3] ?? 0),
  timestamp: packet.readUInt32BE(4),
  ssrc: packet.readUInt32BE(8),
  payloadFrom,
  payloadTo,
})

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

/** Reads an RTP header; undefined when the bytes are not a well-formed version 2 packet. Copies nothing. */
export function readRtp(packet: Buffer): RtpHeader | undefined {
  const length = packet.length
  if (length < RTP_FIXED_HEADER) return undefined
  const first = packet.readUInt8(0)
  if (first >> 6 !== 2) return undefined
  let payloadFrom = RTP_FIXED_HEADER + (first & 15) * 4
  if (first & 0x10) {
    if (length < payloadFrom + 4) return undefined
    payloadFrom += 4 + packet.readUInt16BE(payloadFrom + 2) * 4
  }
  const payloadTo = first & 0x20 ? length - packet.readUInt8(length - 1) : length
  if (payloadFrom > payloadTo || (first & 0x20 && payloadTo === length)) return undefined
  return { ...readFixed(packet), payloadFrom, payloadTo }
}

/** The fixed 12 bytes only, without looking at version, extension or padding. */
export const readFixed = (header: Buffer): Pick<RtpHeader, 'payloadType' | 'sequence' | 'timestamp' | 'ssrc'> => ({
  payloadType: header.readUInt8(1) & 0x7f,
  sequence: header.readUInt16BE(2),
  timestamp: header.readUInt32BE(4),
  ssrc: header.readUInt32BE(8),
})

const KEYS = '0123456789*#ABCD'

export type PressOptions = {
  ssrc?: number | undefined
  sequence: number
  timestamp: number
  payloadType?: number
  updates?: number
}

/** The packets of one key press as RFC 4733 §2.5.1 has them: updates with growing duration, then the end three times. */
export function pressPackets(key: string, options: PressOptions): Buffer[] {
  const { ssrc = 7, sequence, timestamp, payloadType = 101, updates = 5 } = options
  return Array.from({ length: updates + 3 }, (_, i) => {
    const packet = Buffer.alloc(16)
    packet[0] = 0x80
    packet[1] = payloadType | (i === 0 ? 0x80 : 0)
    packet.writeUInt16BE((sequence + i) & 0xffff, 2)
    packet.writeUInt32BE(timestamp >>> 0, 4)
    packet.writeUInt32BE(ssrc, 8)
    packet[12] = KEYS.indexOf(key)
    packet[13] = (i >= updates ? 0x80 : 0) | 10
    packet.writeUInt16BE(Math.min(i + 1, updates) * 160, 14)
    return packet
  })
}

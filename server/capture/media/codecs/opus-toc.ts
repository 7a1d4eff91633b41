/** Samples per frame at 48 kHz by TOC configuration (RFC 6716 table 2). */
const FRAME_TICKS = Array.from({ length: 32 }, (_, config) => {
  if (config < 12) return [480, 960, 1920, 2880][config & 3] ?? 0
  if (config < 16) return config & 1 ? 960 : 480
  return [120, 240, 480, 960][config & 3] ?? 0
})

const MAX_FRAME = 1275
const MAX_TICKS = 5760

/** Duration of an Opus packet in samples at 48 kHz, from its table-of-contents byte; 0 when empty or malformed. */
export function opusTicks(packet: Uint8Array): number {
  const toc = packet[0]
  if (toc === undefined) return 0
  const code = toc & 3
  const frames = code === 0 ? 1 : code < 3 ? 2 : (packet[1] ?? 0) & 0x3f
  const ticks = (FRAME_TICKS[toc >> 3] ?? 0) * frames
  return ticks > MAX_TICKS ? 0 : ticks
}

/** Whether a packet keeps the framing rules R1 to R7 of RFC 6716 §3.4, so that the decoder will take it. */
export function isOpusPacket(packet: Uint8Array): boolean {
  if (opusTicks(packet) === 0) return false
  const size = packet.length - 1
  switch ((packet[0] ?? 0) & 3) {
    case 0:
      return size <= MAX_FRAME
    case 1:
      return size % 2 === 0 && size / 2 <= MAX_FRAME
    case 2: {
      const first = lengthAt(packet, 1)
      return first !== undefined && fits(packet.length - first.next - first.length)
    }
    default:
      return hasSoundFrames(packet)
  }
}

/** Code 3: a count, perhaps padding, then frames of equal or of given lengths. */
function hasSoundFrames(packet: Uint8Array): boolean {
  const head = packet[1] ?? 0
  const frames = head & 0x3f
  let at = 2
  let padding = 0
  if (head & 0x40) {
    for (let byte = 255; byte === 255; at++) {
      if (at >= packet.length) return false
      byte = packet[at] ?? 0
      padding += byte === 255 ? 254 : byte
    }
  }
  let left = packet.length - padding
  if (left < at) return false
  if (!(head & 0x80)) return (left - at) % frames === 0 && fits((left - at) / frames)
  for (let i = 1; i < frames; i++) {
    const frame = lengthAt(packet, at)
    if (!frame) return false
    at = frame.next
    left -= frame.length
  }
  return fits(left - at)
}

const fits = (length: number): boolean => length >= 0 && length <= MAX_FRAME

/** A frame length of one or two bytes (§3.2.1). */
function lengthAt(packet: Uint8Array, at: number): { length: number; next: number } | undefined {
  const first = packet[at]
  if (first === undefined) return undefined
  if (first < 252) return { length: first, next: at + 1 }
  const second = packet[at + 1]
  return second === undefined ? undefined : { length: second * 4 + first, next: at + 2 }
}

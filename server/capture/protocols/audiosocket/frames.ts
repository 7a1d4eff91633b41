/** Message types of AudioSocket (Asterisk: app_audiosocket, chan_audiosocket, ARI external media). */
export const HANGUP = 0x00
export const UUID = 0x01
export const DTMF = 0x03
export const ERROR = 0xff

/** Audio types and their sample rates in Hz: 16-bit linear, little-endian, mono. */
const RATES: ReadonlyMap<number, number> = new Map([
  [0x10, 8000],
  [0x11, 12_000],
  [0x12, 16_000],
  [0x13, 24_000],
  [0x14, 32_000],
  [0x15, 44_100],
  [0x16, 48_000],
  [0x17, 96_000],
  [0x18, 192_000],
])

export const rateOf = (type: number): number | null => RATES.get(type) ?? null

export type Frame = { type: number; payload: Buffer }

const HEADER = 3

/**
 * Cuts a TCP stream into frames: type (1 byte), length (2 bytes, big-endian), payload. Keeps at most one incomplete frame
 * (64 KiB). `push` gives the frames completed by these bytes.
 */
export function createFramer(): { push(bytes: Buffer): Frame[] } {
  let parts: Buffer[] = []
  let held = 0
  return {
    push(bytes) {
      // The header stays in one piece, so that a stream cut into single bytes costs no more than another.
      if (held < HEADER) parts = [Buffer.concat([...parts, bytes])]
      else parts.push(bytes)
      held += bytes.length
      if (held < HEADER || held < HEADER + parts[0]!.readUInt16BE(1)) return []
      const all = parts.length === 1 ? parts[0]! : Buffer.concat(parts, held)
      const frames: Frame[] = []
      let at = 0
      while (all.length - at >= HEADER) {
        const end = at + HEADER + all.readUInt16BE(at + 1)
        if (end > all.length) break
        frames.push({ type: all[at]!, payload: all.subarray(at + HEADER, end) })
        at = end
      }
      parts = at === all.length ? [] : [all.subarray(at)]
      held = all.length - at
      return frames
    },
  }
}

export function encodeFrame(type: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(HEADER)
  head[0] = type
  head.writeUInt16BE(payload.length, 1)
  return Buffer.concat([head, payload])
}

/** The text form of 16 bytes. */
export function uuidText(bytes: Buffer): string {
  const hex = bytes.toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}

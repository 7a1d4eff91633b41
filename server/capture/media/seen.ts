import type { Unit } from './epoch.ts'

const SLOTS = 1024

/** Remembers the last packets of a leg, to tell a repeated one and whether its payload is the same. */
export class SeenPackets {
  private readonly keys = new Float64Array(SLOTS).fill(-1)
  private readonly ssrcs = new Uint32Array(SLOTS)
  private readonly hashes = new Uint32Array(SLOTS)

  /** Notes a packet; tells whether it is a repeat of one noted before (sequence, timestamp and SSRC equal). */
  note(unit: Unit): undefined | 'same' | 'different' {
    const slot = unit.sequence & (SLOTS - 1)
    const key = unit.timestamp * 65536 + unit.sequence
    const hash = unit.payload ? hashOf(unit.payload) : 0
    if (this.keys[slot] === key && this.ssrcs[slot] === unit.ssrc) {
      const first = this.hashes[slot]
      return first === hash || first === 0 || hash === 0 ? 'same' : 'different'
    }
    this.keys[slot] = key
    this.ssrcs[slot] = unit.ssrc
    this.hashes[slot] = hash
    return undefined
  }
}

/** FNV-1a, 32 bits, never 0. Finds accidents, not attackers: the log keeps both payloads. */
function hashOf(bytes: Buffer): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ (bytes[i] ?? 0), 0x01000193)
  return hash >>> 0 || 1
}

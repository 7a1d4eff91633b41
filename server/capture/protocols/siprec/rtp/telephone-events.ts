import { headerBytes } from './srtp.ts'

/** Keys by event code (RFC 4733 §3.2, table 3). */
const KEYS = '0123456789*#ABCD'
/** The longest duration a packet can state; a key held longer goes on as a segment that begins there (RFC 4733 §2.5.1.3). */
const SEGMENT = 0xffff
/** Presses remembered, so that a late or repeated packet is not a new press. */
const REMEMBERED = 64

type Press = { ssrc: number; startedAt: number; event: number; ended: boolean }

/**
 * Keys pressed on one leg, from its telephone-event packets (RFC 4733). A press is all packets of one RTP timestamp, or of
 * segments that continue it, and counts once, with the first of its packets that arrives, whichever that is: any may be lost,
 * late or repeated.
 */
export class TelephoneEvents {
  #recent: Press[] = []

  /** The key of a press not seen before; null for another packet of a known one and for what is no key. Plain RTP. */
  read(packet: Buffer): string | null {
    const event = eventOf(packet)
    if (!event) return null
    const known = this.#recent.findLast((one) => one.ssrc === event.ssrc && one.startedAt === event.startedAt)
    if (known) {
      known.ended ||= event.ended
      return null
    }
    const continued = this.#recent.some((one) => continues(event, one))
    this.#recent.push(event)
    if (this.#recent.length > REMEMBERED) this.#recent.shift()
    return continued ? null : (KEYS[event.event] as string)
  }
}

const continues = (event: Press, before: Press): boolean =>
  !before.ended &&
  event.ssrc === before.ssrc &&
  event.event === before.event &&
  event.startedAt === (before.startedAt + SEGMENT) >>> 0

function eventOf(packet: Buffer): Press | null {
  const start = headerBytes(packet)
  if (start < 0) return null
  const padding = ((packet[0] as number) & 0x20) === 0 ? 0 : (packet.at(-1) as number)
  if (packet.length - padding < start + 4) return null
  const event = packet[start] as number
  if (event >= KEYS.length) return null
  const ended = ((packet[start + 1] as number) & 0x80) !== 0
  return { ssrc: packet.readUInt32BE(8), startedAt: packet.readUInt32BE(4), event, ended }
}

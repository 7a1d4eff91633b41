import type { Logger } from '../../../../platform/log.ts'
import type { AudioFormat, LegFacts, LegIntake } from '../../../source.ts'
import { plainAddress, type Endpoint } from '../sip/flow.ts'
import { SourceLatch } from './latch.ts'
import { headerBytes, SrtpReceiver } from './srtp.ts'
import { TelephoneEvents } from './telephone-events.ts'

/** What the latest offer and answer say about a leg's packets. */
export type MediaTerms = {
  /** Payload type and format agreed on. */
  audio: { pt: number; format: AudioFormat }
  /** Every audio payload type of the offer that we understand. */
  formats: ReadonlyMap<number, AudioFormat>
  dtmf: number[]
  cn: number[]
  /** Where the offer says media comes from. */
  named: Endpoint | null
}

export type MediaCounts = {
  received: number
  wrongSource: number
  malformed: number
  unauthentic: number
  replayed: number
  unknownType: number
}

export const noCounts = (): MediaCounts => ({
  received: 0,
  wrongSource: 0,
  malformed: 0,
  unauthentic: 0,
  replayed: 0,
  unknownType: 0,
})

export function addCounts(total: MediaCounts, more: MediaCounts): void {
  total.received += more.received
  total.wrongSource += more.wrongSource
  total.malformed += more.malformed
  total.unauthentic += more.unauthentic
  total.replayed += more.replayed
  total.unknownType += more.unknownType
}

/** Keys of a session just replaced are still tried this long for packets on their way, ns. */
const REKEY_GRACE_NS = 5_000_000_000n

/**
 * One leg's packets: source, shape, authenticity and payload type are checked, then the packet is handed over as plain RTP,
 * otherwise untouched. Packets are told apart by the port they arrive on, never by SSRC.
 */
export class MediaReceiver {
  readonly counts = noCounts()
  #intake: LegIntake | null = null
  #pressed: (key: string) => void = () => {}
  #events = new TelephoneEvents()
  #terms: MediaTerms
  #current: AudioFormat
  #latch: SourceLatch
  #srtp: SrtpReceiver | null = null
  #previous: { srtp: SrtpReceiver; untilNs: bigint } | null = null
  #log: Logger
  #failed = false
  /** The latest sender's address as the socket writes it, and plain: packet after packet it is the same. */
  #from = { raw: '', plain: '' }

  constructor(terms: MediaTerms, deps: { acceptable: (address: string) => boolean; log: Logger }) {
    this.#terms = terms
    this.#current = terms.audio.format
    this.#latch = new SourceLatch(deps.acceptable)
    this.#latch.renegotiate(terms.named)
    this.#log = deps.log
  }

  /** `pressed` is told every key pressed on the leg, once. */
  attach(intake: LegIntake, pressed: (key: string) => void): void {
    this.#intake = intake
    this.#pressed = pressed
  }

  /** New terms of a re-INVITE. */
  renegotiate(terms: MediaTerms): void {
    const changed = !sameTerms(terms, this.#terms) || !sameFormat(terms.audio.format, this.#current)
    this.#terms = terms
    this.#latch.renegotiate(terms.named)
    if (changed) this.#change(terms.audio.format)
  }

  /** New keys, or null for plain RTP. A source that carries on with its roll-over counter is followed. */
  protect(srtp: SrtpReceiver | null, nowNs: bigint): void {
    if (this.#srtp) this.#previous = { srtp: this.#srtp, untilNs: nowNs + REKEY_GRACE_NS }
    this.#srtp = srtp
  }

  rolloverOf = (ssrc: number): number => this.#previous?.srtp.rolloverOf(ssrc) ?? 0

  packet(packet: Buffer, from: Endpoint, nowNs: bigint): void {
    if (from.address !== this.#from.raw) this.#from = { raw: from.address, plain: plainAddress(from.address) }
    const address = this.#from.plain
    if (!this.#latch.admits(address, from.port, nowNs)) {
      this.counts.wrongSource++
      return
    }
    const type = typeOf(packet)
    if (type < 0) this.counts.malformed++
    // RTCP sharing the port (RFC 5761 §4).
    else if (type >= 64 && type <= 95) return
    else if (!this.#known(type)) this.counts.unknownType++
    else {
      const plain = this.#srtp ? this.#unprotect(this.#srtp, packet, nowNs) : packet
      if (!plain) return
      if (!soundPadding(plain)) {
        this.counts.malformed++
        return
      }
      this.#latch.confirm(address, from.port, nowNs)
      this.#deliver(plain, type, nowNs)
    }
  }

  #known(type: number): boolean {
    return this.#terms.formats.has(type) || this.#terms.dtmf.includes(type) || this.#terms.cn.includes(type)
  }

  #unprotect(srtp: SrtpReceiver, packet: Buffer, nowNs: bigint): Buffer | null {
    let plain = srtp.unprotect(packet)
    const previous = this.#previous
    if (plain === 'unauthentic' && previous) {
      if (nowNs < previous.untilNs) plain = previous.srtp.unprotect(packet)
      else this.#previous = null
    }
    if (typeof plain !== 'string') return plain
    this.counts[plain]++
    return null
  }

  #deliver(packet: Buffer, type: number, nowNs: bigint): void {
    const intake = this.#intake
    if (!intake) return
    this.counts.received++
    try {
      const format = this.#terms.formats.get(type)
      if (format && !sameFormat(format, this.#current)) this.#change(format)
      intake.rtp(packet, nowNs)
      const key = this.#terms.dtmf.includes(type) ? this.#events.read(packet) : null
      if (key !== null) this.#pressed(key)
    } catch (e) {
      if (!this.#failed) this.#log.error({ err: e }, 'the recorder refused a packet')
      this.#failed = true
    }
  }

  #change(format: AudioFormat): void {
    this.#current = format
    this.#intake?.change({ format, dtmfPayloadTypes: this.#terms.dtmf, cnPayloadTypes: this.#terms.cn })
  }
}

const sameFormat = (a: AudioFormat, b: AudioFormat): boolean => a.codec === b.codec && a.rate === b.rate

const sameTerms = (a: MediaTerms, b: MediaTerms): boolean =>
  sameFormat(a.audio.format, b.audio.format) && String(a.dtmf) === String(b.dtmf) && String(a.cn) === String(b.cn)

/** The payload type of a well-formed RTP version 2 packet (RFC 3550 §5.1); -1 for anything else. */
function typeOf(packet: Buffer): number {
  const first = packet[0] ?? 0
  if (first >> 6 !== 2 || headerBytes(packet) < 0) return -1
  return (packet[1] as number) & 0x7f
}

/** Padding, when flagged, names a length that fits (RFC 3550 §5.1). Encrypted with SRTP, so looked at afterwards. */
function soundPadding(packet: Buffer): boolean {
  if (((packet[0] as number) & 0x20) === 0) return true
  const padding = packet[packet.length - 1] as number
  return padding > 0 && padding <= packet.length - headerBytes(packet)
}

export const legPayloads = (terms: MediaTerms): Pick<LegFacts, 'format' | 'dtmfPayloadTypes' | 'cnPayloadTypes'> => ({
  format: terms.audio.format,
  dtmfPayloadTypes: terms.dtmf,
  cnPayloadTypes: terms.cn,
})

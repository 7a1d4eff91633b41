import type { StreamWriter } from '../../vault/index.ts'
import {
  encodeHeader,
  encodeRecord,
  LegRecords,
  LevelMeter,
  type LogEvent,
  type LogRecord,
  type MaskKind,
} from '../media/index.ts'
import type { LegFacts } from '../source.ts'
import type { Masks } from './masks.ts'

type Waiting =
  | { atNs: bigint; kind: 'rtp'; bytes: Buffer }
  | { atNs: bigint; kind: 'frame'; bytes: Buffer; position: number | undefined }
  | { atNs: bigint; kind: 'event'; event: LogEvent }

export type LegOptions = {
  index: number
  facts: LegFacts
  /** The call's origin: monotonic ns and wall ms. */
  origin: { anchorNs: bigint; startedAt: number }
  sequenced: boolean
  masks: Masks
  /** Most bytes held in memory while keys and rows are not yet durable. */
  waitingLimit: number
}

/**
 * One leg's delay buffer and its way into the packet log. Media enters with its arrival time, waits in memory, and leaves in
 * `drain()` either untouched or, where a mask lies, as a masked record without any payload.
 */
export class LegRecorder {
  readonly index: number
  readonly facts: LegFacts
  readonly level: LevelMeter
  held = false
  ended = false
  packets = 0
  #records: LegRecords
  #masks: Masks
  #waiting: Waiting[] = []
  #waitingBytes = 0
  #waitingLimit: number
  /** Bytes refused since the last item that waits. */
  #overflow = 0
  #writer: StreamWriter | null = null
  #headerBytes: Buffer
  #drainedNs: bigint
  #masked: MaskKind | null = null
  #lost = 0
  #endedNs: bigint | null = null
  /** The newest packet left out by a mask. */
  #lastMasked: { ssrc: number; sequence: number } | null = null

  constructor(options: LegOptions) {
    const { facts, origin } = options
    this.index = options.index
    this.facts = facts
    this.#masks = options.masks
    this.#waitingLimit = options.waitingLimit
    const header = {
      format: facts.format,
      sequenced: options.sequenced,
      startedAt: origin.startedAt,
      anchorNs: origin.anchorNs,
      cn: facts.cnPayloadTypes ?? [],
      dtmf: facts.dtmfPayloadTypes ?? [],
    }
    this.#records = new LegRecords(header)
    this.#headerBytes = encodeHeader(header)
    this.#drainedNs = origin.anchorNs - 1n
    this.level = new LevelMeter(header)
  }

  get writer(): StreamWriter | null {
    return this.#writer
  }

  rtp(bytes: Buffer, atNs: bigint): void {
    this.#put({ atNs, kind: 'rtp', bytes }, bytes.length)
  }

  frame(bytes: Buffer, atNs: bigint, position: number | undefined): void {
    this.#put({ atNs, kind: 'frame', bytes, position }, bytes.length)
  }

  event(event: LogEvent, atNs: bigint): void {
    this.#put({ atNs, kind: 'event', event }, 0)
  }

  /** Starts writing: keys, rows and `capture.started` are durable from here on. */
  attach(writer: StreamWriter): void {
    this.#writer = writer
    writer.append(this.#headerBytes)
  }

  /** Writes everything that arrived up to `untilNs`. Masked payloads are zeroed in memory as they are dropped. */
  drain(untilNs: bigint): void {
    if (!this.#writer || untilNs <= this.#drainedNs) return
    const out: Buffer[] = this.#restatement(untilNs)
    const changes = this.#masks.between(this.#drainedNs, untilNs)
    let taken = 0
    for (const item of this.#waiting) {
      if (item.atNs > untilNs) break
      taken++
      while (changes[0] && changes[0].fromNs <= item.atNs) this.#change(changes.shift()?.kind ?? null, item.atNs, out)
      this.#write(item, out)
    }
    for (const change of changes) this.#change(change.kind, change.fromNs, out)
    if (taken > 0) this.#waiting.splice(0, taken)
    this.#drainedNs = untilNs
    if (out.length > 0) this.#append(out)
  }

  /** After the last drain: says again the end that a full disk refused. True once the log holds it. */
  conclude(): boolean {
    if (!this.#writer || this.#lost === 0 || this.#endedNs === null) return true
    this.#append([...this.#restated(this.#endedNs), encodeRecord(this.#records.event({ type: 'end' }, this.#endedNs))])
    return this.#lost === 0
  }

  /** Whether all of the log, its end included, survives a power cut. */
  get safe(): boolean {
    return this.#writer !== null && this.#lost === 0 && this.#writer.durable === this.#writer.appended
  }

  /** Drops what still waits, zeroed: the call turned out not to be recorded, or never became durable. */
  discard(): void {
    for (const item of this.#waiting) if (item.kind !== 'event') item.bytes.fill(0)
    this.#waiting = []
    this.#waitingBytes = 0
  }

  #put(item: Waiting, bytes: number): void {
    if (this.ended) return
    if (!this.#writer && this.#waitingBytes + bytes > this.#waitingLimit) {
      this.#overflow += bytes
      return
    }
    if (this.#overflow > 0) this.#announceOverflow(item.atNs)
    this.#waitingBytes += bytes
    const last = this.#waiting.at(-1)
    // Arrival times never run backwards in the log: a clock read out of order is raised to its neighbour's.
    if (last && item.atNs < last.atNs) item.atNs = last.atNs
    this.#waiting.push(item)
  }

  /** What memory could not keep lies here, behind what it kept. */
  #announceOverflow(atNs: bigint): void {
    this.#waiting.push({ atNs, kind: 'event', event: { type: 'dropped', bytes: this.#overflow } })
    this.#overflow = 0
  }

  #write(item: Waiting, out: Buffer[]): void {
    if (item.kind === 'event') {
      if (item.event.type === 'end') this.#endedNs = item.atNs
      const record = this.#records.event(item.event, item.atNs)
      this.level.push(record)
      out.push(encodeRecord(record))
      return
    }
    this.packets++
    this.#waitingBytes -= item.bytes.length
    const masked = this.#masked !== null || (item.kind === 'rtp' && this.#belatedlyMasked(item.bytes))
    if (masked && item.kind === 'rtp') this.#noteMasked(item.bytes)
    const record = masked ? this.#maskedRecord(item) : this.#kept(item)
    if (!masked) this.level.push(record)
    out.push(encodeRecord(record))
    if (masked) item.bytes.fill(0)
  }

  /**
   * A late or repeated copy of a packet sent during a mask may arrive after the mask's end: its number tells, and it stays
   * out. Only the 100 numbers before the last masked one count, so that a new stream is not taken for an old packet.
   */
  #belatedlyMasked(bytes: Buffer): boolean {
    const last = this.#lastMasked
    if (!last || bytes.length < 12 || bytes.readUInt32BE(8) !== last.ssrc) return false
    const behind = (last.sequence - bytes.readUInt16BE(2)) & 0xffff
    return behind < 100
  }

  #noteMasked(bytes: Buffer): void {
    if (bytes.length < 12) return
    const sequence = bytes.readUInt16BE(2)
    const ssrc = bytes.readUInt32BE(8)
    const last = this.#lastMasked
    if (!last || last.ssrc !== ssrc || ((sequence - last.sequence) & 0xffff) < 0x8000)
      this.#lastMasked = { ssrc, sequence }
  }

  #kept(item: Exclude<Waiting, { kind: 'event' }>): LogRecord {
    return item.kind === 'rtp'
      ? this.#records.rtp(item.bytes, item.atNs)
      : this.#records.frame(item.bytes, item.atNs, item.position)
  }

  #maskedRecord(item: Exclude<Waiting, { kind: 'event' }>): LogRecord {
    return item.kind === 'rtp'
      ? this.#records.maskedRtp(item.bytes, item.atNs)
      : this.#records.maskedFrame(item.bytes, item.atNs, item.position)
  }

  #change(kind: MaskKind | null, atNs: bigint, out: Buffer[]): void {
    if (kind === this.#masked) return
    this.#masked = kind
    const event: LogEvent = kind === null ? { type: 'mask', on: false } : { type: 'mask', on: true, kind }
    out.push(encodeRecord(this.#records.event(event, atNs)))
  }

  /** What a full disk refused is announced before the next record that fits, with the state its lost events had set. */
  #restatement(atNs: bigint): Buffer[] {
    if (this.#lost === 0 || this.#waiting.length === 0) return []
    return this.#restated(this.#waiting[0]?.atNs ?? atNs)
  }

  #restated(atNs: bigint): Buffer[] {
    const events: LogEvent[] = [
      { type: 'dropped', bytes: this.#lost },
      { type: 'hold', on: this.held },
    ]
    if (this.#masked !== null) events.push({ type: 'mask', on: true, kind: this.#masked })
    return events.map((event) => encodeRecord(this.#records.event(event, atNs)))
  }

  #append(out: Buffer[]): void {
    const writer = this.#writer
    if (!writer) return
    const before = writer.dropped
    writer.append(out.length === 1 ? (out[0] as Buffer) : Buffer.concat(out))
    const dropped = writer.dropped - before
    this.#lost = dropped > 0 ? this.#lost + dropped : 0
  }
}

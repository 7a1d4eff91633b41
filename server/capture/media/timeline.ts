import type { AudioFormat } from '../source.ts'
import { Epoch, type EpochReason, type HoleCause, type Unit, type Verdict } from './epoch.ts'
import { anchorOf, inheritedAnchor, looksLikeMilliseconds, type Queued } from './anchoring.ts'
import type { LogEvent } from './events.ts'
import { laneRateOf, msOf, ticksOf } from './formats.ts'
import type { Gap, MaskKind, Span } from './gaps.ts'
import { buildLedger, type Label } from './ledger.ts'
import { Marks } from './marks.ts'
import { Placer, type Placement, type PlacementStats } from './placer.ts'
import type { LogRecord, PacketLogHeader } from './packetlog.ts'
import { readFixed, readRtp, silentTypes } from './rtp.ts'
import { SkewMeter } from './skew.ts'

/** A stretch under one clock, for the evidence: where it starts and why. */
export type EpochFacts = {
  reason: EpochReason
  /** Lane sample and log byte of its first packet. */
  from: number
  logOffset: number
  ssrc: number
  timestamp: number
  /** Arrival of its first packet, ms since the call's origin. */
  arrivedMs: number
  /** Samples by which it was moved later so as not to overwrite what was placed before. */
  shift: number
}

/** A repair of what the source sent, always shown. */
export type Correction = { kind: 'millisecond_timestamps'; from: number }

export type TimelineFacts = Span & {
  /** Samples per second of every position here; position 0 is the call's origin. */
  rate: number
  realSamples: number
  real: Span[]
  gaps: Gap[]
  epochs: EpochFacts[]
  corrections: Correction[]
  /** Speed of the source's clock against ours, parts per million; undefined before about a minute. An estimate. */
  skewPpm: number | undefined
  stats: PlacementStats & { malformed: number }
  /** The leg's `end` was recorded. */
  ended: boolean
}

export type TimelineOptions = {
  /** Lane rate in Hz; by default that of the leg's first format. */
  rate?: number | undefined
  /** Called once per packet placed, up to a second after its arrival while a new clock is being measured. */
  placed?: ((placement: Placement) => void) | undefined
}

/** A new clock is measured over its first second (50 packets of 20 ms) before anything is placed. */
const SETTLE_S = 1
const SETTLE_UNITS = 1000
/** Media and arrival may differ by this much before the clock is taken for another one. */
const JUMP_S = { sequenced: 1, plain: 0.25 }
/** Epochs to which a late packet may still belong. */
const OPEN_EPOCHS = 4
const EPOCH_FACTS = 10_000

/**
 * From records to their places on one leg's lane. Fed live by the recorder or replayed from the log: the result depends
 * on the records alone. Audio is never resampled, shifted within an epoch, or overwritten.
 */
export class Timeline {
  readonly rate: number
  private format: AudioFormat
  private silent: readonly number[]
  private readonly sequenced: boolean
  private readonly threshold: number
  private readonly placer: Placer
  private readonly masks = new Marks<MaskKind>()
  private readonly holds = new Marks<'hold'>()
  private readonly skew: SkewMeter
  private readonly facts: EpochFacts[] = []
  private readonly corrections: Correction[] = []
  private pending: { epoch: Epoch; queue: Queued[]; endAtOpening: number } | undefined
  private current: Epoch | undefined
  private recent: Epoch[] = []
  private cause: HoleCause | undefined
  private scale = 1
  private counter = 0
  private endAt: number | undefined
  /** Why the leg's last audio is missing, when the log says that some is. */
  private lostAtEnd: HoleCause | undefined
  private malformed = 0

  constructor(header: PacketLogHeader, options: TimelineOptions = {}) {
    this.rate = options.rate ?? laneRateOf(header.format)
    this.format = header.format
    this.silent = silentTypes(header)
    this.sequenced = header.sequenced
    this.threshold = (header.sequenced ? JUMP_S.sequenced : JUMP_S.plain) * this.rate
    this.placer = new Placer(options.placed)
    this.skew = new SkewMeter(this.rate)
  }

  /** Takes the next record; `offset` and `size` are its place in the log, handed on to `placed`. */
  push(record: LogRecord, offset = 0, size = 0): void {
    const arrival = (record.atNs * this.rate) / 1e9
    if (record.type === 'event') {
      this.onEvent(record.event, arrival)
      return
    }
    const unit = this.unitOf(record, arrival)
    if (!unit) {
      this.malformed++
      return
    }
    unit.offset = offset
    unit.size = size
    this.accept(unit)
  }

  /** Places what still waits for its clock to be measured. Called when no record follows. */
  finish(): void {
    this.settle()
  }

  /** Everything known so far. After `finish` and for the same records always the same. */
  result(): TimelineFacts {
    const { audio } = this.placer
    const end = this.endOfLane()
    const from = audio.spans.length + this.placer.masked.length > 0 ? this.placer.start : 0
    const span = { from: Math.min(from, end), to: end }
    const layers = [
      this.placer.masked,
      this.masks.labels(end),
      this.holds.labels(end),
      this.tail(end),
      this.placer.holeLabels(),
    ]
    const cutOff = this.endAt === undefined && !this.pending
    return {
      ...span,
      rate: this.rate,
      realSamples: audio.total,
      real: audio.spans.map((s) => ({ ...s })),
      gaps: buildLedger({ ...span, rate: this.rate, audio: audio.spans, layers, cutOff }),
      epochs: this.facts.map((f) => ({ ...f })),
      corrections: [...this.corrections],
      skewPpm: this.skew.ppm(),
      stats: { ...this.placer.stats, malformed: this.malformed },
      ended: this.endAt !== undefined,
    }
  }

  private onEvent(event: LogEvent, arrival: number): void {
    switch (event.type) {
      case 'mask':
        this.masks.set(event.on ? event.kind : undefined, this.positionNow(arrival))
        break
      case 'hold':
        this.holds.set(event.on ? 'hold' : undefined, this.positionNow(arrival))
        break
      case 'format':
        this.onFormat(event)
        break
      case 'lost':
        this.counter += Math.round((event.durationMs * this.format.rate) / 1000)
        this.cause = { kind: 'network_loss', provable: true }
        break
      case 'dropped':
        this.cause = { kind: 'disk', provable: true }
        break
      case 'interrupted':
        this.cause = { kind: 'interrupted', provable: true }
        break
      case 'end':
        this.settle()
        this.endAt = this.positionNow(arrival)
        this.lostAtEnd = this.cause
        break
      case 'sync':
        break
    }
  }

  private onFormat(event: Extract<LogEvent, { type: 'format' }>): void {
    const same = event.format.codec === this.format.codec && event.format.rate === this.format.rate
    this.silent = silentTypes(event)
    if (same) return
    this.settle()
    this.format = event.format
  }

  private unitOf(record: Exclude<LogRecord, { type: 'event' }>, arrival: number): Unit | undefined {
    if (record.type === 'rtp' || record.type === 'masked') return this.rtpUnit(record, arrival)
    const unit = this.blank(arrival)
    const plain = record.type === 'frame'
    unit.ticks = plain ? ticksOf(this.format, record.payload) : record.ticks
    unit.timestamp = record.position ?? this.counter
    this.counter = unit.timestamp + unit.ticks
    if (plain) unit.payload = record.payload
    else unit.mask = this.maskKind()
    return unit
  }

  private rtpUnit(record: Extract<LogRecord, { type: 'rtp' | 'masked' }>, arrival: number): Unit | undefined {
    const masked = record.type === 'masked'
    if (masked && record.header[0] !== 0x80) return undefined
    const rtp = masked ? readFixed(record.header) : readRtp(record.packet)
    if (!rtp) return undefined
    const unit = this.blank(arrival)
    unit.sequence = rtp.sequence
    unit.timestamp = rtp.timestamp
    unit.ssrc = rtp.ssrc
    if (masked) {
      unit.ticks = record.ticks
      unit.mask = this.maskKind()
      return unit
    }
    const silent = this.silent.includes(rtp.payloadType)
    unit.payload = record.packet.subarray(rtp.payloadFrom, rtp.payloadTo)
    unit.ticks = silent ? 0 : ticksOf(this.format, unit.payload)
    return unit
  }

  private maskKind(): MaskKind {
    return this.masks.current ?? 'other'
  }

  private blank(arrival: number): Unit {
    return {
      arrival,
      ssrc: 0,
      sequence: -1,
      timestamp: 0,
      ticks: 0,
      mask: undefined,
      cause: undefined,
      payload: undefined,
      format: this.format,
      offset: 0,
      size: 0,
    }
  }

  private accept(unit: Unit): void {
    const { pending } = this
    if (pending) {
      const waited = unit.arrival - pending.epoch.firstArrival
      if (waited >= SETTLE_S * this.rate || pending.queue.length >= SETTLE_UNITS) this.settle()
    }
    if (this.route(unit)) return
    if (this.pending) {
      // Measured and perhaps repaired, the waiting clock may turn out to fit.
      this.settle()
      if (this.route(unit)) return
    }
    this.open(unit)
  }

  /** Gives the unit to the epoch whose clock it fits, newest first. */
  private route(unit: Unit): boolean {
    const { threshold } = this
    if (this.pending) {
      const verdict = this.pending.epoch.judge(unit, threshold)
      if (this.deliver(this.pending.epoch, verdict, unit)) return true
    }
    for (let i = this.recent.length - 1; i >= 0; i--) {
      const epoch = this.recent[i]
      if (epoch && this.deliver(epoch, epoch.judge(unit, threshold), unit)) return true
    }
    return false
  }

  private deliver(epoch: Epoch, verdict: Verdict, unit: Unit): boolean {
    if (verdict !== 'forward' && verdict !== 'late') return false
    const queued = this.queued(epoch, unit, verdict === 'forward')
    if (epoch === this.pending?.epoch) this.pending.queue.push(queued)
    else {
      this.placer.place(epoch, queued)
      if (queued.forward) this.current = epoch
      if (queued.forward && unit.ticks > 0) this.skew.add(unit.arrival, unit.arrival - epoch.positionAt(queued.ticks))
    }
    return true
  }

  private queued(epoch: Epoch, unit: Unit, forward: boolean): Queued {
    const endBefore = epoch.ticksEnd
    const ticks = epoch.ticksAt(unit.timestamp)
    if (forward) this.placer.stats.missing += epoch.advance(unit)
    const { missed } = epoch
    if (forward && unit.ticks > 0) {
      epoch.missed = 0
      unit.cause = this.cause
      this.cause = undefined
    }
    return { unit, ticks, forward, missed, endBefore }
  }

  private open(unit: Unit): void {
    const reason = this.reasonFor(unit)
    const scale = unit.sequence >= 0 ? this.scale : 1
    const epoch = new Epoch(unit, { laneRate: this.rate, reason, scale })
    this.pending = { epoch, queue: [], endAtOpening: this.placer.end }
    this.pending.queue.push(this.queued(epoch, unit, true))
  }

  private reasonFor(unit: Unit): EpochReason {
    const { current } = this
    if (!current) return 'start'
    if (unit.format !== current.format) return 'format'
    if (unit.ssrc !== current.ssrc) return 'ssrc_change'
    return current.changeOf(unit)
  }

  /** Fixes the waiting epoch's anchor and places its units. */
  private settle(): void {
    const { pending, current } = this
    if (!pending) return
    this.pending = undefined
    const { epoch, queue } = pending
    if (epoch.scale === 1 && looksLikeMilliseconds(epoch, queue)) {
      this.scale = epoch.format.rate / 1000
      epoch.rescale(this.scale, queue)
      this.corrections.push({ kind: 'millisecond_timestamps', from: Math.round(epoch.firstArrival) })
    }
    const inherited = current && inheritedAnchor(current, epoch, this.threshold)
    if (inherited === undefined) {
      const lane = { end: this.placer.end, endAtOpening: pending.endAtOpening, rate: this.rate }
      const { anchor, shift } = anchorOf(epoch, queue, lane)
      epoch.fix(anchor, shift)
      this.skew.restart()
    } else epoch.fix(inherited, 0)
    this.placer.begin(epoch, current, inherited !== undefined, this.sequenced)
    this.recent = [...this.recent, epoch].slice(-OPEN_EPOCHS)
    this.current = epoch
    if (inherited === undefined || epoch.reason === 'sequence_restart') this.note(epoch)
    for (const queued of queue) this.placer.place(epoch, queued)
  }

  private note(epoch: Epoch): void {
    if (this.facts.length >= EPOCH_FACTS) return
    this.facts.push({
      reason: epoch.reason,
      from: epoch.anchor,
      logOffset: epoch.firstOffset,
      ssrc: epoch.ssrc,
      timestamp: epoch.start,
      arrivedMs: msOf(epoch.firstArrival, this.rate),
      shift: epoch.shift,
    })
  }

  /** Where the lane is at an arrival time, following the clock's drift. */
  private positionNow(arrival: number): number {
    const { current } = this
    if (!current || !Number.isFinite(current.leastLag)) return Math.round(arrival)
    return Math.max(0, Math.round(arrival - (current.leastLag - current.anchor)))
  }

  /**
   * The leg's end when it was recorded and either its last audio is known to be lost or nothing came for more than a second
   * before; otherwise the last sample.
   */
  private endOfLane(): number {
    const placed = this.placer.end
    if (this.endAt === undefined) return placed
    const least = this.lostAtEnd ? 0 : this.rate
    return this.endAt - placed > least ? this.endAt : placed
  }

  /** The span between the last audio and the end, when audio is known to be lost there. */
  private tail(end: number): Label[] {
    return this.lostAtEnd ? [{ from: this.placer.end, to: end, ...this.lostAtEnd }] : []
  }
}

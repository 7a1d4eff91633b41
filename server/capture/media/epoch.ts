import type { AudioFormat } from '../source.ts'
import type { MaskKind } from './gaps.ts'

/** One packet or frame on its way to its place. Ticks are the source's clock, samples the lane's. */
export type Unit = {
  /** Arrival in samples of the lane since the call's origin. */
  arrival: number
  ssrc: number
  /** RTP sequence number; -1 when the source has none. */
  sequence: number
  /** RTP timestamp, source position, or the count of ticks so far. */
  timestamp: number
  /** Media duration in ticks; 0 for comfort noise, telephone events and empty packets: they only advance the sequence. */
  ticks: number
  mask: MaskKind | undefined
  /** The reason known in advance for a hole before this unit. */
  cause: HoleCause | undefined
  payload: Buffer | undefined
  format: AudioFormat
  offset: number
  size: number
}

export type HoleCause = { kind: 'disk' | 'interrupted' | 'network_loss'; provable: boolean }

/** What an epoch says of a unit: next in line, older than the newest, not of this clock, or not of this source. */
export type Verdict = 'forward' | 'late' | 'jump' | 'foreign'

/** Why a new epoch began. `continued` keeps the old one's clock exactly (a stall on the network, a renumbering). */
export type EpochReason = 'start' | 'ssrc_change' | 'sequence_restart' | 'timestamp_jump' | 'clock_stopped' | 'format'

/** Sequence numbers further away than this are a restart unless timestamps explain them (RFC 3550 §A.1 MAX_DROPOUT). */
const MAX_DROPOUT = 3000
const LATE_LIMIT_S = 60
const LAG_WINDOW = 250

export type EpochOptions = {
  laneRate: number
  reason: EpochReason
  /** Lane samples per unit of timestamp beyond the clock rate: 1, or rate / 1000 for timestamps in milliseconds. */
  scale: number
}

/** A stretch of media under one clock: `position = anchor + ticks since its start`, exact whatever the arrival. */
export class Epoch {
  readonly reason: EpochReason
  readonly ssrc: number
  readonly format: AudioFormat
  readonly start: number
  readonly firstArrival: number
  readonly firstOffset: number
  private readonly firstSequence: number
  private readonly laneRate: number
  readonly numbered: boolean
  /** Lane samples per tick. */
  k: number
  scale: number
  /** Lane position of `start`; meaningless until the epoch is fixed. */
  anchor = 0
  fixed = false
  /** Samples by which the anchor was moved so as not to overwrite earlier audio. */
  shift = 0
  sequenceHigh: number
  /** Packets missing since the last unit with audio. */
  missed = 0
  /** Highest timestamp seen, as is and counted from `start`. */
  private timestampHigh: number
  private ticksHigh = 0
  /** End of the newest audio, in ticks from `start`; undefined until there is some. */
  ticksEnd: number | undefined
  private lagNow = Infinity
  private lagBefore = Infinity
  private lagCount = 0

  constructor(first: Unit, options: EpochOptions) {
    this.reason = options.reason
    this.laneRate = options.laneRate
    this.scale = options.scale
    this.ssrc = first.ssrc
    this.format = first.format
    this.k = (options.laneRate / this.format.rate) * options.scale
    this.numbered = first.sequence >= 0
    this.start = first.timestamp
    this.timestampHigh = first.timestamp
    this.firstArrival = first.arrival
    this.firstOffset = first.offset
    this.firstSequence = first.sequence
    this.sequenceHigh = (first.sequence - 1) & 0xffff
  }

  /** Ticks of a timestamp from the epoch's start; RTP's 32 bits are unwrapped around the newest one. */
  ticksAt(timestamp: number): number {
    const difference = timestamp - this.timestampHigh
    return this.ticksHigh + (this.numbered ? difference | 0 : difference)
  }

  positionAt(ticks: number): number {
    return this.anchor + Math.round(ticks * this.k)
  }

  /** Least delay of the last 250 to 500 units, in samples, on the scale of `lagOf`. */
  get leastLag(): number {
    return Math.min(this.lagNow, this.lagBefore)
  }

  lagOf(unit: Unit, ticks: number): number {
    return unit.arrival - ticks * this.k
  }

  judge(unit: Unit, threshold: number): Verdict {
    if (unit.ssrc !== this.ssrc || unit.format !== this.format) return 'foreign'
    return this.numbered ? this.judgeNumbered(unit, threshold) : this.judgeCounted(unit, threshold)
  }

  private judgeNumbered(unit: Unit, threshold: number): Verdict {
    const step = sequenceStep(this.sequenceHigh, unit.sequence)
    const near = step < MAX_DROPOUT && step > -MAX_DROPOUT
    if (unit.ticks === 0) return near ? (step > 0 ? 'forward' : 'late') : 'jump'
    const ticks = this.ticksAt(unit.timestamp)
    const end = this.ticksEnd ?? 0
    if (step <= 0) return near && this.isRecent(ticks, end) ? 'late' : 'jump'
    if (this.ticksEnd === undefined) return this.fixed ? 'jump' : 'forward'
    if (Math.abs(this.lagOf(unit, ticks) - this.leastLag) > threshold) return 'jump'
    if (ticks < end - unit.ticks) return 'jump'
    // A long outage shows in sequence and timestamp alike; a restart does not.
    return near || (ticks - end) * this.scale >= ((step - 1) * unit.ticks) / 2 ? 'forward' : 'jump'
  }

  private judgeCounted(unit: Unit, threshold: number): Verdict {
    const ticks = this.ticksAt(unit.timestamp)
    const end = this.ticksEnd ?? 0
    if (ticks < end) return this.isRecent(ticks, end) ? 'late' : 'jump'
    const lag = this.lagOf(unit, ticks) - this.leastLag
    return lag > threshold || -lag > LATE_LIMIT_S * this.laneRate ? 'jump' : 'forward'
  }

  private isRecent(ticks: number, end: number): boolean {
    return ticks <= end && (end - ticks) * this.k < LATE_LIMIT_S * this.laneRate
  }

  fix(anchor: number, shift: number): void {
    this.anchor = anchor
    this.shift = shift
    this.fixed = true
  }

  /** What sort of change a unit of this source that does not fit this epoch is. */
  changeOf(unit: Unit): EpochReason {
    const step = this.numbered ? sequenceStep(this.sequenceHigh, unit.sequence) : 1
    if (step <= 0 || step >= MAX_DROPOUT) return 'sequence_restart'
    const gap = this.ticksAt(unit.timestamp) - (this.ticksEnd ?? 0)
    return gap >= 0 && gap * this.k < this.laneRate ? 'clock_stopped' : 'timestamp_jump'
  }

  /** Packets missing between an earlier epoch of the same source and this one; undefined when numbering restarted. */
  missedSince(previous: Epoch): number | undefined {
    if (!this.numbered) return 0
    const step = sequenceStep(previous.sequenceHigh, this.firstSequence)
    return step > 0 && step < MAX_DROPOUT ? step - 1 : undefined
  }

  /** Notes a unit judged `forward`: returns the sequence numbers skipped just before it. */
  advance(unit: Unit): number {
    const step = this.numbered ? sequenceStep(this.sequenceHigh, unit.sequence) : 1
    this.sequenceHigh = unit.sequence
    this.missed += step - 1
    if (unit.ticks === 0) return step - 1
    const ticks = this.ticksAt(unit.timestamp)
    if (ticks > this.ticksHigh || this.ticksEnd === undefined) {
      this.ticksHigh = ticks
      this.timestampHigh = unit.timestamp
    }
    this.ticksEnd = Math.max(this.ticksEnd ?? -Infinity, ticks + this.mediaTicks(unit))
    this.noteLag(this.lagOf(unit, ticks))
    return step - 1
  }

  /** A unit's duration in the unit of its timestamps. */
  mediaTicks(unit: Unit): number {
    return unit.ticks / this.scale
  }

  private noteLag(lag: number): void {
    if (lag < this.lagNow) this.lagNow = lag
    if (++this.lagCount < LAG_WINDOW) return
    this.lagCount = 0
    this.lagBefore = this.lagNow
    this.lagNow = Infinity
  }

  /** Changes the unit of timestamps after the fact and measures the delays of the units seen so far again. */
  rescale(scale: number, seen: readonly { unit: Unit; ticks: number }[]): void {
    this.scale = scale
    this.k = (this.laneRate / this.format.rate) * scale
    this.lagNow = Infinity
    this.lagBefore = Infinity
    this.ticksEnd = undefined
    for (const { unit, ticks } of seen) {
      if (unit.ticks === 0) continue
      this.noteLag(this.lagOf(unit, ticks))
      this.ticksEnd = Math.max(this.ticksEnd ?? -Infinity, ticks + this.mediaTicks(unit))
    }
  }
}

/** From one 16-bit sequence number to another, the short way round. */
export const sequenceStep = (from: number, to: number): number => ((to - from) << 16) >> 16

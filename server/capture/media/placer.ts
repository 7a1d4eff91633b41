import type { AudioFormat } from '../source.ts'
import type { Epoch, Unit } from './epoch.ts'
import type { Queued } from './anchoring.ts'
import type { Label } from './ledger.ts'
import { SeenPackets } from './seen.ts'
import { SpanSet } from './spans.ts'

/** A payload, or the part of it that was still free, at its place on the lane. */
export type Placement = {
  from: number
  to: number
  /** Lane samples of the payload before `from` and after `to` that were already taken by an earlier packet. */
  trimHead: number
  trimTail: number
  payload: Buffer
  format: AudioFormat
  /** The record in the log, in bytes. */
  offset: number
  size: number
}

export type PlacementStats = {
  /** Audio packets received: placed + masked + duplicates + unplaced. */
  received: number
  placed: number
  masked: number
  /** Comfort noise, telephone events, empty packets. */
  silent: number
  duplicates: number
  /** Duplicates whose payload differs from the first copy. */
  conflicts: number
  /** Came too late: their whole span was taken by another packet, or lies before the call. Kept in the log. */
  unplaced: number
  /** Samples of partly placed packets that were already taken. */
  overlapSamples: number
  reordered: number
  /** Sequence numbers that never came. */
  missing: number
}

type Opening = { epoch: Epoch; from: number; label: Omit<Label, 'from' | 'to'> | undefined; missed: number }

/** Puts units where their epoch says, never over what is already there, and notes what the holes between them are. */
export class Placer {
  readonly audio = new SpanSet()
  readonly masked: Label[] = []
  readonly stats: PlacementStats = {
    received: 0,
    placed: 0,
    masked: 0,
    silent: 0,
    duplicates: 0,
    conflicts: 0,
    unplaced: 0,
    overlapSamples: 0,
    reordered: 0,
    missing: 0,
  }
  private readonly covered = new SpanSet()
  private readonly holes: (Label & { missing: number; packet: number })[] = []
  private readonly seen = new SeenPackets()
  private readonly sink: ((placement: Placement) => void) | undefined
  private opening: Opening | undefined

  constructor(sink?: (placement: Placement) => void) {
    this.sink = sink
  }

  get start(): number {
    return this.covered.spans[0]?.from ?? 0
  }

  /** End of everything placed, masked spans included. */
  get end(): number {
    return this.covered.end
  }

  /** Prepares the reason for a hole between what was there and the first audio of a new epoch. */
  begin(epoch: Epoch, previous: Epoch | undefined, continued: boolean, sequenced: boolean): void {
    const missed = previous && previous.ssrc === epoch.ssrc ? epoch.missedSince(previous) : 0
    this.stats.missing += missed ?? 0
    if (!previous || this.end === 0) {
      this.opening = { epoch, from: this.end, label: undefined, missed: 0 }
      return
    }
    if (continued && missed !== undefined && previous.ticksEnd !== undefined) {
      const from = previous.positionAt(previous.ticksEnd)
      this.opening = { epoch, from, label: undefined, missed: missed + previous.missed }
      return
    }
    const paused = previous.ssrc === epoch.ssrc && missed === 0
    const label = { kind: paused ? ('source_paused' as const) : ('other' as const), provable: paused && sequenced }
    this.opening = { epoch, from: this.end, label: missed ? undefined : label, missed: missed ?? 0 }
  }

  place(epoch: Epoch, { unit, ticks, forward, missed, endBefore }: Queued): void {
    if (unit.sequence >= 0 && this.isRepeat(unit, forward)) return
    if (unit.ticks === 0) {
      this.stats.silent++
      return
    }
    this.stats.received++
    const from = epoch.positionAt(ticks)
    const to = epoch.positionAt(ticks + epoch.mediaTicks(unit))
    if (forward) this.noteHole(epoch, unit, { from, missed, endBefore, packet: to - from })
    const free = this.covered.free(Math.max(0, from), to)
    if (free.length === 0) {
      if (unit.sequence < 0) this.stats.duplicates++
      else this.stats.unplaced++
      return
    }
    if (unit.mask === undefined) this.stats.placed++
    else this.stats.masked++
    for (const part of free) {
      this.covered.add(part.from, part.to)
      if (!forward) this.fillHole(part.from, part.to)
      if (unit.mask !== undefined) this.addMasked({ ...part, kind: unit.mask, provable: true })
      else this.emit(unit, part.from, part.to, { from, to })
    }
    const placed = free.reduce((sum, part) => sum + part.to - part.from, 0)
    this.stats.overlapSamples += to - from - placed
  }

  holeLabels(): Label[] {
    return this.holes.map((hole) => {
      const { from, to, provable, missing } = hole
      if (missing === 0)
        return { from, to, provable, kind: hole.kind === 'network_loss' && hole.packet > 0 ? 'dtx' : hole.kind }
      return { from, to, provable, kind: hole.kind, missing, withDtx: to - from > missing * hole.packet }
    })
  }

  private isRepeat(unit: Unit, forward: boolean): boolean {
    const repeat = this.seen.note(unit)
    if (!repeat) {
      if (!forward) {
        this.stats.reordered++
        this.stats.missing--
      }
      return false
    }
    if (unit.ticks > 0) {
      this.stats.received++
      this.stats.duplicates++
    }
    if (repeat === 'different') this.stats.conflicts++
    return true
  }

  private emit(unit: Unit, from: number, to: number, whole: { from: number; to: number }): void {
    this.audio.add(from, to)
    if (!this.sink || !unit.payload) return
    const { payload, format, offset, size } = unit
    this.sink({ from, to, trimHead: from - whole.from, trimTail: whole.to - to, payload, format, offset, size })
  }

  private addMasked(label: Label): void {
    const last = this.masked.at(-1)
    if (last && last.to === label.from && last.kind === label.kind) last.to = label.to
    else this.masked.push(label)
  }

  private noteHole(
    epoch: Epoch,
    unit: Unit,
    hole: { from: number; missed: number; endBefore: number | undefined; packet: number },
  ): void {
    const opening = this.opening?.epoch === epoch ? this.opening : undefined
    if (opening) this.opening = undefined
    const after = opening ? opening.from : hole.endBefore === undefined ? hole.from : epoch.positionAt(hole.endBefore)
    if (after >= hole.from) return
    const span = { from: after, to: hole.from }
    const missing = hole.missed + (opening?.missed ?? 0)
    if (unit.cause) this.holes.push({ ...span, ...unit.cause, missing, packet: 0 })
    else if (opening?.label) this.holes.push({ ...span, ...opening.label, missing: 0, packet: 0 })
    else if (epoch.numbered) {
      this.holes.push({
        ...span,
        kind: missing > 0 ? 'network_loss' : 'dtx',
        provable: true,
        missing,
        packet: hole.packet,
      })
    } else this.holes.push({ ...span, kind: 'network_loss', provable: true, missing: 0, packet: 0 })
  }

  /** A packet came late into a hole: one less is missing there. */
  private fillHole(from: number, to: number): void {
    for (let i = this.holes.length - 1, looked = 0; i >= 0 && looked < 64; i--, looked++) {
      const hole = this.holes[i]
      if (!hole || hole.from >= to || hole.to <= from) continue
      if (hole.missing > 0) hole.missing--
      return
    }
  }
}

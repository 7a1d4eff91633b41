import type { Epoch, Unit } from './epoch.ts'
import { sequenceStep } from './epoch.ts'

/** A unit with what its epoch knew of it when it came. */
export type Queued = {
  unit: Unit
  /** Its timestamp in ticks since the epoch's start. */
  ticks: number
  /** Newer than everything before. */
  forward: boolean
  /** Packets missing since the audio before it. */
  missed: number
  /** End of the audio before it, in ticks; undefined for the first. */
  endBefore: number | undefined
}

/** An old source still sending this much while a new one is measured makes them two sources at once. */
const CONCURRENT_S = 0.25

/**
 * Position of a new clock's start by arrival times: that of the least delayed packet of its first second, moved later if
 * it would overwrite what is there. Two sources sending at once are not moved: the first to come keeps the place.
 */
export function anchorOf(
  epoch: Epoch,
  queue: readonly Queued[],
  lane: { end: number; endAtOpening: number; rate: number },
): { anchor: number; shift: number } {
  const audio = queue.filter((q) => q.unit.ticks > 0)
  const measured = audio.length > 0 ? audio : queue
  let anchor = Infinity
  let first = Infinity
  for (const { unit, ticks } of measured) {
    anchor = Math.min(anchor, epoch.lagOf(unit, ticks))
    first = Math.min(first, ticks)
  }
  anchor = Math.round(anchor)
  const start = anchor + Math.round(first * epoch.k)
  const concurrent = lane.end - lane.endAtOpening > CONCURRENT_S * lane.rate
  const floor = concurrent || audio.length === 0 ? 0 : lane.end
  const shift = Math.max(0, floor - start)
  return { anchor: anchor + shift, shift }
}

/**
 * Position of a new clock's start on the clock before it, when both turn out to be one (a network stall, a renumbering):
 * within `threshold` samples of where arrival times put it, and not over what was there. Otherwise undefined.
 */
export function inheritedAnchor(before: Epoch, epoch: Epoch, threshold: number): number | undefined {
  if (before.ssrc !== epoch.ssrc || before.numbered !== epoch.numbered || before.k !== epoch.k) return undefined
  const base = before.ticksAt(epoch.start)
  if (before.ticksEnd === undefined || base < before.ticksEnd) return undefined
  const difference = epoch.leastLag - base * epoch.k - before.leastLag
  const tooEarly = epoch.numbered && difference < -threshold
  return difference > threshold || tooEarly ? undefined : before.positionAt(base)
}

/**
 * Some recording agents stamp packets in milliseconds whatever the clock rate: consecutive packets then advance by their
 * duration in ms. Two such steps are needed, and nine out of ten must agree.
 */
export function looksLikeMilliseconds(epoch: Epoch, queue: readonly Queued[]): boolean {
  if (!epoch.numbered || epoch.format.rate === 1000) return false
  let steps = 0
  let milliseconds = 0
  let before: Queued | undefined
  for (const queued of queue) {
    if (!queued.forward || queued.unit.ticks === 0) continue
    if (before && sequenceStep(before.unit.sequence, queued.unit.sequence) === 1) {
      steps++
      if ((queued.ticks - before.ticks) * epoch.format.rate === before.unit.ticks * 1000) milliseconds++
    }
    before = queued
  }
  return milliseconds >= 2 && milliseconds >= steps * 0.9
}

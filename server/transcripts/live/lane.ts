import type { Clock } from '../../platform/clock.ts'
import type { Problem } from '../../platform/problem.ts'
import type { LiveStream, LiveTranscriber, Rate, Utterance } from '../engines/ports.ts'
import { shift } from '../engines/words.ts'
import { type Arrivals, arrivals } from './arrivals.ts'
import { unwritten } from './unwritten.ts'

/** What a lane says of itself. Times of utterances are ms from the lane's first sample. */
export type LaneEvents = {
  /** `detectedMs`: how long ago the detector gave the engine the last of it; null when that is not known. */
  heard(utterance: Utterance, told: { final: boolean; detectedMs: number | null }): void
  behind(ms: number): void
  /** Speech that has no text. */
  lost(): void
  failed(problem: Problem): void
}

/** Beyond this the times of words are too uncertain to silence the record by them. */
const MOST_DRIFT_MS = 100
/** An engine that failed, or that was not there, is asked for again after this. */
const AGAIN_MS = 5000

export type EngineLane = {
  push(samples: Int16Array, arrivalNs: bigint): void
  arrivals: Arrivals
  /** One engine has heard all of it from its first sound on, and its time is that of the record. */
  readonly isWhole: boolean
  /** Another engine, or another language: it begins with what the one before has not written down. */
  reopen(): void
  /** What was said until now goes to no other engine. */
  forget(): void
  close(): void
}

/**
 * One lane of a call with whatever engine serves it now: opened with the first sound, opened again when it fails, without a hole in
 * the lane's time. Sound is handed on as it comes, and never waited for. What no final covers is kept for a while: an engine that
 * comes after another begins with it.
 */
export function engineLane(
  {
    clock,
    rate,
    engine,
  }: { clock: Clock; rate: Rate; engine: () => { live: LiveTranscriber; language: string | null } | null },
  events: LaneEvents,
): EngineLane {
  const map = arrivals()
  const waiting = unwritten(rate)
  let stream: LiveStream | null = null
  let triedNs: bigint | null = null
  let closed = false
  let whole = true

  function open(now: bigint): void {
    if (triedNs !== null && now - triedNs < BigInt(AGAIN_MS * 1e6)) return
    triedNs = now
    const found = engine()
    if (!found) return
    const baseMs = waiting.fromMs
    whole &&= baseMs === 0
    const mine = found.live.open({
      rate,
      language: found.language,
      onPartial: (utterance, detectedMs) => tell(utterance, { final: false, detectedMs: detectedMs ?? null }),
      onFinal: (utterance, detectedMs) => tell(utterance, { final: true, detectedMs: detectedMs ?? null }),
      onBehind: (ms) => mine === stream && events.behind(ms),
      onLost: () => {
        whole = false
        if (mine === stream) events.lost()
      },
      onFailure: (problem) => {
        if (mine !== stream) return
        stream = null
        whole = false
        events.failed(problem)
      },
    })
    const tell = (utterance: Utterance, told: { final: boolean; detectedMs: number | null }): void => {
      if (mine !== stream) return
      const said = shift(utterance, baseMs)
      if (told.final) waiting.written(said.endMs)
      events.heard(said, told)
    }
    stream = mine
    for (const samples of waiting.samples()) mine.push(samples)
  }

  return {
    arrivals: map,
    get isWhole() {
      return whole && map.driftMs <= MOST_DRIFT_MS
    },
    push(samples, arrivalNs) {
      if (closed) return
      const now = clock.monotonic()
      if (!stream) open(now)
      map.add((samples.length * 1000) / rate, arrivalNs, now)
      waiting.add(samples)
      stream?.push(samples)
    },
    reopen() {
      stream?.close()
      stream = null
      triedNs = null
    },
    forget: () => waiting.written(map.endMs),
    close() {
      closed = true
      stream?.close()
      stream = null
    },
  }
}

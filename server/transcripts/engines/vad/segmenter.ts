import { joined } from '../audio.ts'
import { MAX_SEGMENT_MS, type Rate, type VadEvents } from '../ports.ts'

/** A detector decides frame by frame: 256 samples at 8 kHz, 512 at 16 kHz. */
export const FRAME_MS = 32
export const frameSamples = (rate: Rate): number => (rate * FRAME_MS) / 1000

export type SegmentRules = {
  /** What came before the first speech and belongs to it: soft consonants are heard late. */
  preRollMs: number
  /** Silence that ends a segment. */
  hangMs: number
  /** Silence kept at a segment's end. */
  postRollMs: number
  /** From this length on the first frame without speech ends it. */
  softMs: number
  /** It is cut here, whatever is heard. */
  hardMs: number
}

export const RULES: SegmentRules = {
  preRollMs: 300,
  hangMs: 640,
  postRollMs: 224,
  softMs: 15_000,
  hardMs: MAX_SEGMENT_MS,
}

export type Segmenter = {
  push: (samples: Int16Array) => void
  /** The decision on the next frame, in order. Decisions may come long after the samples. */
  decide(speech: boolean): void
  /** All decisions have come: ends an open segment. */
  finish: () => void
  /** Samples no decision has come for. */
  undecided(): Int16Array
}

type Open = { startMs: number; frames: Int16Array[]; lastSpeech: number }

/** Makes segments of a lane from a detector's decisions. Knows no detector and no clock: times come from counting samples. */
export function segmenter(
  rate: Rate,
  events: Pick<VadEvents, 'onStart' | 'onAudio' | 'onSegment'>,
  rules = RULES,
): Segmenter {
  const frame = frameSamples(rate)
  const count = (ms: number): number => Math.floor(ms / FRAME_MS)
  let waiting: Int16Array = new Int16Array(0)
  let framesDone = 0
  let before: Int16Array[] = []
  let open: Open | null = null

  const begin = (): Open => {
    const startMs = (framesDone - before.length) * FRAME_MS
    const segment: Open = { startMs, frames: [], lastSpeech: 0 }
    events.onStart?.(startMs)
    for (const part of before) add(segment, part)
    before = []
    return segment
  }
  const add = (segment: Open, part: Int16Array): void => {
    segment.frames.push(part)
    events.onAudio?.(part)
  }
  const end = (segment: Open, cut: boolean): void => {
    open = null
    const kept = cut ? segment.frames : segment.frames.slice(0, segment.lastSpeech + count(rules.postRollMs))
    // What is left of the pause may be the next segment's pre-roll; nothing is given twice.
    before = segment.frames.slice(kept.length).slice(-count(rules.preRollMs))
    const samples = joined(kept)
    events.onSegment({
      startMs: segment.startMs,
      endMs: segment.startMs + (samples.length * 1000) / rate,
      samples,
      cut,
    })
  }
  const take = (part: Int16Array, speech: boolean): void => {
    if (!open && !speech) {
      before.push(part)
      if (before.length > count(rules.preRollMs)) before.shift()
      return
    }
    const segment = (open ??= begin())
    add(segment, part)
    if (speech) segment.lastSpeech = segment.frames.length
    const length = segment.frames.length
    const silence = length - segment.lastSpeech
    if (silence >= count(rules.hangMs) || (silence > 0 && length >= count(rules.softMs))) end(segment, false)
    else if (length >= count(rules.hardMs)) end(segment, true)
  }
  return {
    push(samples) {
      waiting = waiting.length === 0 ? samples.slice() : joined([waiting, samples])
    },
    decide(speech) {
      const part = waiting.slice(0, frame)
      if (part.length === 0) return
      waiting = waiting.subarray(part.length)
      take(part, speech)
      framesDone++
    },
    finish() {
      if (open) end(open, false)
    },
    undecided: () => waiting,
  }
}

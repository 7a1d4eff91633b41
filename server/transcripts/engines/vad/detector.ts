import type { Logger } from '../../../platform/log.ts'
import type { Problem } from '../../../platform/problem.ts'
import type { EngineIdentity, Rate, SpeechSegment, Vad, VadStream } from '../ports.ts'
import { deferred, type Deferred } from '../promises.ts'
import { RULES, segmenter, type SegmentRules } from './segmenter.ts'

export type DetectorStream = Omit<VadStream, 'settled'>

/** Tells for each frame of a lane (`FRAME_MS`) whether it holds speech. */
export type SpeechDetector = {
  identity: EngineIdentity
  open(ask: {
    rate: Rate
    /** Decisions on the next frames, in order; one is true when not 0. */
    onFrames: (speech: ArrayLike<number>) => void
    onFailure: (problem: Problem) => void
  }): DetectorStream
  close: () => Promise<void>
}

export type VadSetup = {
  detector: SpeechDetector
  /** Takes a lane over where the detector fails or stalls: never needs another process. */
  spare: SpeechDetector
  rules?: Partial<SegmentRules>
  log: Logger
}

/** Who pushes faster than a lane is spoken waits while so much is undecided. */
const AHEAD_MS = 5000

/** Segments of speech, from a detector; a lane whose detector fails goes on with the spare one, without losing audio. */
export function openVad({ detector, spare, rules, log }: VadSetup): Vad {
  return {
    identity: detector.identity,
    open({ rate, onFailure, ...events }) {
      const segments = segmenter(rate, events, { ...RULES, ...rules })
      let closed = false
      let current: DetectorStream
      let waiting: Deferred<void> | null = null
      const isAhead = (): boolean => segments.undecided().length > (AHEAD_MS * rate) / 1000
      const release = (): void => {
        waiting?.resolve()
        waiting = null
      }
      const start = (from: SpeechDetector): DetectorStream => {
        const mine: DetectorStream = from.open({
          rate,
          onFrames(speech) {
            if (closed || mine !== current) return
            for (let i = 0; i < speech.length; i++) segments.decide(speech[i] !== 0)
            if (!isAhead()) release()
          },
          onFailure(problem) {
            if (closed || mine !== current) return
            if (from === spare) {
              release()
              onFailure(problem)
            } else takeOver(problem.code)
          },
        })
        return mine
      }
      const takeOver = (why: string): void => {
        log.warn(
          { why, detector: detector.identity.engine },
          'speech detector fails: the lane goes on with the spare one',
        )
        current.close()
        current = start(spare)
        current.push(segments.undecided())
      }
      current = start(detector)
      return {
        push(samples) {
          if (closed) return
          segments.push(samples)
          current.push(samples)
        },
        async finish() {
          let asked
          do {
            asked = current
            await asked.finish()
          } while (asked !== current)
          if (!closed) segments.finish()
          closed = true
          release()
        },
        settled() {
          if (closed || !isAhead()) return Promise.resolve()
          return (waiting ??= deferred()).promise
        },
        close() {
          closed = true
          release()
          current.close()
        },
      }
    },
    close: () => detector.close(),
  }
}

/** The speech of a whole lane, at the speed of whoever takes the segments. @throws Problem of the detector */
export async function* speechOf(
  vad: Vad,
  lane: AsyncIterable<Int16Array> | Iterable<Int16Array>,
  rate: Rate,
): AsyncGenerator<SpeechSegment, void, void> {
  const found: SpeechSegment[] = []
  let failure: Problem | null = null
  const stream = vad.open({
    rate,
    onSegment: (segment) => void found.push(segment),
    onFailure: (problem) => void (failure = problem),
  })
  const take = function* (): Generator<SpeechSegment> {
    if (failure) throw failure
    yield* found.splice(0)
  }
  try {
    for await (const samples of lane) {
      stream.push(samples)
      await stream.settled()
      yield* take()
    }
    await stream.finish()
    yield* take()
  } finally {
    stream.close()
  }
}

import { Problem } from '../../../platform/problem.ts'
import { behind, closed, isLasting } from '../problems.ts'
import {
  MAX_BEHIND_MS,
  type EngineIdentity,
  type LiveEvents,
  type LiveStream,
  type LiveTranscriber,
  type Rate,
  type SpeechSegment,
  type Utterance,
  type Vad,
} from '../ports.ts'
import { isSpeech } from '../vad/tonal.ts'
import { shift } from '../words.ts'

/** One segment of speech while it is spoken. Times are from its first sample. */
export type SegmentSession = {
  push: (samples: Int16Array) => void
  /** The segment has ended: what was said. @throws Problem */
  end(): Promise<Utterance[]>
  cancel(): void
}

/** An engine that is given speech only, segment by segment. */
export type SegmentEngine = {
  identity: EngineIdentity
  languages: readonly string[]
  begin(ask: { rate: Rate; language: string | null; onPartial: (utterance: Utterance) => void }): SegmentSession
  close: () => Promise<void>
}

/** `handed`: when the detector gave the last sound, ms of the monotonic clock. */
type Current = { startMs: number; session: SegmentSession; handed: number }

/**
 * Follows lanes with an engine that hears only their speech. A segment on which the engine fails is tried once more as a
 * whole; while earlier ones wait longer than `MAX_BEHIND_MS`, further ones are given up, and said so.
 */
export function liveBySegments(engine: SegmentEngine, vad: Vad): LiveTranscriber {
  const streams = new Set<Running>()
  let isClosed = false
  return {
    identity: engine.identity,
    languages: engine.languages,
    open(ask) {
      if (isClosed) throw closed(`The engine ${engine.identity.engine}`)
      const stream: Running = openStream(engine, vad, ask, () => streams.delete(stream))
      streams.add(stream)
      return stream
    },
    async close() {
      isClosed = true
      streams.forEach((stream) => stream.fail(closed(`The engine ${engine.identity.engine}`)))
      await engine.close()
    },
  }
}

/** `fail`: ends it, and says so. */
type Running = LiveStream & { fail: (problem: Problem) => void }

type Asked = { rate: Rate; language: string | null } & LiveEvents

function openStream(engine: SegmentEngine, vad: Vad, ask: Asked, onEnd: () => void): Running {
  const { rate, language } = ask
  const where = `The engine ${engine.identity.engine}`
  let ended = false
  let current: Current | null = null
  /** Segments are said in order, whatever comes first from the engine. */
  let turn: Promise<void> = Promise.resolve()
  let waitingMs = 0
  let toldBehind = 0

  const live =
    <A extends unknown[]>(tell: (...args: A) => void) =>
    (...args: A): void => {
      if (!ended) tell(...args)
    }
  const tellBehind = (): void => {
    const now = Math.round(waitingMs)
    if (Math.abs(now - toldBehind) < 1000 && !(now === 0 && toldBehind > 0)) return
    toldBehind = now
    if (!ended) ask.onBehind?.(now)
  }
  const begin = (startMs: number): Current => {
    const one: Current = {
      startMs,
      handed: performance.now(),
      session: engine.begin({
        rate,
        language,
        onPartial: live((heard) => ask.onPartial(shift(heard, startMs), performance.now() - one.handed)),
      }),
    }
    return one
  }
  const again = (segment: SpeechSegment): Promise<Utterance[]> => {
    const session = engine.begin({ rate, language, onPartial() {} })
    session.push(segment.samples)
    return session.end()
  }
  const say = async (segment: SpeechSegment, first: Promise<Utterance[]>, handed: number): Promise<void> => {
    try {
      const heard = await first.catch((e: unknown) => {
        if (ended || isLasting(e)) throw e
        return again(segment)
      })
      if (!ended)
        heard.forEach((utterance) => ask.onFinal(shift(utterance, segment.startMs), performance.now() - handed))
    } catch (e) {
      if (!ended) ask.onLost?.({ startMs: segment.startMs, endMs: segment.endMs }, problemOf(e, where))
    }
  }
  const conclude = (segment: SpeechSegment, { session }: Current): void => {
    const lengthMs = segment.endMs - segment.startMs
    if (waitingMs + lengthMs > MAX_BEHIND_MS) {
      session.cancel()
      turn = turn.then(() => ask.onLost && !ended && ask.onLost(spanOf(segment), behind(where))) as Promise<void>
      return
    }
    waitingMs += lengthMs
    tellBehind()
    const handed = performance.now()
    const first = session.end()
    first.catch(() => {})
    turn = turn
      .then(() => say(segment, first, handed))
      .then(() => {
        waitingMs -= lengthMs
        tellBehind()
      })
  }
  const heard = vad.open({
    rate,
    onStart: live((startMs) => (current = begin(startMs))),
    onAudio: live((samples) => {
      if (!current) return
      current.handed = performance.now()
      current.session.push(samples)
    }),
    onSegment: live((segment) => {
      const done = current
      current = null
      if (done && isSpeech({ samples: segment.samples, rate })) conclude(segment, done)
      else done?.session.cancel()
    }),
    onFailure: (problem) => fail(problem),
  })
  const fail = (problem: Problem): void => {
    if (ended) return
    stop()
    ask.onFailure(problem)
  }
  const stop = (): void => {
    if (ended) return
    ended = true
    heard.close()
    current?.session.cancel()
    onEnd()
  }
  return {
    push(samples) {
      if (!ended) heard.push(samples)
    },
    async finish() {
      await heard.finish()
      await turn
      stop()
    },
    close: stop,
    fail,
  }
}

const spanOf = ({ startMs, endMs }: SpeechSegment): { startMs: number; endMs: number } => ({ startMs, endMs })

const problemOf = (e: unknown, where: string): Problem =>
  e instanceof Problem ? e : new Problem('engine_stopped', 503, `${where} failed on a segment; it goes on.`)

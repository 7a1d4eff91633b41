import type { BatchTranscriber, Utterance, Vad } from '../engines/ports.ts'
import { isLasting } from '../engines/problems.ts'
import { speechOf } from '../engines/vad/detector.ts'
import { isSpeech } from '../engines/vad/tonal.ts'

/** A lane to be written down. Sample 0 is the call's start. */
export type Lane = {
  leg: number
  role: 'agent' | 'customer' | 'unknown'
  rate: 8000 | 16_000
  samples: number
  read(from: number, to: number): Promise<Int16Array>
}

/**
 * What was heard of a lane between two moments of the call, ms; `utterances` in the call's time. `leftOut`: there was speech that the
 * engine cannot take.
 */
export type Heard = { leg: number; fromMs: number; toMs: number; utterances: Utterance[]; leftOut: boolean }

/** Audio read at once: bounds memory. */
const readMs = 5000

export type HearAsk = {
  lane: Lane
  /** Where an earlier try stopped, ms. */
  fromMs: number
  /** Asked for each segment: it may become known while the call is heard. */
  language: () => string | null
  signal: AbortSignal
}

/**
 * Hears a lane out from `fromMs`, one segment of speech after the other. What it yields follows on without a hole up to the lane's end,
 * so that whoever keeps it can go on from the last `toMs`. Throws what the engine throws, and the signal's reason.
 */
export async function* hear(
  { vad, transcriber }: { vad: Vad; transcriber: BatchTranscriber },
  { lane, fromMs, language, signal }: HearAsk,
): AsyncGenerator<Heard> {
  const endMs = (lane.samples / lane.rate) * 1000
  let heardTo = fromMs
  for await (const segment of speechOf(vad, pieces(lane, { fromMs, signal }), lane.rate)) {
    const { samples, startMs, endMs: segmentEnd } = segment
    const { rate, leg } = lane
    // Callers on hold hear music, callers who wait hear tones: nobody speaks.
    const found = isSpeech({ samples, rate })
      ? await transcriber.transcribe({ samples, rate }, { language: language(), signal }).catch((e: unknown) => {
          if (isLasting(e)) return null
          throw e
        })
      : []
    const toMs = Math.max(heardTo, fromMs + segmentEnd)
    const utterances = (found ?? []).map((utterance) => shifted(utterance, fromMs + startMs))
    yield { leg, fromMs: heardTo, toMs, utterances, leftOut: found === null }
    heardTo = toMs
  }
  if (heardTo < endMs) yield { leg: lane.leg, fromMs: heardTo, toMs: endMs, utterances: [], leftOut: false }
}

async function* pieces(
  lane: Lane,
  { fromMs, signal }: { fromMs: number; signal: AbortSignal },
): AsyncGenerator<Int16Array> {
  const step = (readMs * lane.rate) / 1000
  for (let at = Math.round((fromMs * lane.rate) / 1000); at < lane.samples; at += step) {
    signal.throwIfAborted()
    yield await lane.read(at, Math.min(at + step, lane.samples))
  }
}

function shifted(utterance: Utterance, byMs: number): Utterance {
  return {
    ...utterance,
    startMs: utterance.startMs + byMs,
    endMs: utterance.endMs + byMs,
    words: utterance.words.map((w) => ({ ...w, startMs: w.startMs + byMs, endMs: w.endMs + byMs })),
  }
}

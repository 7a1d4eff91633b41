import type { BatchTranscriber, SpeechSegment, Utterance, Vad } from '../engines/ports.ts'

/** A lane to be written down. Sample 0 is the call's start. */
export type Lane = {
  leg: number
  role: 'agent' | 'customer' | 'unknown'
  rate: 8000 | 16_000
  samples: number
  read(from: number, to: number): Promise<Int16Array>
}

/** What was heard of a lane between two moments of the call, ms; `utterances` in the call's time. */
export type Heard = { leg: number; fromMs: number; toMs: number; utterances: Utterance[] }

/** Audio looked through for speech at once: bounds memory. */
const windowMs = 60_000
/** A segment that ends this near to the window's end goes on behind it. */
const edgeMs = 200

export type HearAsk = {
  lane: Lane
  /** Where an earlier try stopped, ms. */
  fromMs: number
  language: string | null
  signal: AbortSignal
}

/**
 * Hears a lane out from `fromMs`, one segment of speech after the other. What it yields follows on without a hole, so that whoever
 * keeps it can go on from the last `toMs`. Throws what the engine throws, and the signal's reason.
 */
export async function* hear(
  { vad, transcriber }: { vad: Vad; transcriber: BatchTranscriber },
  { lane, fromMs, language, signal }: HearAsk,
): AsyncGenerator<Heard> {
  const endMs = (lane.samples / lane.rate) * 1000
  for (let at = fromMs; at < endMs;) {
    signal.throwIfAborted()
    const untilMs = Math.min(at + windowMs, endMs)
    const samples = await lane.read(toSample(at, lane), toSample(untilMs, lane))
    const found = await speechIn(vad, { samples, rate: lane.rate })
    const last = found.at(-1)
    const cut = last && found.length > 1 && untilMs < endMs && at + last.endMs > untilMs - edgeMs
    let heardTo = at
    for (const segment of cut ? found.slice(0, -1) : found) {
      const ask = { language, signal }
      const utterances = await transcriber.transcribe({ samples: segment.samples, rate: lane.rate }, ask)
      const beginsMs = at + segment.startMs
      const toMs = at + segment.endMs
      yield { leg: lane.leg, fromMs: heardTo, toMs, utterances: utterances.map((u) => shifted(u, beginsMs)) }
      heardTo = toMs
    }
    const next = cut ? at + last.startMs : untilMs
    if (next > heardTo) yield { leg: lane.leg, fromMs: heardTo, toMs: next, utterances: [] }
    at = Math.max(next, heardTo)
  }
}

const toSample = (ms: number, { rate, samples }: Lane): number => Math.min(samples, Math.round((ms * rate) / 1000))

/** Speech in a piece of a lane. Throws what the detector fails with. */
function speechIn(vad: Vad, audio: { samples: Int16Array; rate: 8000 | 16_000 }): Promise<SpeechSegment[]> {
  return new Promise((resolve, reject) => {
    const found: SpeechSegment[] = []
    const stream = vad.open({ rate: audio.rate, onSegment: (segment) => void found.push(segment), onFailure: reject })
    stream.push(audio.samples)
    stream.finish().then(() => resolve(found), reject)
  })
}

function shifted(utterance: Utterance, byMs: number): Utterance {
  return {
    ...utterance,
    startMs: utterance.startMs + byMs,
    endMs: utterance.endMs + byMs,
    words: utterance.words.map((w) => ({ ...w, startMs: w.startMs + byMs, endMs: w.endMs + byMs })),
  }
}

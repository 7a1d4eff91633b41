import { joined } from '../audio.ts'
import type { BatchTranscriber, LiveTranscriber, Utterance, Vad } from '../ports.ts'
import { meanConfidence } from '../words.ts'
import { liveBySegments, type SegmentEngine } from './by-segments.ts'

export type FromBatchRules = {
  /** Audio after which the open segment is heard again. */
  everyMs: number
  /** While so many jobs wait, there are no partials: finals come first. */
  busy: number
}

const RULES: FromBatchRules = { everyMs: 1000, busy: 2 }

/**
 * Captions from an engine that only knows whole segments: the open segment is transcribed again each second it has grown,
 * and once more when it has ended.
 */
export function liveFromBatch(batch: BatchTranscriber, vad: Vad, rules: Partial<FromBatchRules> = {}): LiveTranscriber {
  return liveBySegments(segmentsFromBatch(batch, { ...RULES, ...rules }), vad)
}

function segmentsFromBatch(batch: BatchTranscriber, { everyMs, busy }: FromBatchRules): SegmentEngine {
  let jobs = 0
  const transcribe = async (...args: Parameters<BatchTranscriber['transcribe']>): Promise<Utterance[]> => {
    jobs++
    try {
      return await batch.transcribe(...args)
    } finally {
      jobs--
    }
  }
  return {
    identity: batch.identity,
    languages: batch.languages,
    begin({ rate, language, onPartial }) {
      const stop = new AbortController()
      const parts: Int16Array[] = []
      let length = 0
      let asked = 0
      let open = true
      let asking = false
      const partial = async (): Promise<void> => {
        asking = true
        asked = length
        const heard = await transcribe({ samples: joined(parts), rate }, { language, signal: stop.signal })
        asking = false
        const whole = merged(heard)
        if (open && whole) onPartial(whole)
      }
      return {
        push(samples) {
          parts.push(samples)
          length += samples.length
          const due = length - asked >= (everyMs * rate) / 1000
          // A partial that fails is no loss: the whole segment follows.
          if (due && !asking && jobs < busy) partial().catch(() => {})
        },
        end() {
          open = false
          stop.abort()
          const done = new AbortController()
          return transcribe({ samples: joined(parts), rate }, { language, signal: done.signal })
        },
        cancel() {
          open = false
          stop.abort()
        },
      }
    },
    close: () => batch.close(),
  }
}

/** Several utterances as one. */
function merged(utterances: readonly Utterance[]): Utterance | null {
  const [first, ...rest] = utterances
  if (!first || rest.length === 0) return first ?? null
  const words = utterances.flatMap((u) => u.words)
  return {
    ...first,
    words,
    text: utterances.map((u) => u.text).join(' '),
    endMs: utterances.at(-1)?.endMs ?? first.endMs,
    confidence: meanConfidence(words),
  }
}

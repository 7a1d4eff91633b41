import type { Kind } from './sherpa/protocol.ts'
import { streams } from './sherpa/protocol.ts'

/** Something that could be opened for some languages. */
export type Candidate = {
  id: string
  languages: readonly string[]
  /** Whole segments; speech while it is spoken, natively or by hearing the open segment again. */
  serves: { batch: boolean; live: 'native' | 'again' | null }
  /** Chosen by the operator, one of our models, or a demonstration. */
  origin: 'server' | 'model' | 'demo'
  kind?: Kind
}

export type Assignment = { batch: Candidate | null; live: Candidate | null }

const ORIGINS = ['server', 'model', 'demo'] as const
/**
 * Models that can be held to a language come first: those that cannot drift into another. For English nothing is lost by it,
 * and the transducer is the better one.
 */
const LOCKED: readonly Kind[] = ['streaming-transducer', 'whisper', 'streaming-nemo-ctc', 'nemo-ctc', 'nemo-transducer']
const ENGLISH: readonly Kind[] = [
  'nemo-transducer',
  'streaming-transducer',
  'whisper',
  'nemo-ctc',
  'streaming-nemo-ctc',
]

/** Which candidate serves a language, after the call and during it. Servers keep the operator's order. */
export function assign(language: string, candidates: readonly Candidate[]): Assignment {
  const able = candidates.filter((c) => c.languages.includes(language))
  const best = (rank: (candidate: Candidate) => number): Candidate | null =>
    able
      .map((candidate, place) => ({ candidate, place, value: rank(candidate) }))
      .filter(({ value }) => value >= 0)
      .toSorted((a, b) => a.value - b.value || a.place - b.place)[0]?.candidate ?? null
  const origin = ({ origin: from }: Candidate): number => ORIGINS.indexOf(from) * 100
  const kinds = language === 'en' ? ENGLISH : LOCKED
  const kind = ({ kind: k }: Candidate): number => (k === undefined ? 0 : kinds.indexOf(k))
  return {
    batch: best((c) => (c.serves.batch ? origin(c) + kind(c) : -1)),
    // A model made for it before a server that is not; a demonstration last.
    live: best((c) => {
      if (c.serves.live === null) return -1
      return (c.origin === 'demo' ? 1000 : 0) + (c.serves.live === 'native' ? 0 : 500) + origin(c) + kind(c)
    }),
  }
}

/** What a model of a kind serves. */
export const servesOf = (kind: Kind): Candidate['serves'] => ({ batch: true, live: streams(kind) ? 'native' : 'again' })

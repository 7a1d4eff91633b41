import { AGAIN } from './speed.ts'
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
  /** Bytes of a model: how much work it is, compared with another. */
  bytes?: number
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
  return {
    batch: best(able, (c) => (c.serves.batch ? origin(c) + kind(c, language) : -1)),
    live: best(able, (c) => liveRank(c, language)),
  }
}

/**
 * Who takes over captions in a language when `live`, who serves it, cannot keep up: another server, or a model that is at most half
 * the work. A demonstration never does.
 */
export function relief(language: string, live: Candidate, candidates: readonly Candidate[]): Candidate | null {
  const able = candidates.filter(
    (c) => c.id !== live.id && c.origin !== 'demo' && c.languages.includes(language) && relieves(c, live),
  )
  return best(able, (c) => liveRank(c, language))
}

/** What a server has to spare nobody here knows; of models the larger is more work, and hearing speech again is most of it. */
const relieves = (candidate: Candidate, live: Candidate): boolean =>
  candidate.origin === 'server' || live.origin === 'server' || workOf(candidate) * 2 <= workOf(live)
const workOf = ({ bytes, serves }: Candidate): number =>
  (bytes ?? Number.POSITIVE_INFINITY) * (serves.live === 'again' ? AGAIN : 1)

function best(able: readonly Candidate[], rank: (candidate: Candidate) => number): Candidate | null {
  const ranked = able
    .map((candidate, place) => ({ candidate, place, value: rank(candidate) }))
    .filter(({ value }) => value >= 0)
  return ranked.toSorted((a, b) => a.value - b.value || a.place - b.place)[0]?.candidate ?? null
}

const origin = ({ origin: from }: Candidate): number => ORIGINS.indexOf(from) * 100

function kind({ kind: k }: Candidate, language: string): number {
  return k === undefined ? 0 : (language === 'en' ? ENGLISH : LOCKED).indexOf(k)
}

/** A model made for it before a server that is not; a demonstration last. */
function liveRank(c: Candidate, language: string): number {
  if (c.serves.live === null) return -1
  return (c.origin === 'demo' ? 1000 : 0) + (c.serves.live === 'native' ? 0 : 500) + origin(c) + kind(c, language)
}

/** What a model of a kind serves. */
export const servesOf = (kind: Kind): Candidate['serves'] => ({ batch: true, live: streams(kind) ? 'native' : 'again' })

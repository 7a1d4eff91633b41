import type { SourceCaption } from '../../../contract/models/captions.ts'
import {
  type CaptionChange,
  sourceCaptions,
  type SourceCaptions,
  type SourceSegment,
} from '../engines/source/captions.ts'
import type { Utterance } from '../engines/ports.ts'
import type { Role } from './heard.ts'

type Leg = { index: number; label: string; role: () => Role }

/** Nobody speaks slower: how long words without times have taken at most, ms for each letter. */
const MS_PER_LETTER = 90

/** What the platform of a call says of it: put in order, and what is final kept to outlive the call. */
export type FromSource = {
  /** Null when it says nothing new, or of a leg that is not there. */
  take(said: SourceCaption, nowMs: number): CaptionChange | null
  /** Segments that became final or changed since the last time, for the draft. */
  news(): SourceSegment[]
  /** They could not be written: they are news again. */
  again(segments: readonly SourceSegment[]): void
}

export function fromSource(protocol: string, legs: readonly Leg[]): FromSource {
  const captions = sourceCaptions(protocol)
  let fresh = new Map<string, SourceSegment>()
  return {
    take(said, nowMs) {
      const lane = legOf(legs, said)
      if (lane === null) return null
      const segment = segmentOf(said, lane, nowMs)
      const change = captions.take(segment)
      if (change && change.kind !== 'partial') fresh.set(`${lane} ${said.id}`, segment)
      return change
    },
    news() {
      const segments = [...fresh.values()]
      fresh = new Map()
      return segments
    },
    again(segments) {
      for (const segment of segments) {
        const key = `${segment.lane} ${segment.id}`
        if (!fresh.has(key)) fresh.set(key, segment)
      }
    },
  }
}

/** By its name, else by who speaks on it; a call with one leg has no other. */
function legOf(legs: readonly Leg[], { leg, role }: SourceCaption): number | null {
  const found =
    leg === undefined
      ? legs.find((one) => role !== undefined && one.role() === role)
      : legs.find((one) => one.label === leg)
  if (found) return found.index
  return leg === undefined && legs.length === 1 ? (legs[0]?.index ?? null) : null
}

function segmentOf(said: SourceCaption, lane: number, nowMs: number): SourceSegment {
  const { id, revision, final, text, language, confidence, words } = said
  const endMs = said.endMs ?? Math.max(nowMs, said.startMs ?? 0)
  const startMs = said.startMs ?? Math.max(0, endMs - text.length * MS_PER_LETTER)
  return {
    lane,
    id,
    final,
    text,
    startMs,
    endMs,
    ...(revision !== undefined && { revision }),
    ...(language !== undefined && { language }),
    ...(confidence !== undefined && { confidence }),
    ...(words && {
      words: words.map(({ confidence: sure, ...word }) => ({
        ...word,
        ...(sure !== undefined && { confidence: sure }),
      })),
    }),
  }
}

/** What was final at the end, lane by lane, from drafts in the order in which they were kept. */
export function finalsOf(protocol: string, drafts: readonly SourceSegment[]): Map<number, Utterance[]> {
  const captions: SourceCaptions = sourceCaptions(protocol)
  for (const segment of drafts) captions.take(segment)
  const lanes = new Set(drafts.map(({ lane }) => lane))
  return new Map([...lanes].map((lane) => [lane, captions.finals(lane)]))
}

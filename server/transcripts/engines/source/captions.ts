import type { EngineIdentity, Utterance } from '../ports.ts'
import { meanConfidence, primary, spreadWords } from '../words.ts'

/** A piece of transcript that a platform pushes while the call runs. Times are ms from the lane's first sample. */
export type SourceSegment = {
  lane: number
  /** The platform's own name of the segment: the same for all its revisions. */
  id: string
  /** Counts the revisions; without one, later arrival is later revision. */
  revision?: number
  final: boolean
  text: string
  startMs: number
  endMs: number
  language?: string
  confidence?: number
  words?: { text: string; startMs: number; endMs: number; confidence?: number }[]
}

/** Something has changed on a lane. `retracted`: the platform has taken back what it had called final. */
export type CaptionChange =
  | { kind: 'partial' | 'final' | 'corrected'; lane: number; id: string; utterance: Utterance }
  | { kind: 'retracted'; lane: number; id: string }

export type SourceCaptions = {
  identity: EngineIdentity
  /** Takes a segment; null when it says nothing new: an old revision, a repetition, a segment that cannot be read. */
  take(segment: SourceSegment): CaptionChange | null
  /** What is final on a lane, in order of time. */
  finals(lane: number): Utterance[]
  /** What is being said on a lane, in order of time. */
  partials(lane: number): Utterance[]
  /** The call has ended: what was left partial is what was said. Returns what became final, lane by lane. */
  end(): CaptionChange[]
}

type Kept = { segment: SourceSegment; utterance: Utterance; revision: number }

/** A platform that pushes without end is not believed beyond this many segments on one lane. */
const MOST_SEGMENTS = 50_000

/**
 * Puts together what a platform transcribes itself. Segments may come late, twice and in any order; a final one is replaced
 * only by a later final revision (`corrected`), never by a late partial one. `platform` is whose words these are.
 */
export function sourceCaptions(platform: string): SourceCaptions {
  const lanes = new Map<number, Map<string, Kept>>()
  const of = (lane: number): Map<string, Kept> => {
    const found = lanes.get(lane) ?? new Map<string, Kept>()
    lanes.set(lane, found)
    return found
  }
  const list = (lane: number, final: boolean): Utterance[] =>
    [...of(lane).values()]
      .filter(({ segment, utterance }) => segment.final === final && utterance.text !== '')
      .map(({ utterance }) => utterance)
      .toSorted((a, b) => a.startMs - b.startMs || a.endMs - b.endMs)
  return {
    identity: { engine: 'source', model: platform, version: '1', demo: false },
    take(segment) {
      const kept = of(segment.lane)
      const before = kept.get(segment.id)
      if (!isReadable(segment) || (!before && kept.size >= MOST_SEGMENTS)) return null
      const revision = segment.revision ?? (before?.revision ?? 0) + 1
      if (before && !replaces({ segment, revision }, before)) return null
      const utterance = utteranceOf(segment)
      kept.set(segment.id, { segment, utterance, revision })
      return changeOf(segment, utterance, before)
    },
    finals: (lane) => list(lane, true),
    partials: (lane) => list(lane, false),
    end() {
      const changes: CaptionChange[] = []
      for (const [lane, kept] of lanes)
        for (const [id, one] of kept) {
          if (one.segment.final || one.utterance.text === '') continue
          kept.set(id, { ...one, segment: { ...one.segment, final: true } })
          changes.push({ kind: 'final', lane, id, utterance: one.utterance })
        }
      return changes
    },
  }
}

function replaces({ segment, revision }: { segment: SourceSegment; revision: number }, before: Kept): boolean {
  if (before.segment.final && !segment.final) return false
  if (!before.segment.final && segment.final) return true
  // A repetition has the same number; without numbers it says the same.
  return revision > before.revision && !(segment.revision === undefined && same(segment, before.segment))
}

const same = (a: SourceSegment, b: SourceSegment): boolean =>
  a.text === b.text && a.startMs === b.startMs && a.endMs === b.endMs && a.final === b.final

function changeOf(segment: SourceSegment, utterance: Utterance, before: Kept | undefined): CaptionChange | null {
  const { lane, id, final } = segment
  const hadText = before !== undefined && before.utterance.text !== ''
  if (utterance.text === '') return hadText ? { kind: 'retracted', lane, id } : null
  const kind = !final ? 'partial' : before?.segment.final ? 'corrected' : 'final'
  return { kind, lane, id, utterance }
}

function isReadable({ id, lane, startMs, endMs, words = [] }: SourceSegment): boolean {
  const ordered = words.every((w, i) => w.startMs >= (words[i - 1]?.startMs ?? 0) && w.endMs >= w.startMs)
  return id !== '' && Number.isInteger(lane) && lane >= 0 && startMs >= 0 && endMs >= startMs && endMs < 1e9 && ordered
}

const share = (value: number | undefined): number | null =>
  value === undefined || !Number.isFinite(value) ? null : Math.min(1, Math.max(0, value))

function utteranceOf({ text, startMs, endMs, words = [], confidence, language }: SourceSegment): Utterance {
  const said = text.replace(/\s+/g, ' ').trim()
  const timed = words
    .map((w) => ({ text: w.text.trim(), startMs: w.startMs, endMs: w.endMs, confidence: share(w.confidence) }))
    .filter((w) => w.text !== '')
  // Words that are not those of the text would contradict it: the text is what the platform shows.
  const agree = timed.length > 0 && timed.map((w) => w.text).join(' ') === said
  const placed = agree ? timed : spreadWords(said, startMs, endMs)
  return {
    text: said,
    words: placed,
    startMs: agree ? Math.min(startMs, placed[0]?.startMs ?? startMs) : startMs,
    endMs: agree ? Math.max(endMs, placed.at(-1)?.endMs ?? endMs) : endMs,
    confidence: share(confidence) ?? meanConfidence(placed),
    language: primary(language),
    timing: agree ? 'word' : 'segment',
  }
}

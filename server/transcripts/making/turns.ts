import type { Utterance } from '../engines/ports.ts'
import { placesOf, redact, type Span, type TimedWord, type Turn } from '../redaction/index.ts'
import type { StoredMark, StoredWord } from '../store.ts'
import type { Heard, Lane } from './hear.ts'

/** An utterance of a turn: its text begins at `at` of the turn's. */
export type SpokenPart = Pick<Utterance, 'text' | 'timing'> & {
  at: number
  words: TimedWord[]
  fromMs: number
  toMs: number
}

/** What one lane said without the other, before redaction. */
export type SpokenTurn = Turn & {
  parts: SpokenPart[]
  leg: number
  language: string
  confidence: number | null
  fromMs: number
  toMs: number
}

/** A longer monologue becomes several turns, so that a quote stays a quote. */
const longestMs = 60_000
/** A pause after which the same person's words are a new turn. */
const pauseMs = 2000

/** Utterances of all lanes as turns, in the order in which they began. */
export function turnsOf(
  heard: readonly Heard[],
  { lanes, language }: { lanes: readonly Pick<Lane, 'leg' | 'role'>[]; language: string },
): SpokenTurn[] {
  const said = heard
    .flatMap(({ leg, utterances }) => utterances.map((utterance) => ({ leg, utterance })))
    .filter(({ utterance }) => utterance.text.trim() !== '')
    .toSorted((a, b) => a.utterance.startMs - b.utterance.startMs || a.leg - b.leg)
  const turns: { leg: number; parts: Utterance[] }[] = []
  for (const { leg, utterance } of said) {
    const last = turns.at(-1)
    if (last?.leg === leg && goesOn(last.parts, utterance)) last.parts.push(utterance)
    else turns.push({ leg, parts: [utterance] })
  }
  return turns.map(({ leg, parts }, i) => turnOf(parts, { leg, language, i, lanes }))
}

function goesOn(parts: readonly Utterance[], next: Utterance): boolean {
  const [first, last] = [parts[0]!, parts.at(-1)!]
  return next.startMs - last.endMs <= pauseMs && next.endMs - first.startMs <= longestMs
}

function turnOf(
  parts: Utterance[],
  {
    leg,
    language,
    i,
    lanes,
  }: { leg: number; language: string; i: number; lanes: readonly Pick<Lane, 'leg' | 'role'>[] },
): SpokenTurn {
  const [first, last] = [parts[0]!, parts.at(-1)!]
  const spoken = spokenParts(parts)
  const scored = parts.filter(({ confidence }) => confidence !== null)
  return {
    id: String(i),
    lane: String(leg),
    role: lanes.find((lane) => lane.leg === leg)?.role ?? 'unknown',
    text: spoken.map(({ text }) => text).join(' '),
    words: spoken.flatMap(({ words }) => words),
    parts: spoken,
    leg,
    language: first.language ?? language,
    confidence: scored.length > 0 ? scored.reduce((sum, u) => sum + (u.confidence ?? 0), 0) / scored.length : null,
    fromMs: first.startMs,
    toMs: last.endMs,
  }
}

function spokenParts(parts: readonly Utterance[]): SpokenPart[] {
  let next = 0
  return parts.map(({ text, words, timing, startMs, endMs }) => {
    const part = { text: text.trim(), at: next, timing, fromMs: startMs, toMs: endMs }
    next += part.text.length + 1
    return { ...part, words: words.map((w) => ({ text: w.text, from: w.startMs, to: w.endMs })) }
  })
}

/** A turn with its spans, in order and apart, replaced by their types in brackets, and the words that are left with their times. */
export function redacted(
  turn: SpokenTurn,
  spans: readonly Span[],
): { text: string; words: StoredWord[]; marks: StoredMark[] } {
  const { text, offset } = redact(turn.text, spans)
  const marks = spans.map(({ type, start }) => ({ type, at: offset(start), length: type.length + 2 }))
  const words: StoredWord[] = []
  const places = placesOf(turn.text, turn.words ?? [])
  for (const [i, { from, to }] of (turn.words ?? []).entries()) {
    const { start, end } = places[i]!
    const under = marks[spans.findIndex((span) => span.start < end && start < span.end)]
    const at = under?.at ?? offset(start)
    const last = words.at(-1)
    // the words under a mark are the mark, from the first to the last of them
    if (last?.[0] === at) last[3] = to
    else if (end > start) words.push([at, under?.length ?? end - start, from, to])
  }
  return { text, marks, words }
}

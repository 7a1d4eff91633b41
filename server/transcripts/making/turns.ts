import type { Utterance } from '../engines/ports.ts'
import type { Span, Turn } from '../redaction/index.ts'
import type { StoredMark, StoredWord } from '../store.ts'
import type { Heard, Lane } from './hear.ts'

/** What one lane said without the other, before redaction. */
export type SpokenTurn = Turn & {
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
  const scored = parts.filter(({ confidence }) => confidence !== null)
  return {
    id: String(i),
    lane: String(leg),
    role: lanes.find((lane) => lane.leg === leg)?.role ?? 'unknown',
    text: parts.map(({ text }) => text.trim()).join(' '),
    words: parts.flatMap(({ words }) => words.map(({ text, startMs, endMs }) => ({ text, from: startMs, to: endMs }))),
    leg,
    language: first.language ?? language,
    confidence: scored.length > 0 ? scored.reduce((sum, u) => sum + (u.confidence ?? 0), 0) / scored.length : null,
    fromMs: first.startMs,
    toMs: last.endMs,
  }
}

/** A turn with its spans replaced by their types in brackets, and the words that are left with their times. */
export function redacted(
  turn: SpokenTurn,
  spans: readonly Span[],
): { text: string; words: StoredWord[]; marks: StoredMark[] } {
  const merged = mergedSpans(spans)
  const marks: StoredMark[] = []
  let [text, at] = ['', 0]
  for (const { type, start, end } of merged) {
    text += turn.text.slice(at, start)
    const mark = `[${type}]`
    marks.push({ type, at: text.length, length: mark.length })
    text += mark
    at = end
  }
  text += turn.text.slice(at)
  return { text, marks, words: wordsOf(turn, merged, marks) }
}

/** Spans in order; those that touch or overlap become one, of the first one's type. */
function mergedSpans(spans: readonly Span[]): Span[] {
  const merged: Span[] = []
  for (const span of spans.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    const last = merged.at(-1)
    if (last && span.start < last.end) last.end = Math.max(last.end, span.end)
    else merged.push({ ...span })
  }
  return merged
}

/** Where each word stands in the new text; the words under a mark are the mark, from the first to the last of them. */
function wordsOf(turn: SpokenTurn, spans: readonly Span[], marks: readonly StoredMark[]): StoredWord[] {
  const words: StoredWord[] = []
  let searchFrom = 0
  for (const { text, from, to } of turn.words ?? []) {
    const at = turn.text.indexOf(text, searchFrom)
    if (at < 0) continue
    const end = at + text.length
    searchFrom = end
    const under = spans.findIndex((span) => span.start < end && at < span.end)
    const mark = marks[under]
    if (!mark) words.push([at + shiftAt(at, spans, marks), text.length, from, to])
    else if (words.at(-1)?.[0] === mark.at) words.at(-1)![3] = to
    else words.push([mark.at, mark.length, from, to])
  }
  return words
}

/** By how many characters the text moved before a place of the old one. */
function shiftAt(at: number, spans: readonly Span[], marks: readonly StoredMark[]): number {
  return spans.reduce(
    (sum, span, i) => (span.end <= at ? sum + (marks[i]?.length ?? 0) - (span.end - span.start) : sum),
    0,
  )
}

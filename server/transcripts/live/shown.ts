import type { CaptionMark } from '../../../contract/models/captions.ts'
import { merged, placesOf, redact, type Span, type TimedWord } from '../redaction/index.ts'
import type { Stretch } from './guard.ts'

type Mark = { type: CaptionMark['type']; start: number; end: number }

/** What of a turn may be shown: what is personal as its mark, what is not known yet or left out of the record as `NUMBER`. */
export function shown(
  turn: { text: string; words: readonly TimedWord[] },
  {
    spans,
    held,
    leftOut,
  }: { spans: readonly Span[]; held: readonly { start: number; end: number }[]; leftOut: readonly Stretch[] },
): { text: string; marks: CaptionMark[] } {
  const places = placesOf(turn.text, turn.words)
  const silent = turn.words.flatMap(({ from, to }, i) =>
    leftOut.some((s) => s.fromMs < to && from < s.toMs) ? [places[i]!] : [],
  )
  const marks = apart(merged(spans), joined([...held, ...silent], turn.text))
  const { text, offset } = redact(turn.text, marks)
  return { text, marks: marks.map(({ type, start }) => ({ type, at: offset(start), length: type.length + 2 })) }
}

/** Places as few as possible: those with nothing but signs between are one. */
function joined(places: readonly { start: number; end: number }[], text: string): { start: number; end: number }[] {
  const out: { start: number; end: number }[] = []
  for (const { start, end } of places.toSorted((a, b) => a.start - b.start)) {
    const last = out.at(-1)
    if (last && !/[\p{L}\p{N}]/u.test(text.slice(last.end, start))) last.end = Math.max(last.end, end)
    else if (end > start) out.push({ start, end })
  }
  return out
}

/** Spans as they are, and of the held places what they leave. */
function apart(spans: readonly Span[], held: readonly { start: number; end: number }[]): Mark[] {
  const rest = held.flatMap(({ start, end }) => {
    const parts: Mark[] = []
    let at = start
    for (const span of spans) {
      if (span.end <= at || span.start >= end) continue
      if (span.start > at) parts.push({ type: 'NUMBER', start: at, end: span.start })
      at = span.end
    }
    if (at < end) parts.push({ type: 'NUMBER', start: at, end })
    return parts
  })
  return [...spans, ...rest].toSorted((a, b) => a.start - b.start)
}

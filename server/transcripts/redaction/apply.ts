import type { Span, TimedWord } from './types.ts'

/** A text with marks in place of its spans, and where its offsets went. */
export type Redacted = {
  text: string
  /** The place in the redacted text of an offset of the original; an offset within a span becomes its mark's start. */
  offset: (original: number) => number
}

/** Replaces spans by their marks: `[CARD]`. Spans are in order and do not meet. */
export function redact(text: string, spans: readonly { type: string; start: number; end: number }[]): Redacted {
  let out = ''
  let at = 0
  const shifts: { start: number; end: number; into: number; after: number }[] = []
  for (const { type, start, end } of spans) {
    out += text.slice(at, start)
    const into = out.length
    out += `[${type}]`
    shifts.push({ start, end, into, after: out.length - end })
    at = end
  }
  const offset = (original: number): number => {
    const shift = shifts.findLast(({ start }) => start <= original)
    if (!shift) return original
    return original < shift.end ? shift.into : original + shift.after
  }
  return { text: out + text.slice(at), offset }
}

/** Indices of words between which a span lies, both included. */
export type WordRange = { type: Span['type']; first: number; last: number }

/**
 * Words of a turn that its spans touch. Words are found in the text one after another; a word that the text does not have
 * takes the place of the one before, so that it is redacted with it.
 */
export function wordRanges(text: string, words: readonly { text: string }[], spans: readonly Span[]): WordRange[] {
  const places = placesOf(text, words)
  return spans.flatMap(({ type, start, end }) => {
    const first = places.findIndex((place) => place.end > start && place.start < end)
    const last = places.findLastIndex((place) => place.end > start && place.start < end)
    return first === -1 ? [] : [{ type, first, last }]
  })
}

/** Where each word stands in the text; one that the text does not have takes the place of the one before. */
export function placesOf(text: string, words: readonly { text: string }[]): { start: number; end: number }[] {
  let at = 0
  let place = { start: 0, end: 0 }
  return words.map((word) => {
    const bare = word.text.trim()
    const start = bare === '' ? -1 : text.indexOf(bare, at)
    if (start === -1) return place
    at = start + bare.length
    place = { start, end: at }
    return place
  })
}

/** A stretch of a lane's audio to silence, in ms of the call. */
export type SilentRange = { from: number; to: number }

/**
 * The audio of a turn's spans, `marginMs` wider on both sides, overlapping stretches joined. Recognisers are some tens of
 * ms off where words begin and end.
 */
export function silentRanges(
  text: string,
  words: readonly TimedWord[],
  spans: readonly Span[],
  marginMs: number,
): SilentRange[] {
  const ranges = wordRanges(text, words, spans)
    .map(({ first, last }) => words.slice(first, last + 1))
    .map((part) => ({
      from: Math.max(0, Math.min(...part.map(({ from }) => from)) - marginMs),
      to: Math.max(...part.map(({ to }) => to)) + marginMs,
    }))
    .toSorted((a, b) => a.from - b.from)
  const joined: SilentRange[] = []
  for (const range of ranges) {
    const last = joined.at(-1)
    if (last && range.from <= last.to) joined[joined.length - 1] = { from: last.from, to: Math.max(last.to, range.to) }
    else joined.push(range)
  }
  return joined
}

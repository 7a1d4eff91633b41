import { type PiiType, placesOf, type SilentRange, silentRanges, type Span, wordRanges } from '../redaction/index.ts'
import type { SpokenPart, SpokenTurn } from './turns.ts'

/** A stretch of one leg's audio, ms of the call. */
export type LaneRange = { leg: number; fromMs: number; toMs: number }

/** What was found in a call and has to leave its audio. No text. */
export type ToSilence = {
  /** Card and bank data, by its type. */
  payment: (LaneRange & { type: PiiType })[]
  /** Everything else that is personal. */
  personal: LaneRange[]
}

/** Card and bank data: it may be kept by nobody, whatever the purpose (PCI DSS 3.3). */
const paymentTypes: readonly PiiType[] = ['CARD', 'CVV', 'EXPIRY', 'IBAN']

/** Recognisers are some tens of ms off where words begin and end. */
const marginMs = 150

/** Where the spans of turns are in the audio. Without the times of words a whole utterance is taken: too much is better than too little. */
export function toSilence(turns: readonly SpokenTurn[], spans: ReadonlyMap<string, readonly Span[]>): ToSilence {
  const found = turns.flatMap((turn) =>
    (spans.get(turn.id) ?? []).flatMap((span) =>
      rangesOf(turn, span).map(({ from, to }) => ({ leg: turn.leg, fromMs: from, toMs: to, type: span.type })),
    ),
  )
  const isPayment = ({ type }: { type: PiiType }): boolean => paymentTypes.includes(type)
  return {
    payment: found.filter(isPayment),
    personal: found.filter((range) => !isPayment(range)).map(({ leg, fromMs, toMs }) => ({ leg, fromMs, toMs })),
  }
}

/** The audio of a span, utterance by utterance of its turn: one may have the times of its words, and the next none. */
function rangesOf(turn: SpokenTurn, { type, start, end }: Span): SilentRange[] {
  return turn.parts.flatMap((part) => {
    const inside = { type, start: Math.max(0, start - part.at), end: Math.min(part.text.length, end - part.at) }
    if (inside.start >= inside.end) return []
    return timed(part, inside) ? silentRanges(part.text, part.words, [inside], marginMs) : [wholeOf(part)]
  })
}

/** Whether the engine knows when the span was said, from its first word to its last. */
function timed({ timing, text, words }: SpokenPart, span: Span): boolean {
  const [range] = wordRanges(text, words, [span])
  if (timing !== 'word' || !range) return false
  const places = placesOf(text, words)
  return places[range.first]!.start <= span.start && places[range.last]!.end >= span.end
}

const wholeOf = ({ fromMs, toMs }: SpokenPart): SilentRange => ({
  from: Math.max(0, fromMs - marginMs),
  to: toMs + marginMs,
})

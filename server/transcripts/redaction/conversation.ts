import { findAddresses } from './detectors/address.ts'
import { findEmails } from './detectors/email.ts'
import { findNames, type NameDictionary } from './detectors/name.ts'
import { lexicons } from './lexicon/index.ts'
import type { Cue, Lexicon } from './lexicon/lexicon.ts'
import { type Range, scan } from './scan.ts'
import { initial, type OpenValue, type Patch, type State } from './state.ts'
import { step } from './step.ts'
import { type Token, tokenise } from './tokens.ts'
import { type Language, type PiiType, piiTypes, type Span, type Turn } from './types.ts'

/** What a conversation is redacted with. Without `names` people's names are found by the words around them only. */
export type Settings = { language: Language; names?: NameDictionary | null }

export { initial, type State }

/** What a turn changed: the state after it, its own spans, and places in turns before it that are other now. */
export type Advance = { state: State; patches: Patch[] }

/** Takes a turn into a conversation. Pure: the state before it stays as it was. */
export function advance(settings: Settings, before: State, turn: Turn): Advance {
  const lexicon = lexicons[settings.language]
  const tokens = tokenise(turn.text)
  const expected = before.expected?.cues[0] ?? null
  const patches: Patch[] = []
  const own = ownCues(lexicon, tokens)
  const emails = findEmails(lexicon, turn.text, tokens, expected === 'EMAIL' || own.has('EMAIL'))
  const addresses = findAddresses(
    { lexicon, text: turn.text, tokens },
    expected === 'ADDRESS' && before.open.get(turn.lane)?.live !== true,
  )
  const free = addresses.filter((a) => !emails.some((e) => a.from < e.to && e.from < a.to))
  const claimed = new Set(
    [...emails, ...free].flatMap(({ from, to }) => Array.from({ length: to - from }, (_, k) => from + k)),
  )
  const mark = (type: PiiType, ranges: readonly Range[]): void => {
    for (const range of ranges) patches.push(patch(turn.id, type, tokens, range))
  }
  mark('EMAIL', emails)
  mark('ADDRESS', free)
  mark('HEALTH', phrases(lexicon, tokens))
  const names = findNames({
    lexicon,
    tokens,
    role: turn.role,
    text: turn.text,
    dictionary: settings.names ?? null,
    asked: expected === 'NAME',
    known: before.names,
  })
  mark('NAME', names)
  const scanned = {
    id: turn.id,
    lane: turn.lane,
    tokens,
    scan: scan(lexicon, tokens, claimed),
    asks: tokens.some((_, k) => lexicon.asks(tokens, k) !== null),
    question: turn.text.includes('?'),
  }
  const stepped = step(lexicon, before, scanned)
  const told = new Set<Cue>([
    ...(emails.length > 0 ? ['EMAIL' as const] : []),
    ...(free.length > 0 ? ['ADDRESS' as const] : []),
    ...(names.length > 0 ? ['NAME' as const] : []),
  ])
  return {
    state: { ...answered(stepped.state, told), names: withNames(before.names, tokens, names, settings) },
    patches: [...patches, ...stepped.patches],
  }
}

function ownCues(lexicon: Lexicon, tokens: readonly Token[]): Set<Cue> {
  return new Set(tokens.flatMap((_, k) => lexicon.cues(tokens, k)?.value ?? []))
}

function phrases(lexicon: Lexicon, tokens: readonly Token[]): Range[] {
  return tokens.flatMap((_, from) => {
    const found = lexicon.health(tokens, from)
    return found ? [{ from, to: from + found.length }] : []
  })
}

function patch(turn: string, type: PiiType, tokens: readonly Token[], { from, to }: Range): Patch {
  const [start, end] = [tokens[from]?.start ?? 0, tokens[to - 1]?.end ?? 0]
  return { turn, start, end, span: { type, start, end } }
}

/** What was asked for and told is expected no more. */
function answered(state: State, told: ReadonlySet<Cue>): State {
  const cues = state.expected?.cues.filter((cue) => !told.has(cue))
  if (!state.expected || !cues || cues.length === state.expected.cues.length) return state
  return { ...state, expected: cues.length > 0 ? { ...state.expected, cues } : null }
}

/** Long and uncommon enough to be the name whenever it is said again. */
function withNames(
  known: State['names'],
  tokens: readonly Token[],
  found: readonly Range[],
  { names }: Settings,
): State['names'] {
  const more = found
    .flatMap(({ from, to }) => tokens.slice(from, to))
    .filter(({ low, raw }) => low.length >= 4 && (!names || names.rank(raw) > 1500))
  return more.length > 0 ? new Set([...known, ...more.map(({ low }) => low)]) : known
}

/** Digits and letters at the end of what a lane said that may become a card or an account, and have no span yet. */
export function openPlaces({ open }: State, lane: string): { turn: string; start: number; end: number }[] {
  const value = open.get(lane)
  if (!value || !mayBecomePayment(value)) return []
  return value.segments.flatMap(({ turn, tight }) => {
    const [first, last] = [tight[0], tight.at(-1)]
    return first && last ? [{ turn, start: first.start, end: last.end }] : []
  })
}

const mayBecomePayment = ({ live, type, cue }: OpenValue): boolean =>
  live && type === null && (cue === null || cue === 'NUMBER' || cue === 'CARD' || cue === 'IBAN')

/** Spans in order, none over another: where two meet, one span of the graver type covers both. */
export function merged(spans: readonly Span[]): Span[] {
  const sorted = spans.toSorted((a, b) => a.start - b.start || b.end - a.end)
  const out: Span[] = []
  for (const span of sorted) {
    const last = out.at(-1)
    if (last && span.start < last.end) {
      const type = piiTypes.indexOf(span.type) < piiTypes.indexOf(last.type) ? span.type : last.type
      out[out.length - 1] = { type, start: last.start, end: Math.max(last.end, span.end) }
    } else out.push({ ...span })
  }
  return out
}

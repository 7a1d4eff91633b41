import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import {
  type Language,
  languages,
  loadNames,
  type NameDictionary,
  type PiiType,
  redactConversation,
  type Span,
  type Turn,
} from '../../server/transcripts/redaction/index.ts'

type GoldSpan = { type: string; start: number; end: number; item?: number }
type GoldTurn = {
  role: 'agent' | 'customer'
  text: string
  spans: GoldSpan[]
  negative?: boolean
  agent_name?: { start: number; end: number }
}
type Dialogue = { id: string; turns: GoldTurn[] }

/** Of one type in one set. Values split over turns count once, and are found when all their parts are. */
export type Score = {
  set: string
  type: string
  /** Values of the set. */
  values: number
  /** Values every letter and digit of which is redacted, whatever the type. */
  covered: number
  /** Covered, and every part meets a span of its own type. */
  typed: number
  /** Spans given of this type. */
  given: number
  /** Given spans that meet a value of any type; of this type. */
  justified: number
  right: number
}

/** A value that was missed, or a span without one: to look at, never written to a file. */
export type Miss = { set: string; kind: 'missed' | 'mistyped' | 'false'; type: string; id: string; text: string }

export type RedactionVerdict = {
  scores: Score[]
  misses: Miss[]
  turnsPerSecond: number
  negatives: { set: string; turns: number; redacted: number }[]
}

const readLines = <T>(file: string): T[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T)

const alphanumeric = /[\p{L}\p{N}]/u

type Marks = { gold: readonly GoldSpan[]; spans: readonly Span[] }

/** Whether every letter and digit from start to end is in a span. */
function covers(text: string, spans: readonly Span[], { start, end }: GoldSpan): boolean {
  for (let k = start; k < end; k++)
    if (alphanumeric.test(text[k] ?? '') && !spans.some((span) => k >= span.start && k < span.end)) return false
  return true
}

const meets = (a: { start: number; end: number }, b: { start: number; end: number }): boolean =>
  a.start < b.end && b.start < a.end

type Count = { score: (type: string) => Score; misses: Miss[]; set: string }

function counter(set: string): Count & { scores: Map<string, Score> } {
  const scores = new Map<string, Score>()
  const score = (type: string): Score => {
    const known = scores.get(type) ?? { set, type, values: 0, covered: 0, typed: 0, given: 0, justified: 0, right: 0 }
    scores.set(type, known)
    return known
  }
  return { set, scores, score, misses: [] }
}

type Part = { text: string; gold: GoldSpan; spans: readonly Span[] }

function countValue({ score, misses, set }: Count, id: string, parts: readonly Part[]): void {
  const type = parts[0]?.gold.type ?? ''
  const row = score(type)
  row.values++
  const covered = parts.every(({ text, gold, spans }) => covers(text, spans, gold))
  const typed =
    covered && parts.every(({ gold, spans }) => spans.some((span) => span.type === type && meets(span, gold)))
  if (covered) row.covered++
  if (typed) row.typed++
  const text = parts.map((p) => marked(p.text, p.spans)).join(' / ')
  if (!covered) misses.push({ set, kind: 'missed', type, id, text })
  else if (!typed) misses.push({ set, kind: 'mistyped', type, id, text })
}

function countSpans({ score, misses, set }: Count, id: string, text: string, { gold, spans }: Marks): void {
  for (const span of spans) {
    const row = score(span.type)
    const met = gold.filter((g) => meets(g, span))
    row.given++
    if (met.length > 0) row.justified++
    if (met.some((g) => g.type === span.type)) row.right++
    if (met.length === 0) misses.push({ set, kind: 'false', type: span.type, id, text: marked(text, spans) })
  }
}

const marked = (text: string, spans: readonly Span[]): string =>
  spans
    .toReversed()
    .reduce((t, s) => `${t.slice(0, s.start)}[${s.type}:${t.slice(s.start, s.end)}]${t.slice(s.end)}`, text)

function evalDialogues(folder: string, language: Language, names: NameDictionary, into: RedactionVerdict): void {
  const dialogues = readLines<Dialogue>(join(folder, `${language}.jsonl`))
  const count = counter(language)
  const negatives = { set: language, turns: 0, redacted: 0 }
  for (const { id, turns } of dialogues) {
    const mine = turns.map((turn, k): Turn => ({ id: String(k), lane: turn.role, role: turn.role, text: turn.text }))
    const spans = redactConversation({ language, names }, mine)
    const items = new Map<string, Part[]>()
    for (const [k, turn] of turns.entries()) {
      const found = (spans.get(String(k)) ?? []).filter((s) => !(turn.agent_name && meets(turn.agent_name, s)))
      for (const [g, gold] of turn.spans.entries()) {
        const key = String(gold.item ?? `${k} ${g}`)
        items.set(key, [...(items.get(key) ?? []), { text: turn.text, gold, spans: found }])
      }
      countSpans(count, id, turn.text, { gold: turn.spans, spans: found })
      if (turn.negative) negatives.turns++
      if (turn.negative && found.length > 0) negatives.redacted++
    }
    for (const parts of items.values()) countValue(count, id, parts)
  }
  into.scores.push(...count.scores.values())
  into.misses.push(...count.misses)
  into.negatives.push(negatives)
}

/** Types of Presidio's set that are ours; the others are left out, and what meets them is no error. */
const presidio: Readonly<Record<string, PiiType>> = {
  CREDIT_CARD: 'CARD',
  IBAN_CODE: 'IBAN',
  PHONE_NUMBER: 'PHONE',
  EMAIL_ADDRESS: 'EMAIL',
  STREET_ADDRESS: 'ADDRESS',
  PERSON: 'NAME',
}

function evalPresidio(file: string, names: NameDictionary, into: RedactionVerdict): void {
  const count = counter('presidio')
  for (const { id, text, spans } of readLines<{ id: string; text: string; spans: GoldSpan[] }>(file)) {
    const gold = spans.map((g) => ({ ...g, type: presidio[g.type] ?? g.type }))
    const turn: Turn = { id, lane: 'a', role: 'unknown', text }
    const found = redactConversation({ language: 'en', names }, [turn]).get(id) ?? []
    countSpans(count, id, text, { gold, spans: found })
    for (const g of gold)
      if (Object.values(presidio).some((type) => type === g.type))
        countValue(count, id, [{ text, gold: g, spans: found }])
  }
  into.scores.push(...count.scores.values())
  into.misses.push(...count.misses)
}

/** Turns that are redacted in a second on one core, over all dialogues, the best of three rounds. */
function speed(folder: string, dictionaries: ReadonlyMap<Language, NameDictionary>): number {
  const sets = languages.map((language) => ({
    language,
    dialogues: readLines<Dialogue>(join(folder, `${language}.jsonl`)).map(({ turns }) =>
      turns.map((turn, k): Turn => ({ id: String(k), lane: turn.role, role: turn.role, text: turn.text })),
    ),
  }))
  const count = sets.flatMap(({ dialogues }) => dialogues.flat()).length
  const rounds = [1, 2, 3].map(() => {
    const start = performance.now()
    for (const { language, dialogues } of sets)
      for (const turns of dialogues) redactConversation({ language, names: dictionaries.get(language) ?? null }, turns)
    return (performance.now() - start) / 1000
  })
  return count / Math.min(...rounds)
}

/** Measures the redaction on `spoken_pii_synth` and `presidio_pii`; null when the first is not there. */
export async function evalRedaction(data: string): Promise<RedactionVerdict | null> {
  const folder = join(data, 'spoken_pii_synth')
  if (!existsSync(folder)) return null
  const verdict: RedactionVerdict = { scores: [], misses: [], turnsPerSecond: 0, negatives: [] }
  const dictionaries = new Map<Language, NameDictionary>()
  for (const language of languages) {
    const names = await loadNames(language)
    dictionaries.set(language, names)
    evalDialogues(folder, language, names, verdict)
  }
  const sentences = join(data, 'presidio_pii', 'sentences.jsonl')
  const english = dictionaries.get('en')
  if (existsSync(sentences) && english) evalPresidio(sentences, english, verdict)
  verdict.turnsPerSecond = speed(folder, dictionaries)
  return verdict
}

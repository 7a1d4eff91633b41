import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { spreadWords } from '../../server/transcripts/engines/words.ts'
import { Conversation } from '../../server/transcripts/live/conversation.ts'
import { type Guard, heed, type Order, passed, type Stretch } from '../../server/transcripts/live/guard.ts'
import { type Language, languages, loadNames, placesOf } from '../../server/transcripts/redaction/index.ts'

/** How captions come: partial ones each second or only whole utterances, and how long after the words. */
export type Engine = { name: string; partials: boolean; delayMs: number }

export type MaskingScore = {
  language: Language
  engine: string
  /** Card and bank data told, s of sound; left out before a disk had it; found too late for the memory, or never. */
  told: number
  leftOut: number
  missed: number
  /** Values of which something reached the disk. */
  values: number
  missedValues: number
  /** Sound left out that held none, s, and its share of all that was said. */
  tooMuch: number
  share: number
}

type GoldTurn = { role: 'agent' | 'customer'; text: string; spans: { type: string; start: number; end: number }[] }

export const ENGINES: readonly Engine[] = [
  { name: 'partials each second, 0.5 s late', partials: true, delayMs: 500 },
  { name: 'whole utterances, 1 s late', partials: false, delayMs: 1000 },
  { name: 'whole utterances, 3 s late', partials: false, delayMs: 3000 },
]

const PAYMENT = new Set(['CARD', 'CVV', 'EXPIRY', 'IBAN'])
/** What the recorder holds in memory (`capture.detectorDelayMs`). */
const MEMORY_MS = 5000
/** As people speak: a word takes as long as its letters, about 150 a minute; then the other answers. */
const MS_PER_LETTER = 70
const ANSWER_MS = 700
/** The longest stretch without a pause: a detector cuts there. */
const LONGEST_MS = 20_000
const STEP_MS = 250

/** Dialogues spoken at an ordinary pace through the live redaction and its guard; null where the set is not there. */
export async function evalMasking(data: string): Promise<MaskingScore[]> {
  const folder = join(data, 'spoken_pii_synth')
  if (!existsSync(folder)) return []
  const scores: MaskingScore[] = []
  for (const language of languages) {
    const names = await loadNames(language)
    const dialogues = readFileSync(join(folder, `${language}.jsonl`), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as { turns: GoldTurn[] })
    for (const engine of ENGINES) {
      const score = {
        language,
        engine: engine.name,
        told: 0,
        leftOut: 0,
        missed: 0,
        values: 0,
        missedValues: 0,
        tooMuch: 0,
        share: 0,
      }
      let all = 0
      for (const { turns } of dialogues)
        all += play(spokenOf(turns), { engine, talk: new Conversation([{ language, names }]), score })
      score.share = score.tooMuch / all
      scores.push(score)
    }
  }
  return scores
}

type Spoken = GoldTurn & {
  id: string
  fromMs: number
  toMs: number
  words: ReturnType<typeof spreadWords>
  gold: Stretch[]
}

function spokenOf(turns: readonly GoldTurn[]): Spoken[] {
  let at = 0
  return turns.map((turn, i) => {
    const fromMs = at
    const toMs = fromMs + Math.max(400, turn.text.length * MS_PER_LETTER)
    at = toMs + ANSWER_MS
    const words = spreadWords(turn.text, fromMs, toMs)
    const places = placesOf(turn.text, words)
    const gold = turn.spans
      .filter(({ type }) => PAYMENT.has(type))
      .flatMap((span) => {
        const under = words.filter((_, k) => places[k]!.end > span.start && places[k]!.start < span.end)
        return under.length > 0 ? [{ fromMs: under[0]!.startMs, toMs: under.at(-1)!.endMs }] : []
      })
    return { ...turn, id: String(i), fromMs, toMs, words, gold }
  })
}

type Said = { at: number; turn: Spoken; untilMs: number; final: boolean }

/** Plays a dialogue; returns its length, s. */
function play(
  turns: readonly Spoken[],
  { engine, talk, score }: { engine: Engine; talk: Conversation; score: MaskingScore },
): number {
  const lastMs = turns.at(-1)?.toMs ?? 0
  const captions = turns.flatMap((turn) => captionsOf(turn, engine)).toSorted((a, b) => a.at - b.at)
  const masks: Stretch[] = []
  let guard: Guard = null
  const obey = (next: { guard: Guard; order: Order }, now: number): void => {
    guard = next.guard
    if (!next.order) return
    const from = Math.max(next.order.fromMs, now - MEMORY_MS)
    if (next.order.on) masks.push({ fromMs: from, toMs: Number.POSITIVE_INFINITY })
    else masks.at(-1)!.toMs = Math.max(masks.at(-1)!.fromMs, from)
  }
  for (let now = 0, next = 0; now <= lastMs + 30_000; now += STEP_MS) {
    for (; (captions[next]?.at ?? Number.POSITIVE_INFINITY) <= now; next++)
      obey(heed(guard, told(talk, captions[next]!)), now)
    obey(passed(guard, now), now)
  }
  count(turns, masks, score)
  return lastMs / 1000
}

function captionsOf(turn: Spoken, { partials, delayMs }: Engine): Said[] {
  const out: Said[] = []
  for (let until = turn.fromMs + 1000; partials && until < turn.toMs; until += 1000)
    out.push({ at: until + delayMs, turn, untilMs: until, final: false })
  const cut = turn.fromMs + LONGEST_MS
  return [...out, { at: Math.min(turn.toMs, cut) + delayMs, turn, untilMs: turn.toMs, final: true }]
}

function told(talk: Conversation, { turn, untilMs, final }: Said): Parameters<typeof heed>[1] {
  const words = turn.words.filter(({ endMs }) => endMs <= untilMs + 1)
  const text = final ? turn.text : words.map((word) => word.text).join(' ')
  const utterance = {
    text,
    words: final ? turn.words : words,
    startMs: turn.fromMs,
    endMs: words.at(-1)?.endMs ?? turn.fromMs,
    confidence: null,
    language: null,
    timing: 'word' as const,
  }
  const leg = turn.role === 'agent' ? 0 : 1
  return talk.take({ id: turn.id, leg, role: turn.role, origin: 'engine', final, utterance, stages: null }).told
}

function count(turns: readonly Spoken[], masks: readonly Stretch[], score: MaskingScore): void {
  const end = turns.at(-1)?.toMs ?? 0
  const gold = turns.flatMap((turn) => turn.gold)
  const inside = (span: Stretch, others: readonly Stretch[]): number =>
    others.reduce((sum, o) => sum + Math.max(0, Math.min(span.toMs, o.toMs) - Math.max(span.fromMs, o.fromMs)), 0) /
    1000
  for (const span of gold) {
    const length = (span.toMs - span.fromMs) / 1000
    const left = inside(span, masks)
    score.told += length
    score.leftOut += left
    score.missed += length - left
    score.values++
    if (length - left > 0.05) score.missedValues++
  }
  const masked = masks.map((m) => ({ fromMs: m.fromMs, toMs: Math.min(m.toMs, end) })).filter((m) => m.toMs > m.fromMs)
  score.tooMuch += masked.reduce((sum, m) => sum + (m.toMs - m.fromMs) / 1000 - inside(m, gold), 0)
}

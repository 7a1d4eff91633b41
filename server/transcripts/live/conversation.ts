import type { Caption, CaptionStages } from '../../../contract/models/captions.ts'
import type { Utterance } from '../engines/ports.ts'
import {
  languages,
  type LiveRedaction,
  liveRedaction,
  merged,
  type PaymentCue,
  paymentCue,
  type Settings,
  type Span,
  silentRanges,
  type TimedWord,
} from '../redaction/index.ts'
import type { Stretch, Told } from './guard.ts'
import type { Role } from './heard.ts'
import { shown } from './shown.ts'

/** One thing said, as it is now. Times are ms of the call. */
export type Said = {
  id: string
  leg: number
  role: Role
  origin: Caption['origin']
  final: boolean
  utterance: Utterance
  stages: Omit<CaptionStages, 'redaction'> | null
}

type Kept = Omit<Said, 'utterance' | 'stages'> & {
  text: string
  words: TimedWord[]
  fromMs: number
  toMs: number
  spans: Span[]
  held: { start: number; end: number }[]
}

/** Turns whose redaction may still change; older ones are kept as they are shown, and no longer as they were said. */
const CHANGING = 40
/** Turns that somebody who joins is shown. */
const SHOWN = 200
/** Fewer digits than a group of a card are an amount, a count, a year. */
const FEWEST_DIGITS = 4
const PAYMENT = new Set(['CARD', 'CVV', 'EXPIRY', 'IBAN'])

/**
 * What is said in a call in progress, redacted turn by turn. Holds words as heard of the last turns, in memory only. `settings`: one
 * language, or several where nobody knows which it is: too much is taken out then rather than too little.
 */
export class Conversation {
  #redactions: { language: Settings['language']; live: LiveRedaction }[]
  #turns = new Map<string, Kept>()
  #captions = new Map<string, Caption>()
  #leftOut: Stretch[] = []

  constructor(settings: readonly Settings[]) {
    this.#redactions = settings.map((each) => ({ language: each.language, live: liveRedaction(each) }))
  }

  /** Somebody speaks another language too: from now on what is personal in it is taken out as well. */
  also(settings: readonly Settings[]): void {
    for (const each of settings)
      if (!this.#redactions.some(({ language }) => language === each.language))
        this.#redactions.push({ language: each.language, live: liveRedaction(each) })
  }

  get captions(): Caption[] {
    return [...this.#captions.values()]
  }

  /** A turn is new, or has changed. Returns what is to be shown anew, and what it tells of card data. */
  take(said: Said, redactionFrom = performance.now()): { captions: Caption[]; told: Told } {
    const kept = keptOf(said)
    this.#turns.delete(said.id)
    this.#turns.set(said.id, kept)
    const { changed, expecting } = this.#redact(kept, said.final)
    const told = this.#told(kept, changed, expecting)
    const stages = said.stages && { ...said.stages, redaction: performance.now() - redactionFrom }
    const captions = changed.map((turn) => this.#show(turn, turn.id === said.id ? stages : null))
    this.#forget()
    return { captions, told }
  }

  /** A source has taken back what it said. */
  withdraw(id: string): boolean {
    this.#turns.delete(id)
    return this.#captions.delete(id)
  }

  /** What is left out of the record is not shown either. Returns what changes by it. */
  leaveOut(stretches: readonly Stretch[]): Caption[] {
    this.#leftOut = [...stretches]
    return [...this.#turns.values()].flatMap((turn) => {
      const before = this.#captions.get(turn.id)?.text
      const after = this.#show(turn, null)
      return after.text === before ? [] : [after]
    })
  }

  /** Nothing is held any more. */
  clear(): void {
    this.#turns.clear()
    this.#captions.clear()
  }

  /** The turns whose spans changed, the newest last; and whether card data is expected next. */
  #redact(turn: Kept, final: boolean): { changed: Kept[]; expecting: boolean } {
    const asked = { id: turn.id, lane: String(turn.leg), role: turn.role, text: turn.text, words: turn.words }
    const found = new Map<string, Span[]>()
    const held = new Map<string, { start: number; end: number }[]>()
    let isExpecting = false
    for (const { live } of this.#redactions) {
      const { spans, open, expecting } = final ? live.final(asked) : live.partial(asked)
      for (const [id, each] of spans) found.set(id, merged([...(found.get(id) ?? []), ...each]))
      isExpecting ||= expecting !== null && PAYMENT.has(expecting)
      for (const { turn: id, start, end } of this.#isRun(turn, open) ? open : [])
        held.set(id, [...(held.get(id) ?? []), { start, end }])
    }
    const touched = new Set([...found.keys(), ...held.keys()])
    for (const [id, one] of this.#turns) if (one.held.length > 0 && one.leg === turn.leg) touched.add(id)
    touched.delete(turn.id)
    const changed = [...touched, turn.id].flatMap((id) => {
      const one = this.#turns.get(id)
      if (!one) return []
      const after = { spans: found.get(id) ?? (one === turn ? [] : one.spans), held: held.get(id) ?? [] }
      const same = JSON.stringify(after) === JSON.stringify({ spans: one.spans, held: one.held })
      Object.assign(one, after)
      // A turn that is told of again and stays as it was is not news: what was said in it is over.
      return same && one !== turn ? [] : [one]
    })
    return { changed, expecting: isExpecting }
  }

  /** Whether the open digits of a lane are so many that they may be part of a card. */
  #isRun(turn: Kept, open: readonly { turn: string; start: number; end: number }[]): boolean {
    const digits = open.map(({ turn: id, start, end }) => {
      const text = (id === turn.id ? turn : this.#turns.get(id))?.text.slice(start, end) ?? ''
      return text.split(/\s+/).reduce((sum, word) => sum + Math.max(1, word.replace(/\D/g, '').length), 0)
    })
    return digits.reduce((sum, n) => sum + n, 0) >= FEWEST_DIGITS
  }

  #told(turn: Kept, changed: readonly Kept[], expecting: boolean): Told {
    const payment = changed.flatMap(({ text, words, spans, held }) => {
      const places = [
        ...spans.filter(({ type }) => PAYMENT.has(type)),
        ...held.map((h) => ({ type: 'CARD' as const, ...h })),
      ]
      return silentRanges(
        text,
        words,
        places.toSorted((a, b) => a.start - b.start),
        0,
      )
    })
    return {
      fromMs: turn.fromMs,
      toMs: turn.toMs,
      final: turn.final,
      cue: this.#cue(turn.text),
      payment: payment.map(({ from, to }) => ({ fromMs: from, toMs: to })),
      expecting,
    }
  }

  #cue(text: string): PaymentCue {
    const cues = this.#redactions.map(({ language }) => paymentCue(text, language))
    return {
      begins: cues.find(({ begins }) => begins !== null)?.begins ?? null,
      over: cues.some(({ over }) => over),
    }
  }

  #show(turn: Kept, stages: CaptionStages | null): Caption {
    const { id, leg, role, origin, final, fromMs, toMs, spans, held } = turn
    const caption: Caption = {
      id,
      leg,
      role,
      origin,
      final,
      fromMs,
      toMs,
      ...shown(turn, { spans, held, leftOut: this.#leftOut }),
      stages,
    }
    this.#captions.set(id, caption)
    return caption
  }

  #forget(): void {
    for (const id of [...this.#turns.keys()].slice(0, -CHANGING)) this.#turns.delete(id)
    for (const id of [...this.#captions.keys()].slice(0, -SHOWN)) this.#captions.delete(id)
  }
}

const keptOf = ({ id, leg, role, origin, final, utterance }: Said): Kept => ({
  id,
  leg,
  role,
  origin,
  final,
  text: utterance.text,
  words: utterance.words.map(({ text, startMs, endMs }) => ({ text, from: startMs, to: endMs })),
  fromMs: utterance.startMs,
  toMs: utterance.endMs,
  spans: [],
  held: [],
})

/** The redaction's languages for a call in this one; all where it is none of them. */
export const redactedIn = (language: string | null): readonly Settings['language'][] => {
  const known = languages.find((each) => each === language)
  return known ? [known] : languages
}

import { lexicons } from './lexicon/index.ts'
import type { Cue } from './lexicon/lexicon.ts'
import { type CueFound, scan } from './scan.ts'
import { announced } from './step.ts'
import { tokenise } from './tokens.ts'
import type { Language } from './types.ts'

/** Data of a card or a bank account. */
export type PaymentType = 'CARD' | 'CVV' | 'EXPIRY' | 'IBAN'

/** What a turn says of card and bank data to come. */
export type PaymentCue = {
  /** Such data is about to be told, or is told in this turn. */
  begins: PaymentType | null
  /** It has been told: the payment went through, or the call moves on. */
  over: boolean
}

const payment: ReadonlySet<Cue> = new Set<Cue>(['CARD', 'CVV', 'EXPIRY', 'IBAN'])
/** Words after an announcement that still lead to the value: `la carta è la`. */
const LEAD = 4

/**
 * Whether card or bank data is about to be told, from the words of one turn alone: it is asked for (`mi dà il numero della
 * carta`), or announced (`allora la carta è`). Drives what is kept off the disk while it is told, so it rather says yes.
 */
export function paymentCue(text: string, language: Language): PaymentCue {
  const lexicon = lexicons[language]
  const tokens = tokenise(text)
  const { events } = scan(lexicon, tokens, new Set())
  const cues = events.filter((event): event is CueFound => event.kind === 'cue')
  const told = events.some(
    (event, k) => event.kind === 'run' && event.tight !== null && !event.unit && events[k - 1]?.kind === 'cue',
  )
  const asks = text.includes('?') || tokens.some((_, k) => lexicon.asks(tokens, k) !== null)
  const leads = tokens.length - (cues.at(-1)?.to ?? Number.NEGATIVE_INFINITY) <= LEAD
  const begins = told || asks || leads ? announced(cues).find((cue) => payment.has(cue)) : undefined
  const over = begins === undefined && tokens.some((_, k) => lexicon.done(tokens, k) !== null)
  return { begins: (begins as PaymentType | undefined) ?? null, over }
}

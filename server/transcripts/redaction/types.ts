import { MarkType } from '../../../contract/models/transcripts.ts'

/** Languages with a grammar of spoken numbers, letters and cues. */
export const languages = ['it', 'fr', 'en'] as const
export type Language = (typeof languages)[number]

/** What is redacted. CVV stands for any sensitive authentication data of a card (PIN too); IBAN for any number of a bank account. */
export const piiTypes = MarkType.options
export type PiiType = MarkType

/** A mark that stands for what was redacted: `[CARD]`. */
export const markPattern = new RegExp(`\\[(?:${piiTypes.join('|')})\\]`, 'g')

/** One word of a recogniser, in the order of the turn's text. `from` and `to` in ms of the call. */
export type TimedWord = { text: string; from: number; to: number }

/** What one lane said without interruption. `id` is unique in the conversation. */
export type Turn = {
  id: string
  lane: string
  role: 'agent' | 'customer' | 'unknown'
  text: string
  words?: readonly TimedWord[]
}

/** A part of a turn's text to redact: UTF-16 offsets, end exclusive. */
export type Span = { type: PiiType; start: number; end: number }

import type { CallerView, RightsKind, RightsReport, RightsRequest } from '../../../contract/models/rights.ts'
import type { CallLine } from './overview.ts'
import { english } from './words/en.ts'
import { french } from './words/fr.ts'
import { italian } from './words/it.ts'

export type Language = RightsRequest['language']
export type LetterKind = 'received' | 'extended' | 'answer'

/** Everything that letters and their enclosure say. `{name}` is filled in. */
export type LetterWords = {
  subject: Record<LetterKind, string>
  /** What was asked for, as the object of "you asked for". */
  asked: Record<RightsKind, string>
  about: string
  reference: string
  greeting: string
  received: string
  due: string
  identity: string
  extended: string
  refused: string
  partly: string
  done: Record<RightsKind, string>
  /** Where to fetch it, when it was released. */
  fetch: string
  report: { ended: string; kept: string; failed: string; destroyed: string; nothing: string }
  /** What became of the working copy. */
  workingCopy: Record<'destroyed' | 'held' | 'soon', string>
  /** The same of a request about every call: counts instead of one call. */
  all: {
    asked: Record<RightsKind, string>
    about: string
    received: string
    identity: string
    done: Record<RightsKind, string>
    handed: string
    report: { ended: string; kept: string; failed: string; destroyed: string; nothing: string; open: string }
    workingCopy: Record<'destroyed' | 'held' | 'soon', string>
  }
  why: Record<RightsReport['kept'][number]['why'], string>
  outcome: string
  complaint: string
  remedy: string
  officer: string
  closing: string
  page: string
  articles: Record<NonNullable<RightsRequest['article']>, string>
  /** Every call of a person, in what that person is given. */
  overview: {
    title: string
    intro: string
    notExamined: string
    began: string
    lasted: string
    state: string
    states: Record<CallerView['state'], string>
    audio: string
    audios: Record<CallLine['audio'], string>
    folder: string
  }
  enclosure: {
    title: string
    intro: string
    call: string
    began: string
    lasted: string
    seconds: string
    direction: string
    directions: Record<'inbound' | 'outbound' | 'internal' | 'unknown', string>
    purposes: string
    purpose: string
    basis: string
    bases: Record<string, string>
    until: string
    audioUntil: string
    ended: string
    ai: string
    noAi: string
    gaps: string
    gapsNone: string
    given: string
    givenLead: string
    givenNone: string
    when: string
    role: string
    roles: Record<string, string>
    forPurpose: string
    listened: string
    exported: string
    own: string
    transcripts: { none: string; given: string; withheld: string }
    decisions: string
    source: string
    transfers: string
    rights: string
    annotations: string
    silenced: string
    silencedLead: string
  }
}

export const letterWords: Record<Language, LetterWords> = { it: italian, fr: french, en: english }
export const dateLocales: Record<Language, string> = { it: 'it-IT', fr: 'fr-FR', en: 'en-GB' }

export const filled = (text: string, values: Record<string, string | number>): string =>
  text.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ''))

/** The standard fonts lack the narrow spaces that some languages use. */
export const plainSpaces = (text: string): string => text.replaceAll(/[\u202f\u2009]/g, '\u00a0')

/** `2027-03-04` or an instant, as a day in words; UTC. */
export const dayIn = (language: Language, at: string | Date): string =>
  plainSpaces(
    new Intl.DateTimeFormat(dateLocales[language], { dateStyle: 'long', timeZone: 'UTC' }).format(new Date(at)),
  )

export const momentIn = (language: Language, at: string | Date): string =>
  plainSpaces(
    `${new Intl.DateTimeFormat(dateLocales[language], { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' }).format(new Date(at))} UTC`,
  )

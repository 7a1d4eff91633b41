import type { Locale } from '../../../contract/models/common.ts'
import type { AnnouncementTexts } from '../../../contract/models/consent.ts'
import type { PolicyRule } from '../../../contract/models/policy.ts'
import type { Organisation, PurposeEntry } from '../../../contract/models/retention.ts'
import { longestOf } from '../register/span.ts'
import { keepsAnything, longestKeep } from '../register/terms.ts'
import { joined, spanWords, type Telling, voices } from './words.ts'

/*
 * What a caller is told before the call (GDPR art. 13, 7(3), 21(4)): that it may be recorded, by whom, why, how long at most, how
 * to say no (or yes), where the full notice and the data protection officer are. Made from the register, never typed. Pure.
 */

type Mode = keyof AnnouncementTexts
type Spoken = AnnouncementTexts['objection']['it']
export type Facts = { organisation: Organisation | null; entries: readonly PurposeEntry[] }

/** Characters of such a text that are said in a second, about. */
const charactersPerSecond = 15
const defaultKeys = { yes: '1', no: '9' }

/** Protocols that bring recordings made elsewhere: nobody is told anything by us. */
const stored: readonly string[] = ['upload', 'vcon']

/** The purposes for which the recording policy may record calls in progress. */
export const purposesOfLiveCalls = (rules: readonly PolicyRule[]): string[] => [
  ...new Set(
    rules
      .filter(({ action }) => action.kind !== 'never')
      .filter(({ when }) => when.protocols.length === 0 || when.protocols.some((p) => !stored.includes(p)))
      .flatMap(({ purposes }) => purposes),
  ),
]

/** The texts in all languages, or null when no purpose is in force: then nothing is recorded and nothing is said. */
export function textsOf(facts: Facts): AnnouncementTexts | null {
  if (facts.entries.length === 0) return null
  const inAll = (mode: Mode) => ({
    it: spoken(facts, mode, 'it'),
    fr: spoken(facts, mode, 'fr'),
    en: spoken(facts, mode, 'en'),
  })
  return { objection: inAll('objection'), opt_in: inAll('opt_in') }
}

/** What callers must be told and the organisation has not said yet. */
export function missingOf(organisation: Organisation | null): ('name' | 'contact' | 'dpo')[] {
  const missing: ['name' | 'contact' | 'dpo', boolean][] = [
    ['name', !organisation],
    ['contact', contactOf(organisation) === null],
    ['dpo', !organisation?.dpo.email && !organisation?.dpo.phone],
  ]
  return missing.flatMap(([what, is]) => (is ? [what] : []))
}

function spoken(facts: Facts, mode: Mode, locale: Locale): Spoken {
  const short = spaced(shortText(facts, mode, locale), locale)
  const seconds = Math.ceil(short.length / charactersPerSecond)
  return { short, long: `${short}\n\n${spaced(longText(facts, locale), locale)}`, seconds }
}

/** French signs keep to the word they follow. */
const spaced = (text: string, locale: Locale): string =>
  locale === 'fr' ? text.replaceAll(/ ([:;?!»])/g, '\u00a0$1').replaceAll('« ', '«\u00a0') : text

function shortText({ organisation, entries }: Facts, mode: Mode, locale: Locale): string {
  const voice = voices[locale]
  const recording = entries.filter(keepsAnything)
  const meanwhile = entries.filter((entry) => !keepsAnything(entry))
  const words = (of: PurposeEntry[]): string =>
    joined(
      of.map((entry) => entry.spoken[locale]),
      locale,
    )
  const longest = longestOf(recording.map(longestKeep))
  const telling: Telling = {
    who: organisation?.name ?? null,
    purposes: words(recording),
    meanwhile: words(meanwhile),
    longest: longest ? spanWords(longest, locale) : '',
    keys: organisation?.keys ?? defaultKeys,
  }
  const alone = recording.length === 0
  const recorded = mode === 'opt_in' ? voice.mayWe(telling) : voice.maybeRecorded(telling)
  const contact = contactOf(organisation)
  const sentences = [
    alone ? '' : recorded,
    meanwhile.length > 0 ? voice.assisted(telling, alone) : '',
    mode === 'opt_in' && !alone ? voice.ifYes(telling) : voice.orSayNo(telling),
    contact === null ? '' : voice.contact(contact),
  ]
  return sentences.filter(Boolean).join(' ')
}

/** What the short text leaves out: each purpose with its basis and term, the controller, the officer, the rights. */
function longText({ organisation, entries }: Facts, locale: Locale): string {
  const voice = voices[locale]
  const purposes = entries.map((entry) =>
    voice.purpose({
      name: entry.name[locale],
      description: entry.description[locale],
      keep: keepsAnything(entry) ? spanWords(longestKeep(entry), locale) : null,
      basis: entry.legalBasis,
      law: entry.legalText,
      ai: entry.ai?.[locale] ?? '',
    }),
  )
  const { dpo } = organisation ?? { dpo: { name: '', email: '', phone: '' } }
  const officer = [dpo.name, dpo.email, dpo.phone].filter(Boolean).join(', ')
  return [
    ...purposes,
    ...(organisation ? [voice.controller(organisation.name, organisation.address)] : []),
    ...(officer === '' ? [] : [voice.officer(officer)]),
    voice.rights(organisation?.authority ?? ''),
  ].join('\n')
}

/** Where callers find everything, as one says it: without `https://`. */
function contactOf(organisation: Organisation | null): string | null {
  if (!organisation) return null
  const { callers, dpo, email } = organisation
  const url = callers.url.replace(/^https?:\/\//, '').replace(/\/$/, '')
  return [url, callers.phone, callers.email, dpo.email, dpo.phone, email].find((one) => one !== '') ?? null
}

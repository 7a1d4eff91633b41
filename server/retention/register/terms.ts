import type { CountryRule, PurposeEntry, Span } from '../../../contract/models/retention.ts'
import { isNothing, lastDayOf, longestOf, within } from './span.ts'

const ruleOf = (entry: PurposeEntry, country: string | null): CountryRule | undefined =>
  entry.countries.find((rule) => rule.country === country)

/** How long a purpose keeps what belongs to a call of a country (null: no country known). */
export const keepOf = (entry: PurposeEntry, country: string | null): Span => ruleOf(entry, country)?.keep ?? entry.keep

/** How long the audio itself is kept: never longer than the purpose. */
export function audioOf(entry: PurposeEntry, country: string | null): Span {
  const keep = keepOf(entry, country)
  const audio = ruleOf(entry, country)?.audio ?? entry.audio
  return audio && within(audio, keep) ? audio : keep
}

/** Whether a written confirmation ends the purpose in a country (CNIL, 25 April 2022). */
export const confirmationEnds = (entry: PurposeEntry, country: string | null): boolean =>
  ruleOf(entry, country)?.confirmationEnds ?? entry.confirmationEnds

/** Whether the purpose stores anything at all. */
export const keepsAnything = (entry: PurposeEntry): boolean => entry.material !== 'nothing' && !isNothing(entry.keep)

/** The last day (UTC) on which a purpose may use what belongs to a call that began at `startMs`. */
export const lastDayFor = (entry: PurposeEntry, country: string | null, startMs: number): Date =>
  lastDayOf(keepOf(entry, country), startMs)

/** The last day (UTC) of the audio kept for a purpose: never after `lastDayFor`. */
export function lastAudioDayFor(entry: PurposeEntry, country: string | null, startMs: number): Date {
  const [audio, keep] = [lastDayOf(audioOf(entry, country), startMs), lastDayFor(entry, country, startMs)]
  return audio < keep ? audio : keep
}

/** The purposes the law knows, beside training: what they serve is not the watching of work. */
const otherwise: readonly string[] = ['evidence', 'analytics', 'assist']

/**
 * Whether the use of a purpose watches how people work, and needs what the law of their country asks for first (L. 300/1970 art. 4,
 * Code du travail L2312-38): training, and what an organisation adds and lets others than its privacy officers use.
 */
export const watches = (entry: PurposeEntry): boolean =>
  !otherwise.includes(entry.key) && entry.audience.some((role) => role !== 'privacy_officer')

/** The longest a purpose keeps anything, in whichever country. */
export const longestKeep = (entry: PurposeEntry): Span =>
  longestOf([entry.keep, ...entry.countries.flatMap((rule) => rule.keep ?? [])]) ?? entry.keep

import type { Language } from './words.ts'

export const locales: Record<Language, string> = { it: 'it-IT', fr: 'fr-FR', en: 'en-GB' }

export const filled = (text: string, values: Record<string, string | number>): string =>
  text.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ''))

// The standard fonts lack the narrow space that some languages put into dates and numbers.
const plain = (said: string): string => said.replaceAll(/[\u202f\u2009]/g, '\u00a0')

const said = (language: Language, at: string, options: Intl.DateTimeFormatOptions): string =>
  plain(new Intl.DateTimeFormat(locales[language], { ...options, timeZone: 'UTC' }).format(new Date(at)))

/** A day or an instant as a day (UTC), in words. */
export const dayIn = (language: Language, at: string): string => said(language, at, { dateStyle: 'long' })
/** An instant to the minute (UTC). */
export const instantIn = (language: Language, at: string): string =>
  said(language, at, { dateStyle: 'medium', timeStyle: 'short' })
/** The time of an instant to the second (UTC). */
export const timeIn = (language: Language, at: string): string => said(language, at, { timeStyle: 'medium' })
export const numberIn = (language: Language, n: number): string =>
  plain(new Intl.NumberFormat(locales[language], { maximumFractionDigits: 1 }).format(n))

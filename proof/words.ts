import { english } from './words/en.ts'
import { french } from './words/fr.ts'
import { italian } from './words/it.ts'
import type { Words } from './words/type.ts'
import type { Language } from './package/format.ts'
import type { Check, Verdict } from './verify.ts'

export { type Language, LANGUAGES } from './package/format.ts'

/** Everything the verifier says, by language. */
export const words: Record<Language, Words> = { it: italian, fr: french, en: english }

/** One sentence about a check. */
export function sentenceOf(check: Check, language: Language): string {
  const { passed, reasons } = words[language]
  return filled(check.reason === null ? passed[check.id] : reasons[check.reason], check.params, language)
}

/** The verdict in a sentence, then what it means for the copy and the time. */
export function summaryOf({ verdict, copy, level }: Verdict, language: Language): string[] {
  const { verdicts, copies, levels } = words[language]
  return verdict === 'failed'
    ? [verdicts[verdict]]
    : [verdicts[verdict], ...(copy ? [copies[copy]] : []), levels[level]]
}

/** Puts values into `{name}`; times (ISO 8601) become dates of the language, in UTC. */
function filled(text: string, params: Check['params'], language: Language): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => shown(params[name] ?? '?', language))
}

/** English as it is written in Europe: the day before the month. */
const locales: Record<Language, string> = { it: 'it', fr: 'fr', en: 'en-GB' }

function shown(value: string | number, language: Language): string {
  const locale = locales[language]
  if (typeof value === 'number') return new Intl.NumberFormat(locale).format(value)
  if (!/^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value)) return words[language].copyNames[value] ?? value
  const format = new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeStyle: 'medium', timeZone: 'UTC' })
  return `${format.format(new Date(value))} UTC`
}

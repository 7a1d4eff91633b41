import { parsePhoneNumberFromString } from 'libphonenumber-js/min'
import {
  cardLength,
  ibanLength,
  isCard,
  isCodiceFiscale,
  isIban,
  isNino,
  isNir,
  looksLikeCodiceFiscale,
  looksLikeNir,
} from '../checks.ts'
import type { Language, PiiType } from '../types.ts'

/** Types that a value shows by its own form. `checked`: a check digit or character agrees. */
export type Structure = { type: PiiType; checked: boolean }

const country = { it: 'IT', fr: 'FR', en: 'GB' } as const

/** Readings that are tried for a value whose check digits must agree, and for one without. */
const POSSIBLE = 64
const LIKELY = 3

/** Digits only: letters that may be words are left out; null when there are real letters. */
export function digitsOf(reading: string): string | null {
  const rest = reading.replace(/[a-z]/g, '')
  return /[A-Z]/.test(rest) ? null : rest.replaceAll('+', '')
}

/** Letters and digits, every letter counted. */
export const codeOf = (reading: string): string => reading.toUpperCase().replaceAll('+', '')

/** The type a value has by its form alone, from the likeliest readings; null when it has none. */
export function structureOf(candidates: readonly string[], language: Language): Structure | null {
  const longEnough = candidates.slice(0, POSSIBLE).filter((reading) => reading.length >= 8)
  for (const reading of longEnough) if (holdsIban(codeOf(reading))) return { type: 'IBAN', checked: true }
  for (const reading of longEnough) {
    const id = nationalId(codeOf(reading), language)
    if (id) return id
  }
  if (beginsIban(codeOf(candidates[0] ?? ''))) return { type: 'IBAN', checked: false }
  const numbers = longEnough.map(digitsOf).filter((digits) => digits !== null)
  if (numbers.some(isCard)) return { type: 'CARD', checked: true }
  const [first] = numbers
  if (first === undefined) return null
  if (first.length >= 15 && first.length === cardLength(first)) return { type: 'CARD', checked: false }
  return candidates.slice(0, LIKELY).some((reading) => isPhone(reading, language))
    ? { type: 'PHONE', checked: false }
    : null
}

/** An IBAN in the code; other letters may stand before it, such as a misheard word. */
function holdsIban(code: string): boolean {
  for (const { index } of code.matchAll(/(?=[A-Z]{2}\d{2})/g))
    if (isIban(code.slice(index, index + (ibanLength(code.slice(index)) ?? 0)))) return true
  return false
}

/** Country, check digits, and letters or digits where the countries of our callers' accounts have them. */
const beginsIban = (code: string): boolean =>
  /^(?:IT\d{2}(?:[A-Z](?:\d|$)|$)|FR\d{2}(?:\d|$)|GB\d{2}[A-Z]|SM\d{2}[A-Z]|(?:DE|ES|BE|CH|LU|AT|PT)\d{12})/.test(code)

function nationalId(code: string, language: Language): Structure | null {
  for (let at = 0; at + 16 <= code.length; at++) {
    const part = code.slice(at, at + 16)
    if (looksLikeCodiceFiscale(part)) return { type: 'NATIONAL_ID', checked: isCodiceFiscale(part) }
  }
  // Fifteen digits are also a card of some schemes: a NIR is looked for in French only.
  if (language === 'fr' && code.length === 15 && looksLikeNir(code))
    return { type: 'NATIONAL_ID', checked: isNir(code) }
  return isNino(code) ? { type: 'NATIONAL_ID', checked: false } : null
}

/** A number of the country's plan that is dialled whole, or an international one. */
function isPhone(reading: string, language: Language): boolean {
  const digits = digitsOf(reading)
  if (digits === null || digits.length < 9 || digits.length > 15) return false
  const international = reading.startsWith('+') ? `+${digits}` : digits.startsWith('00') ? `+${digits.slice(2)}` : null
  if (international) return parsePhoneNumberFromString(international)?.isPossible() === true
  // Without a leading 0 or an Italian mobile's 3 it may be any number.
  if (!/^0[1-9]/.test(digits) && !(language === 'it' && digits.startsWith('3') && digits.length === 10)) return false
  return parsePhoneNumberFromString(digits, country[language])?.isPossible() === true
}

/**
 * Whether a value is told to its end, so that more digits are another one. Words have several readings: without agreeing
 * check digits a card, account or identity number may be a little longer than it seems.
 */
export function isWhole(type: PiiType, code: string, language: Language): boolean {
  const { length } = code
  switch (type) {
    case 'CARD':
      return isCard(code) || length >= (cardLength(code) ?? 16) + 3
    case 'IBAN':
      return isIban(code) || length >= (ibanLength(code) ?? 27) + 3
    case 'NATIONAL_ID':
      return isCodiceFiscale(code) || isNir(code) || length >= { it: 18, fr: 17, en: 9 }[language]
    case 'PHONE':
      return length >= (code.startsWith('00') ? 14 : { it: 10, fr: 10, en: 11 }[language])
    case 'CVV':
      return length >= 3
    case 'PASSPORT':
      return length >= 9
    default:
      return true
  }
}

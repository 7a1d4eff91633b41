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

/** Digits only: letters that may be words are left out; null when there are real letters. */
export function digitsOf(reading: string): string | null {
  const rest = reading.replace(/[a-z]/g, '')
  return /[A-Z]/.test(rest) ? null : rest.replaceAll('+', '')
}

/** Letters and digits, every letter counted. */
export const codeOf = (reading: string): string => reading.toUpperCase().replaceAll('+', '')

/** The type a value has by its form alone, from the likeliest readings; null when it has none. */
export function structureOf(candidates: readonly string[], language: Language): Structure | null {
  const longEnough = candidates.filter((reading) => reading.length >= 8)
  for (const reading of longEnough) if (isIban(codeOf(reading))) return { type: 'IBAN', checked: true }
  for (const reading of longEnough) {
    const id = nationalId(codeOf(reading), language)
    if (id) return id
  }
  const numbers = longEnough.map(digitsOf).filter((digits) => digits !== null)
  if (numbers.some(isCard)) return { type: 'CARD', checked: true }
  const [first] = numbers
  if (first === undefined) return null
  if (first.length >= 15 && first.length === cardLength(first)) return { type: 'CARD', checked: false }
  return longEnough.slice(0, 3).some((reading) => isPhone(reading, language)) ? { type: 'PHONE', checked: false } : null
}

function nationalId(code: string, language: Language): Structure | null {
  if (isCodiceFiscale(code)) return { type: 'NATIONAL_ID', checked: true }
  if (looksLikeCodiceFiscale(code)) return { type: 'NATIONAL_ID', checked: false }
  if (isNir(code)) return { type: 'NATIONAL_ID', checked: true }
  if (language === 'fr' && looksLikeNir(code) && code.length === 15) return { type: 'NATIONAL_ID', checked: false }
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

/** How many characters a value of a type has when it is whole; null when that is not known. */
export function wholeLength(type: PiiType, code: string, language: Language): number | null {
  if (type === 'CARD') return cardLength(code) ?? 16
  if (type === 'IBAN') return /^[A-Z]{2}/.test(code) ? (ibanLength(code) ?? 34) : 22
  if (type === 'NATIONAL_ID') return { it: 16, fr: 15, en: 9 }[language]
  if (type === 'PHONE') return code.startsWith('00') ? 14 : { it: 10, fr: 10, en: 11 }[language]
  if (type === 'CVV') return 3
  if (type === 'PASSPORT') return 9
  return null
}

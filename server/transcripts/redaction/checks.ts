/** Check digits and forms of numbers that name a person, an account or a card. */

/** ISO/IEC 7812-1 annex B. */
export function luhn(digits: string): boolean {
  let sum = 0
  for (let k = 0; k < digits.length; k++) {
    const digit = digits.charCodeAt(digits.length - 1 - k) - 48
    const doubled = k % 2 === 1 ? digit * 2 : digit
    sum += doubled > 9 ? doubled - 9 : doubled
  }
  return digits.length > 0 && sum % 10 === 0
}

/** How many digits a payment card has that begins so; null when no scheme issues such numbers. */
export function cardLength(digits: string): number | null {
  if (/^3[47]/.test(digits)) return 15
  if (/^3(?:0[0-5]|095|[689])/.test(digits)) return 14
  if (/^(?:4|5[1-5]|2(?:2[2-9]|[3-6]|7[01]|720)|6(?:011|4[4-9]|5|2|0|3|7)|5[06-8]|35(?:2[89]|[3-8]))/.test(digits))
    return 16
  return null
}

/** A number with the first digits, length and check digit of a payment card. */
export function isCard(digits: string): boolean {
  const length = cardLength(digits)
  if (length === null || !luhn(digits)) return false
  // Maestro and some UnionPay numbers have 12 to 19 digits.
  return digits.length === length || (/^[56]/.test(digits) && digits.length >= 17 && digits.length <= 19)
}

/** Lengths of the IBANs of countries whose accounts are given on these telephones (ISO 13616 registry). */
const ibanLengths: Readonly<Record<string, number>> = {
  AD: 24,
  AT: 20,
  BE: 16,
  BG: 22,
  CH: 21,
  CY: 28,
  CZ: 24,
  DE: 22,
  DK: 18,
  EE: 20,
  ES: 24,
  FI: 18,
  FR: 27,
  GB: 22,
  GR: 27,
  HR: 21,
  HU: 28,
  IE: 22,
  IS: 26,
  IT: 27,
  LI: 21,
  LT: 20,
  LU: 20,
  LV: 21,
  MC: 27,
  MT: 31,
  NL: 18,
  NO: 15,
  PL: 28,
  PT: 25,
  RO: 24,
  SE: 24,
  SI: 19,
  SK: 24,
  SM: 27,
}

/** How many characters an IBAN has that begins so; null when the country has none. */
export const ibanLength = (text: string): number | null => ibanLengths[text.slice(0, 2)] ?? null

/** ISO 13616: country, length, and remainder 1 by 97 (ISO/IEC 7064 MOD 97-10). */
export function isIban(text: string): boolean {
  if (!/^[A-Z]{2}\d{2}[A-Z0-9]+$/.test(text) || text.length !== ibanLength(text)) return false
  let rest = 0
  for (const c of text.slice(4) + text.slice(0, 4)) {
    const value = Number.parseInt(c, 36)
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97
  }
  return rest === 1
}

/** Letters that stand for digits where two people would share a code (omocodia). */
const OMOCODIA = 'LMNPQRSTUV'
const codiceForm = /^[A-Z]{6}[0-9LMNPQRSTUV]{2}[ABCDEHLMPRST][0-9LMNPQRSTUV]{2}[A-Z][0-9LMNPQRSTUV]{3}[A-Z]$/
const oddValues = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23]

/** Form of an Italian codice fiscale of a person, with omocodia. */
export const looksLikeCodiceFiscale = (text: string): boolean => codiceForm.test(text) && plausibleDay(text)

/** Day of birth 1 to 31, for women 41 to 71. */
function plausibleDay(text: string): boolean {
  const digits = Array.from(text.slice(9, 11), (c) => (/\d/.test(c) ? c : String(OMOCODIA.indexOf(c))))
  const day = Number(digits.join(''))
  return (day >= 1 && day <= 31) || (day >= 41 && day <= 71)
}

/** Codice fiscale with its check character (DM 23 December 1976, annex). */
export function isCodiceFiscale(text: string): boolean {
  if (!looksLikeCodiceFiscale(text)) return false
  let sum = 0
  for (let k = 0; k < 15; k++) {
    const c = text.charCodeAt(k)
    const value = c < 58 ? c - 48 : c - 65
    sum += k % 2 === 0 ? (oddValues[value] ?? 0) : value
  }
  return text.charCodeAt(15) - 65 === sum % 26
}

/** A French NIR: sex, year, month, département (2A and 2B for Corsica), and what follows; with or without its key. */
export const looksLikeNir = (text: string): boolean =>
  /^[1278]\d{2}(?:0[1-9]|1[0-2]|[2-9]\d)(?:\d{2}|2[AB])\d{6}(?:\d{2})?$/.test(text)

/** NIR with its key: 97 less the remainder by 97; Corsica counts as 19 and 18. */
export function isNir(text: string): boolean {
  if (text.length !== 15 || !looksLikeNir(text)) return false
  const body = text.slice(0, 13).replace('2A', '19').replace('2B', '18')
  return Number(text.slice(13)) === 97 - (Number(body) % 97)
}

/** A UK National Insurance number (HMRC NIM39110); QQ and other prefixes never issued count too: people misspeak. */
export const isNino = (text: string): boolean => /^[A-Z]{2}\d{6}[A-D]$/.test(text)

import { parsePhoneNumberFromString } from 'libphonenumber-js/min'
import type { Box } from '../../vault/index.ts'

/** The user part of a SIP or tel address, or the text itself: `sip:+39021234@x` → `+39021234`. */
export function numberOf(address: string): string {
  const bare = address.replace(/^<|>$/g, '').replace(/^(sips?|tel):/i, '')
  return (bare.split(/[@;]/)[0] ?? '').replace(/[\s().-]/g, '')
}

/** ISO 3166-1 alpha-2 country of an international number (+… or 00…), or null: a local number tells none. */
export function countryOf(address: string | undefined): string | null {
  if (!address) return null
  const digits = numberOf(address).replace(/^00/, '+')
  return digits.startsWith('+') ? (parsePhoneNumberFromString(digits)?.country ?? null) : null
}

/**
 * What stands where a caller withheld the number: RFC 3323 §4.1.1.3, 3GPP TS 23.003 §13.6, and the digits by which platforms spell the
 * same words. Callers that withhold have it in common and nothing else.
 */
const withheld = new Set(
  ['anonymous', 'unavailable', 'unknown', 'restricted', 'private', 'withheld', 'blocked'].concat([
    '266696687',
    '7378742833',
    '2562533',
    '8656696',
    '86282452253',
  ]),
)

/** Blind index by which the calls of a caller are found; null when nobody knows who called. */
export function customerIndex(box: Pick<Box, 'blindIndex'>, address: string | undefined): Buffer | null {
  if (!address || withheld.has(numberOf(address).replace(/^\+/, '').toLowerCase())) return null
  return box.blindIndex('address', addressKey(address))
}

/** One form for looking a caller up: digits of a number without leading zeros or plus; otherwise the address in lower case. */
export function addressKey(address: string): string {
  const number = numberOf(address)
  return /^\+?\d{3,}$/.test(number)
    ? number.replace(/^(\+|00)/, '')
    : address.replace(/^(sips?|tel):/i, '').toLowerCase()
}

import { parsePhoneNumberFromString } from 'libphonenumber-js/min'

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

/** One form for looking a caller up: digits of a number without leading zeros or plus; otherwise the address in lower case. */
export function addressKey(address: string): string {
  const number = numberOf(address)
  return /^\+?\d{3,}$/.test(number)
    ? number.replace(/^(\+|00)/, '')
    : address.replace(/^(sips?|tel):/i, '').toLowerCase()
}

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cardLength, isCard, isCodiceFiscale, isIban, isNino, isNir, looksLikeCodiceFiscale, luhn } from './checks.ts'
import { withLuhn } from './testkit/speak.ts'

test('example numbers of the card schemes are cards', () => {
  for (const number of [
    '4111111111111111',
    '5555555555554444',
    '378282246310005',
    '30569309025904',
    '2223003122003222',
    '6011111111111117',
  ])
    expect(isCard(number)).toBe(true)
  expect(isCard('4111111111111112')).toBe(false)
  expect(isCard('1234567812345670')).toBe(false)
  expect(cardLength('34')).toBe(15)
})

test('changing one digit breaks the check', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^\d{15}$/), fc.nat(15), fc.integer({ min: 1, max: 9 }), (body, at, by) => {
      const number = withLuhn(body)
      expect(luhn(number)).toBe(true)
      const wrong = number.slice(0, at) + String((Number(number[at]) + by) % 10) + number.slice(at + 1)
      expect(luhn(wrong)).toBe(false)
    }),
  )
})

test('account numbers of the registry are IBANs, with one sign changed they are none', () => {
  for (const iban of [
    'IT60X0542811101000000123456',
    'FR1420041010050500013M02606',
    'GB29NWBK60161331926819',
    'DE89370400440532013000',
  ]) {
    expect(isIban(iban)).toBe(true)
    expect(isIban(iban.replace(/\d(?=.{3}$)/, (d) => String((Number(d) + 1) % 10)))).toBe(false)
  }
  expect(isIban('IT60X054281110100000012345')).toBe(false)
  expect(isIban('XX60X0542811101000000123456')).toBe(false)
})

test('identity numbers', () => {
  expect(isCodiceFiscale('RSSMRA85T10A562S')).toBe(true)
  expect(isCodiceFiscale('RSSMRA85T10A562T')).toBe(false)
  expect(looksLikeCodiceFiscale('RSSMRA85T10A562T')).toBe(true)
  // Omocodia: the last digit became a letter, and the check character with it.
  expect(isCodiceFiscale('RSSMRA85T10A56NH')).toBe(true)
  expect(looksLikeCodiceFiscale('RSSMRA85T99A562S')).toBe(false)
  expect(isNir('255081416802538')).toBe(true)
  expect(isNir('255081416802539')).toBe(false)
  expect(isNino('QQ123456C')).toBe(true)
  expect(isNino('QQ123456E')).toBe(false)
})

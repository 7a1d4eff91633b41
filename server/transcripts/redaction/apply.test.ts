import fc from 'fast-check'
import { expect, test } from 'vitest'
import { redact, silentRanges, wordRanges } from './apply.ts'
import type { Span } from './types.ts'

const text = 'la carta è 4111 1111 scade zero due'
const spans: Span[] = [
  { type: 'CARD', start: 11, end: 20 },
  { type: 'EXPIRY', start: 27, end: 35 },
]
const words = text.split(' ').map((word, k) => ({ text: word, from: k * 500, to: k * 500 + 400 }))

test('marks stand for spans, and offsets are told', () => {
  const redacted = redact(text, spans)
  expect(redacted.text).toBe('la carta è [CARD] scade [EXPIRY]')
  expect(redacted.offset(3)).toBe(3)
  expect(redacted.offset(15)).toBe(11)
  expect(redacted.text.slice(redacted.offset(21), redacted.offset(26))).toBe('scade')
  expect(redacted.offset(text.length)).toBe(redacted.text.length)
})

test('spans become words, and words silence with a margin', () => {
  expect(wordRanges(text, words, spans)).toEqual([
    { type: 'CARD', first: 3, last: 4 },
    { type: 'EXPIRY', first: 6, last: 7 },
  ])
  expect(silentRanges(text, words, spans, 100)).toEqual([
    { from: 1400, to: 2500 },
    { from: 2900, to: 4000 },
  ])
  expect(silentRanges(text, words, spans, 300)).toEqual([{ from: 1200, to: 4200 }])
})

test('a word that the text does not have is silenced with the one before', () => {
  const odd = [
    { text: '4111', from: 0, to: 400 },
    { text: '*', from: 400, to: 500 },
    { text: 'ok', from: 500, to: 600 },
  ]
  expect(wordRanges('4111 ok', odd, [{ type: 'CARD', start: 0, end: 4 }])).toEqual([
    { type: 'CARD', first: 0, last: 1 },
  ])
})

test('nothing of a span is left, and all else is', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z ]{0,40}$/), fc.nat(40), fc.nat(40), (plain, a, b) => {
      const [start, end] = [Math.min(a, b, plain.length), Math.min(Math.max(a, b), plain.length)]
      const given: Span[] = start < end ? [{ type: 'PHONE', start, end }] : []
      const expected = given.length > 0 ? `${plain.slice(0, start)}[PHONE]${plain.slice(end)}` : plain
      expect(redact(plain, given).text).toBe(expected)
    }),
  )
})

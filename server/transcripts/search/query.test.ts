import fc from 'fast-check'
import { expect, it } from 'vitest'
import { parseQuery } from './query.ts'

const words = (text: string) => ({ kind: 'words' as const, text })
const phrase = (text: string) => ({ kind: 'phrase' as const, text })

it('reads words, phrases, alternatives, exclusions and nearness', () => {
  expect(parseQuery('rimborso')).toEqual(words('rimborso'))
  expect(parseQuery('rimborso bolletta')).toEqual({ kind: 'all', parts: [words('rimborso'), words('bolletta')] })
  expect(parseQuery('"doppio addebito" OR rimborso')).toEqual({
    kind: 'any',
    parts: [phrase('doppio addebito'), words('rimborso')],
  })
  expect(parseQuery('disdetta -modem')).toEqual({
    kind: 'all',
    parts: [words('disdetta'), { kind: 'not', part: words('modem') }],
  })
  expect(parseQuery('carte NEAR/3 bloquée')).toEqual({
    kind: 'near',
    left: words('carte'),
    right: words('bloquée'),
    within: 3,
  })
  expect(parseQuery('a NEAR b')).toMatchObject({ kind: 'near', within: 10 })
})

it('takes what is still being typed for what it is so far', () => {
  expect(parseQuery('rimborso OR')).toEqual(words('rimborso'))
  expect(parseQuery('rimborso NEAR/')).toEqual(words('rimborso'))
  expect(parseQuery('NEAR rimborso -')).toEqual(words('rimborso'))
  expect(parseQuery('"doppio addeb')).toEqual(phrase('doppio addeb'))
})

it('refuses what cannot be looked for', () => {
  for (const text of ['', '   ', '"', '--', 'OR', '…'])
    expect(() => parseQuery(text)).toThrow(expect.objectContaining({ code: 'search_empty' }))
  for (const text of ['-modem', 'rimborso OR -modem'])
    expect(() => parseQuery(text)).toThrow(expect.objectContaining({ code: 'search_only_not' }))
  expect(() => parseQuery('a '.repeat(60))).toThrow(expect.objectContaining({ code: 'search_too_long' }))
})

it('says something sensible about any text', () => {
  const bits = fc.constantFrom(
    'a',
    '"',
    '-',
    'OR',
    'NEAR',
    'NEAR/4',
    'NEAR/0',
    ' ',
    'è',
    '|',
    '&',
    "'",
    '\u0000',
    '!',
    ':*',
  )
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(bits).map((b) => b.join(' ')),
      ),
      (text) => {
        try {
          expect(parseQuery(text)).toHaveProperty('kind')
        } catch (e) {
          expect((e as { code?: string }).code).toMatch(/^search_/)
        }
      },
    ),
  )
})

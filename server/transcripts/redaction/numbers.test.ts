import fc from 'fast-check'
import { expect, test } from 'vitest'
import { lexicons } from './lexicon/index.ts'
import { readings } from './lattice.ts'
import { speakDigits, speakNumber, styles } from './testkit/speak.ts'
import { tokenise } from './tokens.ts'
import { type Language, languages } from './types.ts'

const read = (text: string, language: Language): string[] => readings(lexicons[language], tokenise(text))

test.each(languages)('every number to 999 in words is its digits (%s)', (language) => {
  const wrong = Array.from({ length: 1000 }, (_, n) => n).filter(
    (n) => read(speakNumber(n, language), language)[0] !== String(n),
  )
  expect(wrong).toEqual([])
})

test.each(languages)('digits said in any style are among the readings (%s)', (language) => {
  fc.assert(
    fc.property(fc.stringMatching(/^\d{1,12}$/), fc.constantFrom(...styles), (digits, style) => {
      expect(read(speakDigits(digits, language, style), language)).toContain(digits)
    }),
  )
})

test.each([
  ['it', 'duemilaventisette', '2027'],
  ['it', 'millenovecentoquaranta', '1940'],
  ['it', 'tremila cinquecento quarantaquattro', '3544'],
  ['it', 'centootto', '108'],
  ['it', 'doppio zero triplo sette', '00777'],
  ['it', 'b come bologna acca effe 12 i lunga', 'BHF12J'],
  ['it', 'quattro uno ehm un attimo due', '412'],
  ['it', 'quattro sette no scusi uno due', '412'],
  ['fr', 'mille neuf cent quatre vingt dix sept', '1997'],
  ['fr', 'dix-neuf cent trente', '1930'],
  ['fr', 'septante et un huitante nonante cinq', '718095'],
  ['fr', 'deux mille vingt-sept', '2027'],
  ['fr', 'f comme françois r i grec double v', 'FRYW'],
  ['fr', 'trois six euh non pardon quatre', '34'],
  ['en', 'nineteen eighty four', '1984'],
  ['en', 'one hundred forty seven thousand four hundred fifty one', '147451'],
  ['en', 'double oh seven', '007'],
  ['en', 'b for bravo zed double u nine', 'BZW9'],
  ['en', 'four one sorry make that two', '42'],
] as const)('%s: %s', (language, text, expected) => {
  expect(read(text, language)[0]?.toUpperCase()).toBe(expected)
})

test('a number said as one, or as several, has both readings', () => {
  expect(read('quatre vingt dix sept', 'fr')).toEqual(
    expect.arrayContaining(['97', '8017', '42017', '907', '4207'].slice(0, 3)),
  )
  expect(read('twenty seven', 'en')).toEqual(expect.arrayContaining(['27', '207']))
})

test.each(languages)('any text has readings without a failure (%s)', (language) => {
  fc.assert(fc.property(fc.string(), (text) => void read(text, language)))
})

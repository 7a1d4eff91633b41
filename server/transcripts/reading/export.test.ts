import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Turn } from '../../../contract/models/transcripts.ts'
import { exported } from './export.ts'

const turn = (index: number, more: Partial<Turn>): Turn => ({
  index,
  leg: index % 2,
  role: index % 2 === 0 ? 'agent' : 'customer',
  fromMs: index * 4000,
  toMs: index * 4000 + 3500,
  language: 'it',
  text: 'buongiorno',
  words: [],
  marks: [],
  confidence: null,
  madeBy: 'engine',
  corrections: [],
  ...more,
})
const turns = [turn(0, {}), turn(1, { text: 'la carta è [CARD] <grazie> & basta', fromMs: 3_723_004, toMs: 3_725_000 })]

it('as text, with who spoke when, in the language spoken', () => {
  expect(exported(turns, 'text')).toBe(
    '[00:00:00.000] Operatore: buongiorno\n[01:02:03.004] Cliente: la carta è [CARD] <grazie> & basta\n',
  )
  expect(exported([turn(0, { language: 'fr' })], 'text')).toContain('Conseiller: ')
})

it('as SubRip and WebVTT', () => {
  expect(exported(turns, 'srt')).toBe(
    '1\n00:00:00,000 --> 00:00:03,500\nOperatore: buongiorno\n\n2\n01:02:03,004 --> 01:02:05,000\nCliente: la carta è [CARD] <grazie> & basta\n\n',
  )
  expect(exported(turns, 'vtt')).toContain(
    '01:02:03.004 --> 01:02:05.000\n<v Cliente>la carta è [CARD] &lt;grazie&gt; &amp; basta\n\n',
  )
})

it('whatever was said makes as many cues as turns, each with an end after its beginning', () => {
  const texts = fc.array(fc.tuple(fc.string(), fc.nat(90_000_000), fc.integer({ min: -5, max: 9000 })))
  fc.assert(
    fc.property(texts, (said) => {
      const all = said.map(([text, fromMs, length], i) => turn(i, { text, fromMs, toMs: fromMs + length }))
      for (const format of ['srt', 'vtt'] as const) {
        const cues = [...exported(all, format).matchAll(/^(\d+:\d\d:\d\d[.,]\d{3}) --> (\d+:\d\d:\d\d[.,]\d{3})$/gm)]
        expect(cues).toHaveLength(all.length)
        for (const [, from = '', to = ''] of cues) expect(from.padStart(14, '0') < to.padStart(14, '0')).toBe(true)
      }
      expect((JSON.parse(exported(all, 'json')) as { turns: unknown[] }).turns).toHaveLength(all.length)
    }),
  )
})

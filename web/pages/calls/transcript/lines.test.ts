import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Gap, GapKind } from '../../../../contract/models/calls.ts'
import type { Turn } from '../../../../contract/models/transcripts.ts'
import { findIn, lastBegun, linesOf, nextTurn, piecesOf, wordAt } from './lines.ts'

/** A turn whose words take half a second each. */
function turn(index: number, text: string, fromMs = index * 10_000): Turn {
  const words = [...text.matchAll(/\S+/g)].map((match, i) => ({
    at: match.index,
    length: match[0].length,
    fromMs: fromMs + i * 500,
    toMs: fromMs + i * 500 + 400,
  }))
  return {
    index,
    leg: index % 2,
    role: 'customer',
    fromMs,
    toMs: fromMs + words.length * 500,
    language: 'it',
    text,
    words,
    marks: [...text.matchAll(/\[CARD\]/g)].map((match) => ({ type: 'CARD', at: match.index, length: 6 })),
    confidence: null,
    madeBy: 'engine',
    corrections: [],
  }
}
const gap = (kind: GapKind, fromMs: number, toMs: number, leg = 0): Gap => ({
  leg,
  kind,
  fromMs,
  toMs,
  provable: true,
  missing: null,
})

describe('lines', () => {
  it('show in its place what is left out, once for both lanes, and nothing of silence that was not sent', () => {
    const gaps = [
      gap('paused', 12_000, 20_000, 1),
      gap('paused', 12_000, 20_010, 0),
      gap('dtx', 3000, 9000),
      gap('network_loss', 5000, 5400),
      gap('sensitive', 25_000, 27_000),
    ]
    const lines = linesOf([turn(0, 'pronto'), turn(1, 'eccomi'), turn(2, 'bene')], gaps)
    expect(
      lines.map((line) => (line.kind === 'gap' ? `${line.gap} ${line.toMs - line.fromMs}` : line.turn.text)),
    ).toEqual(['pronto', 'eccomi', 'paused 8010', 'bene', 'sensitive 2000'])
  })
})

it('arrows lead from turn to turn, over what is left out, and no further than the ends', () => {
  const lines = linesOf([turn(0, 'a'), turn(1, 'b'), turn(2, 'c')], [gap('paused', 5000, 9000)])
  const from = (line: number) => ['ArrowUp', 'ArrowDown', 'Home', 'End', 'x'].map((key) => nextTurn(lines, line, key))
  expect(from(0)).toEqual([null, 2, 0, 3, null])
  expect(from(2)).toEqual([0, 3, 0, 3, null])
  expect(from(3)).toEqual([2, null, 0, 3, null])
})

describe('the word that is spoken', () => {
  const said = turn(1, 'uno due tre')
  it.each([
    [9999, -1],
    [10_000, 0],
    [10_450, 0],
    [10_500, 1],
    [11_300, 2],
    [11_800, -1],
  ])('at %d ms is %d', (ms, word) => expect(wordAt(said, ms)).toBe(word))

  it('is found as by looking at each', () => {
    const starts = fc.array(fc.nat(1000)).map((all) => all.toSorted((a, b) => a - b).map((fromMs) => ({ fromMs })))
    fc.assert(
      fc.property(starts, fc.nat(1100), (all, ms) => {
        expect(lastBegun(all, ms)).toBe(all.filter(({ fromMs }) => fromMs <= ms).length - 1)
      }),
    )
  })
})

describe('finding', () => {
  it('counts every place, whatever case and accents, and no mark', () => {
    const lines = linesOf([turn(0, 'Perché? perche sì'), turn(1, 'la card [CARD] l’orto')], [gap('paused', 5000, 9000)])
    expect(findIn(lines, 'PERCHÉ')).toEqual([
      { line: 0, at: 0, length: 6 },
      { line: 0, at: 8, length: 6 },
    ])
    expect(findIn(lines, 'card')).toEqual([{ line: 2, at: 3, length: 4 }])
    expect(findIn(lines, "l'orto")).toHaveLength(1)
    expect(findIn(lines, '  ')).toEqual([])
  })

  it('finds nothing elsewhere than where it is, in any text', () => {
    fc.assert(
      fc.property(fc.string(), fc.string({ minLength: 1 }), (text, wanted) => {
        const lines = linesOf([{ ...turn(0, 'x'), text }], [])
        for (const { at, length } of findIn(lines, wanted)) expect(at + length).toBeLessThanOrEqual(text.length)
        if (wanted.trim() && text.includes(wanted.trim())) expect(findIn(lines, wanted).length).toBeGreaterThan(0)
      }),
    )
  })
})

describe('pieces', () => {
  it('of a turn join to its text, in order, each of one word at most', () => {
    const words = fc.array(fc.constantFrom('uno', 'perché', '[CARD]', 'di', 'l’orto'), { minLength: 1, maxLength: 10 })
    fc.assert(
      fc.property(words, fc.constantFrom('o', 'no pe', 'perche', 'car'), (said, wanted) => {
        const one = turn(0, said.join(' '))
        const pieces = piecesOf(one, findIn(linesOf([one], []), wanted))
        expect(pieces.map(({ text }) => text).join('')).toBe(one.text)
        expect(pieces.filter(({ mark }) => mark)).toHaveLength(one.marks.length)
        for (const { at, text, word } of pieces.filter((piece) => piece.word !== null)) {
          const whole = one.words[word!]!
          expect(at >= whole.at && at + text.length <= whole.at + whole.length).toBe(true)
        }
      }),
    )
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { implausible, primary, spreadWords, utteranceOf, wordsFromTokens, within, type Raw } from './words.ts'

const raw = (some: Partial<Raw>): Raw => ({
  text: '',
  tokens: [],
  timestamps: [],
  durations: [],
  logProbs: [],
  language: '',
  ...some,
})

describe('words from pieces', () => {
  it('joins what belongs together, with the engine’s times and probabilities', () => {
    const answer = raw({
      text: 'Buon giorno, dica',
      tokens: ['▁Buon', '▁gior', 'no', ',', ' dica'],
      timestamps: [0.1, 0.4, 0.6, 0.72, 1.5],
      logProbs: [0, Math.log(0.5), Math.log(0.5), Math.log(0.5), -2],
    })
    const words = wordsFromTokens(answer, 1600)
    expect(words?.map((w) => [w.text, w.startMs, w.endMs])).toEqual([
      ['Buon', 100, 300],
      ['giorno,', 400, 920],
      ['dica', 1500, 1600],
    ])
    expect(words?.[1]?.confidence).toBeCloseTo(0.5)
    expect(utteranceOf(answer, 1600, 'it')).toMatchObject({ text: 'Buon giorno, dica', timing: 'word', language: 'it' })
  })

  it('uses durations where an engine gives them', () => {
    const words = wordsFromTokens(raw({ tokens: [' a', 'b'], timestamps: [0, 0.5], durations: [0.4, 0.08] }), 5000)
    expect(words).toEqual([{ text: 'ab', startMs: 0, endMs: 580, confidence: null }])
  })

  it('estimates where an engine gives no times', () => {
    const heard = utteranceOf(raw({ text: ' one  three ', language: '<|en|>' }), 1000, null)
    expect(heard).toMatchObject({ text: 'one three', timing: 'estimated', language: 'en', startMs: 0, endMs: 1000 })
    expect(heard?.words.map((w) => [w.startMs, w.endMs])).toEqual([
      [0, 400],
      [400, 1000],
    ])
  })

  it('hears nothing in blanks', () => expect(utteranceOf(raw({ text: '  ' }), 1000, 'it')).toBeNull())

  it('is well formed whatever an engine says', () => {
    const second = fc.double({ min: 0, max: 25, noNaN: true })
    const answers = fc.array(
      fc.tuple(fc.constantFrom('▁a', 'b', ' c', 'd', ' ', '▁'), second, fc.double({ max: 0, noNaN: true })),
    )
    fc.assert(
      fc.property(answers, fc.integer({ min: 0, max: 20_000 }), (pieces, lengthMs) => {
        const sorted = pieces.toSorted((a, b) => a[1] - b[1])
        const answer = raw({
          text: sorted.map(([token]) => token.replace('▁', ' ')).join(''),
          tokens: sorted.map(([token]) => token),
          timestamps: sorted.map(([, at]) => at),
          logProbs: sorted.map(([, , p]) => p),
        })
        const heard = utteranceOf(answer, lengthMs, null)
        if (heard) expect(implausible([within(heard, lengthMs)], lengthMs)).toBeNull()
      }),
    )
  })

  it('spreads words over exactly the span', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(5000), fc.nat(20_000), (text, from, length) => {
        const words = spreadWords(text, from, from + length)
        if (words.length === 0) return
        expect([words[0]?.startMs, words.at(-1)?.endMs]).toEqual([from, from + length])
        words.slice(1).forEach((word, i) => expect(word.startMs).toBe(words[i]?.endMs))
      }),
    )
  })
})

describe('what cannot have been said', () => {
  const heard = {
    text: 'yes',
    words: [],
    startMs: 0,
    endMs: 500,
    confidence: null,
    language: null,
    timing: 'word' as const,
  }

  it('is found', () => {
    expect(implausible([heard], 1000)).toBeNull()
    expect(implausible([{ ...heard, startMs: 600 }], 1000)).toMatch(/backwards/)
    expect(implausible([{ ...heard, endMs: Number.NaN }], 1000)).toMatch(/backwards/)
    expect(implausible([{ ...heard, endMs: 9000 }], 1000)).toMatch(/beyond/)
    expect(implausible([{ ...heard, confidence: 1.5 }], 1000)).toMatch(/confidence/)
    expect(implausible([{ ...heard, text: 'y\u0000' }], 1000)).toMatch(/characters/)
    expect(implausible([{ ...heard, text: '\ufffd' }], 1000)).toMatch(/characters/)
    expect(implausible([{ ...heard, text: 'la '.repeat(300) }], 1000)).toMatch(/more text/)
    expect(implausible([{ ...heard, startMs: 200 }, heard], 1000)).toMatch(/order/)
  })
})

it('languages are known by their primary subtag', () => {
  expect(['it-IT', '<|fr|>', 'EN', '', null].map(primary)).toEqual(['it', 'fr', 'en', null, null])
  // OpenAI's servers say the name.
  expect(['italian', 'French', 'english', 'klingon'].map(primary)).toEqual(['it', 'fr', 'en', null])
})

import { expect, it } from 'vitest'
import type { Utterance } from '../engines/ports.ts'
import { toSilence } from './silence.ts'
import { turnsOf } from './turns.ts'

/** Words of 400 ms, one after the other. */
function utterance(text: string, startMs: number, timing: Utterance['timing'] = 'word'): Utterance {
  const words = text.split(' ').map((word, i) => ({
    text: word,
    startMs: startMs + i * 400,
    endMs: startMs + (i + 1) * 400,
    confidence: null,
  }))
  return { text, words, startMs, endMs: startMs + words.length * 400, confidence: null, language: 'it', timing }
}

const turnOf = (...utterances: Utterance[]) =>
  turnsOf([{ leg: 1, fromMs: 0, toMs: 60_000, utterances, leftOut: false }], { lanes: [], language: 'it' })

const spanOf = (text: string, part: string, type: 'CARD' | 'NAME' = 'CARD') => ({
  type,
  start: text.indexOf(part),
  end: text.indexOf(part) + part.length,
})

it('takes the words of a span, a little wider, and no other', () => {
  const turns = turnOf(utterance('la carta è quattro uno grazie', 1000))
  const { text, id } = turns[0]!
  expect(toSilence(turns, new Map([[id, [spanOf(text, 'quattro uno')]]]))).toEqual({
    payment: [{ leg: 1, fromMs: 2050, toMs: 3150, type: 'CARD' }],
    personal: [],
  })
})

it('takes a span over several utterances part by part; of one that does not know its words, all', () => {
  const turns = turnOf(
    utterance('ecco quattro', 1000),
    utterance('uno due', 3000, 'segment'),
    utterance('tre ecco', 5000),
  )
  expect(turns).toHaveLength(1)
  const { text, id } = turns[0]!
  expect(text).toBe('ecco quattro uno due tre ecco')
  const { payment } = toSilence(turns, new Map([[id, [spanOf(text, 'quattro uno due tre')]]]))
  expect(payment.map(({ fromMs, toMs }) => [fromMs, toMs])).toEqual([
    [1250, 1950],
    [2850, 3950],
    [4850, 5550],
  ])
})

it('an utterance that lacks the times of some words of a span is taken whole', () => {
  const known = utterance('la carta è quattro uno grazie', 1000)
  const turns = turnOf({ ...known, words: known.words.filter(({ text }) => text !== 'uno') })
  const { text, id } = turns[0]!
  const { payment } = toSilence(turns, new Map([[id, [spanOf(text, 'quattro uno')]]]))
  expect(payment).toMatchObject([{ fromMs: 850, toMs: 3550 }])
})

it('an utterance whose words are not those of its text is taken whole', () => {
  const odd = { ...utterance('quattro uno', 1000), words: [] }
  const turns = turnOf(odd, utterance('mi chiamo Rossi', 2500))
  const { text, id } = turns[0]!
  const found = toSilence(turns, new Map([[id, [spanOf(text, 'uno'), spanOf(text, 'Rossi', 'NAME')]]]))
  expect(found.payment).toMatchObject([{ fromMs: 850, toMs: 1950 }])
  expect(found.personal).toEqual([{ leg: 1, fromMs: 3150, toMs: 3850 }])
})

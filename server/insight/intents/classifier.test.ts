import { expect, test } from 'vitest'
import { classify, crossValidate, type Example, train } from './classifier.ts'

const said: Record<string, string[]> = {
  refund: [
    'vorrei un rimborso per la fattura',
    'mi dovete restituire i soldi',
    'quando arriva il rimborso',
    'ho chiesto un rimborso il mese scorso',
    'rivoglio i soldi della bolletta',
    'il rimborso non è ancora arrivato',
  ],
  fault: [
    'la linea non funziona',
    'internet è lento da ieri',
    'il modem non si accende',
    'ho un guasto alla linea',
    'non funziona il telefono di casa',
    'la connessione cade di continuo',
  ],
  cancel: [
    'voglio disdire il contratto',
    'come faccio a disdire',
    'vorrei chiudere l’abbonamento',
    'ho mandato la disdetta',
    'voglio recedere dal contratto',
    'mi spiegate come disdire l’abbonamento',
  ],
}
const examples = Object.entries(said).flatMap(([intent, texts]): Example[] => texts.map((text) => ({ text, intent })))
const best = (text: string, of = train(examples)) => classify(of, text)[0]!

test('a sentence is told the intent of those like it, other forms of words and mishearings included', () => {
  const classifier = train(examples)
  expect(best('devo disdire tutto quanto', classifier).intent).toBe('cancel')
  expect(best('chiedo i rimborsi delle fatture', classifier).intent).toBe('refund')
  expect(best('la connesione non funsiona', classifier).intent).toBe('fault')
})

test('learning again gives the same, and every intent has its place in the answer', () => {
  const [once, again] = [train(examples), train(examples)]
  expect(classify(once, 'disdetta del contratto')).toEqual(classify(again, 'disdetta del contratto'))
  const all = classify(once, 'disdetta del contratto')
  expect(new Set(all.map(({ intent }) => intent))).toEqual(new Set(Object.keys(said)))
  for (const { confidence } of all) expect(confidence > 0 && confidence < 1).toBe(true)
  expect(all[0]!.confidence).toBeGreaterThan(all[1]!.confidence)
})

test('what is like no example is told with little confidence', () => {
  const classifier = train(examples)
  expect(best('che tempo fa domani a Parigi', classifier).confidence).toBeLessThan(
    best('vorrei disdire il contratto', classifier).confidence,
  )
  expect(best('', classifier).confidence).toBeLessThan(0.6)
  expect(best('!!! ???', classifier).confidence).toBeLessThan(0.6)
})

test('examples of none of them are of none of them', () => {
  const talk = [
    'buongiorno come sta',
    'un attimo per favore',
    'che bella giornata oggi',
    'la saluto buona serata',
    'resti in linea',
  ]
  const classifier = train([...examples, ...talk.map((text) => ({ text, intent: null }))])
  expect(best('buona serata la saluto', classifier).confidence).toBeLessThan(0.5)
  expect(best('vorrei il rimborso della fattura', classifier).intent).toBe('refund')
})

test('every example is left out once', () => {
  const guesses = crossValidate(examples)
  expect(guesses).toHaveLength(examples.length)
  expect(guesses.filter(({ right }) => right).length).toBeGreaterThan(examples.length / 2)
})

test('one intent alone, or examples that say the same of two, break nothing', () => {
  const one = train([{ text: 'vorrei un rimborso', intent: 'refund' }])
  expect(classify(one, 'rimborso')[0]?.intent).toBe('refund')
  const both = train(['refund', 'cancel'].flatMap((intent) => ['chiudere', 'soldi'].map((text) => ({ text, intent }))))
  for (const { confidence } of classify(both, 'chiudere')) expect(Number.isFinite(confidence)).toBe(true)
  expect(classify(train([]), 'rimborso')).toEqual([])
})

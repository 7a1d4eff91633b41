import fc from 'fast-check'
import { expect, test } from 'vitest'
import { vectorOf, vocabularyOf, wordsOf } from './features.ts'
import { marginOf, separate } from './svm.ts'

const word = fc.constantFrom('fattura', 'rimborso', 'linea', 'guasto', 'modem', 'grazie', 'contratto', 'disdetta')
const text = fc.array(word, { minLength: 1, maxLength: 6 }).map((words) => words.join(' '))

test('a word that only one class says separates it', () => {
  fc.assert(
    fc.property(fc.array(text, { minLength: 3, maxLength: 30 }), (texts) => {
      const vocabulary = vocabularyOf(texts)
      const isOf = texts.map((one) => one.includes('rimborso'))
      const vectors = texts.map((one) => vectorOf(vocabulary, one))
      const separator = separate(vectors, isOf, vocabulary.places.size)
      const margins = vectors.map((vector) => marginOf(separator, vector))
      for (const margin of margins) expect(Number.isFinite(margin)).toBe(true)
      const mean = (of: boolean): number => {
        const mine = margins.filter((_, i) => isOf[i] === of)
        return mine.reduce((sum, margin) => sum + margin, 0) / mine.length
      }
      if (new Set(isOf).size === 2) expect(mean(true)).toBeGreaterThan(mean(false) + 0.5)
    }),
    { numRuns: 50 },
  )
})

test('the optimum of a small case: at equal distance from both', () => {
  const unit = (at: number): { at: Int32Array; value: Float32Array } => ({
    at: Int32Array.of(at),
    value: Float32Array.of(1),
  })
  const { weights, bias } = separate([unit(0), unit(1)], [true, false], 2)
  // by hand, for cost 1: weights ±a and bias 0 by symmetry, and a − 1 + a/2 = 0
  expect(bias).toBeCloseTo(0, 1)
  expect(weights[0]).toBeCloseTo(2 / 3, 1)
  expect(weights[1]).toBeCloseTo(-2 / 3, 1)
})

test('a vector has length one, whatever was said, and nothing of what is not known', () => {
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 10 }), text, (texts, said) => {
      const { value } = vectorOf(vocabularyOf(texts), said)
      const length = Math.sqrt(value.reduce((sum, x) => sum + x * x, 0))
      expect(length === 0 || length <= 1.0001).toBe(true)
    }),
  )
  const known = vectorOf(vocabularyOf(['la fattura']), 'la fattura')
  expect(known.value.reduce((sum, x) => sum + x * x, 0)).toBeCloseTo(1, 5)
  expect(vectorOf(vocabularyOf(['abc']), '999').value).toHaveLength(0)
})

test('words are told without accents, signs and case', () => {
  expect(wordsOf('Perché l’ÉTÉ, No.1?')).toEqual(['perche', 'l', 'ete', 'no', '1'])
  expect(wordsOf('  ')).toEqual([])
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { confidenceOf, fitConfidence } from './confidence.ts'

const guess = fc.record({
  margin: fc.double({ min: -2, max: 2, noNaN: true }),
  lead: fc.double({ min: 0, max: 3, noNaN: true }),
  right: fc.boolean(),
})

test('a fitted curve is finite, and on the whole as often right as it says', () => {
  fc.assert(
    fc.property(fc.array(guess, { minLength: 1, maxLength: 200 }), (guesses) => {
      const curve = fitConfidence(guesses)
      const said = guesses.map((one) => confidenceOf(curve, one))
      for (const p of said) expect(p >= 0 && p <= 1).toBe(true)
      const mean = said.reduce((sum, p) => sum + p, 0) / guesses.length
      const share = guesses.filter(({ right }) => right).length / guesses.length
      // the ends are held back by one guess each
      expect(Math.abs(mean - share)).toBeLessThan(0.02 + 2 / guesses.length)
    }),
  )
})

test('no guesses at all are no knowledge', () => {
  expect(Number.isFinite(confidenceOf(fitConfidence([]), { margin: 0, lead: 0 }))).toBe(true)
})

test('a wider margin is never less sure where it was right more often', () => {
  const guesses = Array.from({ length: 400 }, (_, i) => ({
    margin: (i % 20) / 10 - 1,
    lead: 0.5,
    right: i % 20 > (i % 7) + 6,
  }))
  const curve = fitConfidence(guesses)
  expect(curve.margin).toBeGreaterThan(0)
  expect(confidenceOf(curve, { margin: 1, lead: 0.5 })).toBeGreaterThan(confidenceOf(curve, { margin: -1, lead: 0.5 }))
})

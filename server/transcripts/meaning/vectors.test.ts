import fc from 'fast-check'
import { expect, test } from 'vitest'
import { likeness, small } from './vectors.ts'

const number = fc.integer({ min: -1000, max: 1000 }).map((n) => n / 1000)
const numbers = fc.array(number, { minLength: 64, maxLength: 64 })
const cosine = (a: readonly number[], b: readonly number[]): number => {
  const dot = (x: readonly number[], y: readonly number[]): number => x.reduce((sum, n, i) => sum + n * y[i]!, 0)
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))
}
const hasDirection = (vector: readonly number[]): boolean => vector.some((x) => Math.abs(x) > 1e-6)

test('a vector made small is nearly as alike as it was', () => {
  fc.assert(
    fc.property(numbers.filter(hasDirection), numbers.filter(hasDirection), (a, b) => {
      expect(likeness(a, small(b).bytes)).toBeCloseTo(cosine(a, b), 1)
      expect(likeness(a, small(a).bytes)).toBeGreaterThan(0.99)
    }),
  )
})

test('its length does not count', () => {
  fc.assert(
    fc.property(numbers, fc.double({ min: 0.001, max: 1000, noNaN: true }), (vector, by) => {
      const longer = small(vector.map((x) => x * by))
      expect(longer.signs).toBe(small(vector).signs)
      expect(longer.signs).toMatch(/^[01]{64}$/)
      for (const [i, byte] of small(vector).bytes.entries())
        expect(Math.abs(((byte << 24) >> 24) - ((longer.bytes[i]! << 24) >> 24))).toBeLessThanOrEqual(1)
    }),
  )
})

test('what has no direction, or another length, is like nothing', () => {
  expect(likeness([0, 0], small([1, 1]).bytes)).toBe(0)
  expect(likeness([1, 1], small([0, 0]).bytes)).toBe(0)
  expect(likeness([1, 1, 1], small([1, 1]).bytes)).toBe(0)
})

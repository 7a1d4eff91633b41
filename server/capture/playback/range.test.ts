import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseRange } from './range.ts'

test('the forms of RFC 9110', () => {
  expect(parseRange('bytes=0-499', 10_000)).toEqual({ from: 0, to: 500 })
  expect(parseRange('bytes=9500-', 10_000)).toEqual({ from: 9500, to: 10_000 })
  expect(parseRange('bytes=-500', 10_000)).toEqual({ from: 9500, to: 10_000 })
  expect(parseRange('bytes=-20000', 10_000)).toEqual({ from: 0, to: 10_000 })
  expect(parseRange('bytes=10000-', 10_000)).toBe('unsatisfiable')
  expect(parseRange('bytes=-0', 10_000)).toBe('unsatisfiable')
  for (const whole of [undefined, '', 'items=0-1', 'bytes=0-1,5-6', 'bytes=-', 'bytes=5-2', 'bytes=a-b'])
    expect(parseRange(whole, 10_000)).toBeNull()
})

test('a range never leaves the file', () => {
  fc.assert(
    fc.property(fc.string(), fc.nat(), fc.nat(), fc.integer({ min: 1, max: 1e12 }), (junk, a, b, size) => {
      for (const header of [`bytes=${a}-${b}`, `bytes=-${a}`, `bytes=${b}-`, junk]) {
        const range = parseRange(header, size)
        if (range === null || range === 'unsatisfiable') continue
        expect(range.from).toBeGreaterThanOrEqual(0)
        expect(range.to).toBeLessThanOrEqual(size)
        expect(range.from).toBeLessThan(range.to)
      }
    }),
  )
})

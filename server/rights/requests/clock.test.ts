import fc from 'fast-check'
import { expect, test } from 'vitest'
import { mayExtend, monthsAfter } from './clock.ts'

const day = (text: string): number => Date.parse(`${text}T10:00:00Z`)

test('a month ends on the same day, or on the last of a shorter month', () => {
  expect([1, 2, 3].map((n) => monthsAfter(day('2027-01-31'), n as 1))).toEqual([
    '2027-02-28',
    '2027-03-31',
    '2027-04-30',
  ])
  expect(monthsAfter(day('2028-01-30'), 1)).toBe('2028-02-29')
  expect(monthsAfter(day('2026-12-15'), 3)).toBe('2027-03-15')
})

test('never sooner than four weeks a month, never more than 31 days, never another day than asked unless there is none', () => {
  const instants = fc.date({ min: new Date('2020-01-01'), max: new Date('2040-01-01'), noInvalidDate: true })
  fc.assert(
    fc.property(instants, fc.constantFrom(1 as const, 2 as const, 3 as const), (at, months) => {
      const due = new Date(monthsAfter(at.getTime(), months))
      const days = (due.getTime() - Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate())) / 86_400_000
      expect(days).toBeGreaterThanOrEqual(28 * months)
      expect(days).toBeLessThanOrEqual(31 * months)
      const next = new Date(due.getTime() + 86_400_000)
      expect(due.getUTCDate() === at.getUTCDate() || next.getUTCDate() === 1).toBe(true)
    }),
  )
})

test('an extension is told within the first month', () => {
  expect(mayExtend(day('2027-01-31'), day('2027-02-28'))).toBe(true)
  expect(mayExtend(day('2027-01-31'), day('2027-03-01'))).toBe(false)
})

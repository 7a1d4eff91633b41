import fc from 'fast-check'
import { expect, test } from 'vitest'
import { lastDayOf, lastProcessingDay, livePurposes } from './purposes.ts'

const day = 86_400_000
const iso = (d: Date): string => d.toISOString().slice(0, 10)

test('terms end the day before the same day of the month, or at the month’s end', () => {
  expect(iso(lastDayOf('training', Date.UTC(2026, 10, 23, 15)))).toBe('2027-05-22')
  expect(iso(lastDayOf('training', Date.UTC(2026, 7, 31)))).toBe('2027-02-27')
  expect(iso(lastDayOf('evidence', Date.UTC(2024, 1, 29)))).toBe('2029-02-27')
  expect(iso(lastProcessingDay(Date.UTC(2026, 10, 23, 23, 59), 7))).toBe('2026-11-29')
})

test('training never lasts longer than six months, evidence never longer than five years', () => {
  fc.assert(
    fc.property(
      fc.date({ min: new Date(Date.UTC(2000, 0, 1)), max: new Date(Date.UTC(2090, 0, 1)), noInvalidDate: true }),
      (start) => {
        const sixMonths = Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + 6, start.getUTCDate())
        expect(lastDayOf('training', start.getTime()).getTime() + day).toBeLessThanOrEqual(sixMonths)
        const fiveYears = Date.UTC(start.getUTCFullYear() + 5, start.getUTCMonth(), start.getUTCDate())
        expect(lastDayOf('evidence', start.getTime()).getTime() + day).toBeLessThanOrEqual(fiveYears)
        expect(livePurposes(['evidence', 'training'], start.getTime(), start.getTime())).toEqual([
          'evidence',
          'training',
        ])
        expect(livePurposes(['training'], start.getTime(), sixMonths)).toEqual([])
      },
    ),
  )
})

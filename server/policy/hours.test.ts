import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { knownTimeZone, wallTime, withinHours } from './hours.ts'

const rome = (days: number[], from: string, to: string) => ({ days, from, to, timeZone: 'Europe/Rome' })
const week = [1, 2, 3, 4, 5, 6, 7]
const at = (hours: ReturnType<typeof rome>, instant: string) => withinHours(hours, Date.parse(instant))

describe('hours', () => {
  it('reads the wall clock of the time zone, winter and summer', () => {
    const office = rome([1, 2, 3, 4, 5], '09:00', '18:00')
    expect(at(office, '2026-01-05T08:00:00Z')).toBe(true)
    expect(at(office, '2026-01-05T07:59:59Z')).toBe(false)
    expect(at(office, '2026-07-06T07:00:00Z')).toBe(true)
    expect(at(office, '2026-07-06T06:59:59Z')).toBe(false)
    expect(at(office, '2026-01-05T17:00:00Z')).toBe(false)
    expect(at(office, '2026-01-04T10:00:00Z')).toBe(false)
  })

  it('takes the weekday of the time zone, not of UTC', () => {
    const tuesday = { days: [2], from: '00:00', to: '01:00', timeZone: 'Pacific/Auckland' }
    expect(withinHours(tuesday, Date.parse('2026-01-05T11:30:00Z'))).toBe(true)
  })

  it('crosses midnight: the days are those on which the hours begin', () => {
    const night = rome([5], '22:00', '06:00')
    expect(at(night, '2026-01-09T20:59:00Z')).toBe(false)
    expect(at(night, '2026-01-09T21:00:00Z')).toBe(true)
    expect(at(night, '2026-01-10T04:59:00Z')).toBe(true)
    expect(at(night, '2026-01-10T05:00:00Z')).toBe(false)
    expect(at(night, '2026-01-09T03:00:00Z')).toBe(false)
    expect(at(rome([7], '22:00', '06:00'), '2026-01-12T03:00:00Z')).toBe(true)
  })

  it('equal times make the whole day from then', () => {
    const dates = fc.date({ min: new Date('2020-01-01'), max: new Date('2030-01-01'), noInvalidDate: true })
    fc.assert(
      fc.property(dates, (date) => {
        expect(withinHours(rome(week, '00:00', '00:00'), date.getTime())).toBe(true)
      }),
    )
  })

  it("has no wall time in the hour that spring leaves out, and two of autumn's", () => {
    const early = rome(week, '02:00', '03:00')
    const minutes = (day: string) =>
      Array.from({ length: 24 * 60 }, (_, i) => Date.parse(`${day}T00:00:00Z`) - 2 * 3_600_000 + i * 60_000).filter(
        (ms) => withinHours(early, ms),
      ).length
    expect(minutes('2026-03-28')).toBe(60)
    expect(minutes('2026-03-29')).toBe(0)
    expect(minutes('2026-10-25')).toBe(120)
  })

  it('a night shift over the change of the clock has one hour less or more', () => {
    const night = rome(week, '22:00', '06:00')
    const length = (from: string, to: string) => {
      let count = 0
      for (let ms = Date.parse(from); ms < Date.parse(to); ms += 60_000) if (withinHours(night, ms)) count++
      return count / 60
    }
    expect(length('2026-03-28T12:00:00Z', '2026-03-29T12:00:00Z')).toBe(7)
    expect(length('2026-10-24T12:00:00Z', '2026-10-25T12:00:00Z')).toBe(9)
  })

  it('an unknown time zone never applies', () => {
    expect(knownTimeZone('Europe/Roma')).toBe(false)
    expect(knownTimeZone('+02:00')).toBe(false)
    expect(knownTimeZone('')).toBe(false)
    expect(knownTimeZone('Europe/Rome')).toBe(true)
    expect(withinHours({ days: week, from: '00:00', to: '00:00', timeZone: 'Europe/Roma' }, 0)).toBe(false)
  })

  it('agrees with the formatter on every day of the week', () => {
    expect(week.map((i) => wallTime(Date.UTC(2026, 0, 4 + i, 12), 'UTC'))).toEqual(
      week.map((day) => ({ day, time: '12:00' })),
    )
  })
})

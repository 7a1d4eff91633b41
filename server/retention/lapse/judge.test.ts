import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addDays, dayOf, daysBetween, startOf } from './days.ts'
import { type ClockState, judgeClock, longestDownDays } from './judge.ts'

const day = fc.integer({ min: 0, max: 8000 }).map((n) => addDays('2026-01-01', n))
const at = (d: string): number => startOf(d) + 5 * 3_600_000

describe('the day for destroying', () => {
  it('is the wall day at first, and after any usual down time', () => {
    expect(judgeClock({ day: null, confirmed: null }, at('2030-02-28'), null)).toEqual({
      today: '2030-02-28',
      alarm: null,
    })
    const state: ClockState = { day: '2026-01-10', confirmed: null }
    expect(judgeClock(state, at('2026-01-10'), 0)).toEqual({ today: '2026-01-10', alarm: null })
    expect(judgeClock(state, at(addDays('2026-01-10', longestDownDays)), null).alarm).toBeNull()
    // Time that really passed while the program ran is believed, however long nobody looked.
    expect(judgeClock(state, at('2026-12-01'), 0).alarm).toBeNull()
  })

  it('stays when the clock is set back a year, or leaps a year ahead', () => {
    const state: ClockState = { day: '2026-11-24', confirmed: null }
    expect(judgeClock(state, at('2025-11-24'), -365)).toEqual({ today: '2026-11-24', alarm: 'clock_back' })
    expect(judgeClock(state, at('2027-11-24'), 365)).toEqual({ today: '2026-11-24', alarm: 'clock_ahead' })
    expect(judgeClock(state, at('2027-11-24'), null)).toEqual({ today: '2026-11-24', alarm: 'clock_ahead' })
    expect(judgeClock(state, at('2026-11-27'), 3)).toEqual({ today: '2026-11-24', alarm: 'clock_ahead' })
    const vouched = { ...state, confirmed: '2027-11-24' }
    expect(judgeClock(vouched, at('2027-11-24'), 365)).toEqual({ today: '2027-11-24', alarm: null })
  })

  it('never goes back and never passes the wall clock, unless that was set back', () => {
    fc.assert(
      fc.property(
        day,
        fc.option(day),
        day,
        fc.option(fc.integer({ min: -500, max: 500 })),
        (swept, confirmed, wall, leap) => {
          const { today, alarm } = judgeClock({ day: swept, confirmed }, at(wall), leap)
          expect(today >= swept).toBe(true)
          if (wall >= swept) expect(today <= wall).toBe(true)
          expect(alarm === 'clock_back').toBe(wall < swept)
          expect(today === wall || alarm !== null).toBe(true)
        },
      ),
    )
  })

  it('counts days through month ends and leap years', () => {
    fc.assert(
      fc.property(day, fc.integer({ min: -4000, max: 4000 }), (d, n) => {
        expect(daysBetween(d, addDays(d, n))).toBe(n)
        expect(dayOf(startOf(d))).toBe(d)
      }),
    )
  })
})

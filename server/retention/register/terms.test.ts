import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Span } from '../../../contract/models/retention.ts'
import { custom, registerWith } from '../testkit/governance.ts'
import { changesOf } from './changes.ts'
import { seededEntries } from './seed.ts'
import { comparedWith, lastDayOf, longestOf, within } from './span.ts'
import { audioOf, confirmationEnds, keepOf, keepsAnything, lastAudioDayFor, lastDayFor, longestKeep } from './terms.ts'

const DAY = 86_400_000
const iso = (date: Date): string => date.toISOString().slice(0, 10)
const entry = (key: string) => seededEntries().find((one) => one.key === key)!

const instant = fc
  .date({ min: new Date(Date.UTC(2000, 0, 1)), max: new Date(Date.UTC(2090, 0, 1)), noInvalidDate: true })
  .map((date) => date.getTime())
const months = fc.integer({ min: 1, max: 120 }).map((n): Span => ({ months: n }))
const days = fc.integer({ min: 1, max: 4000 }).map((n): Span => ({ days: n }))
const span = fc.oneof(months, days)

describe('the last day', () => {
  it('is the day before the same day of the month, or falls at the month’s end', () => {
    expect(iso(lastDayOf({ months: 6 }, Date.UTC(2026, 10, 23, 15)))).toBe('2027-05-22')
    expect(iso(lastDayOf({ months: 6 }, Date.UTC(2026, 7, 31)))).toBe('2027-02-27')
    expect(iso(lastDayOf({ months: 6 }, Date.UTC(2027, 7, 31)))).toBe('2028-02-28')
    expect(iso(lastDayOf({ months: 60 }, Date.UTC(2024, 1, 29)))).toBe('2029-02-27')
    expect(iso(lastDayOf({ months: 1 }, Date.UTC(2026, 2, 1, 23, 59)))).toBe('2026-03-31')
  })

  it('counts days with the first one', () => {
    expect(iso(lastDayOf({ days: 1 }, Date.UTC(2026, 1, 28, 23)))).toBe('2026-02-28')
    expect(iso(lastDayOf({ days: 90 }, Date.UTC(2026, 0, 1)))).toBe('2026-03-31')
    expect(iso(lastDayOf({ days: 0 }, Date.UTC(2026, 0, 1, 12)))).toBe('2026-01-01')
  })

  it('never exceeds the term and never precedes the first day', () => {
    fc.assert(
      fc.property(instant, fc.integer({ min: 1, max: 120 }), (start, n) => {
        const end = lastDayOf({ months: n }, start).getTime() + DAY
        const first = new Date(start)
        // JavaScript's own overflow (31 August + 6 months = 3 March) is never before ours
        expect(end).toBeLessThanOrEqual(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + n, first.getUTCDate()))
        expect(end).toBeGreaterThan(start)
        expect(new Date(end - 1).getUTCMonth()).toBe(new Date(end - DAY).getUTCMonth())
        // never more than a month's end short of it
        expect(end).toBeGreaterThan(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + n, 1) - DAY)
      }),
    )
    fc.assert(
      fc.property(instant, fc.integer({ min: 1, max: 4000 }), (start, n) => {
        expect(lastDayOf({ days: n }, start).getTime() + DAY - start).toBeLessThanOrEqual(n * DAY)
      }),
    )
  })

  it('grows with the term', () => {
    fc.assert(
      fc.property(instant, span, span, (start, a, b) => {
        if (within(a, b)) expect(lastDayOf(a, start).getTime()).toBeLessThanOrEqual(lastDayOf(b, start).getTime())
      }),
    )
  })
})

describe('terms compared', () => {
  it('by every day on which something may begin', () => {
    expect(comparedWith({ months: 6 }, { days: 181 })).toBe('shorter')
    expect(comparedWith({ months: 6 }, { days: 184 })).toBe('longer')
    expect(comparedWith({ months: 6 }, { days: 182 })).toBe('either')
    expect(comparedWith({ months: 12 }, { days: 365 })).toBe('shorter')
    expect(comparedWith({ days: 0 }, { months: 1 })).toBe('longer')
    expect(comparedWith({ days: 0 }, { days: 1 })).toBe('longer')
    expect(within({ days: 182 }, { months: 6 })).toBe(false)
    expect(longestOf([{ days: 200 }, { months: 6 }, { days: 10 }])).toEqual({ days: 200 })
  })

  it('the other way round is the other answer', () => {
    const opposite = { same: 'same', shorter: 'longer', longer: 'shorter', either: 'either' }
    fc.assert(
      fc.property(span, span, (a, b) => {
        expect(comparedWith(b, a)).toBe(opposite[comparedWith(a, b)])
      }),
    )
  })
})

describe('terms by country', () => {
  it('take the country’s rule, else the one of everywhere', () => {
    const [evidence, analytics] = [entry('evidence'), entry('analytics')]
    expect(keepOf(analytics, 'FR')).toEqual({ months: 12 })
    expect(audioOf(analytics, 'FR')).toEqual({ months: 6 })
    expect(audioOf(analytics, 'IT')).toEqual({ months: 12 })
    expect(confirmationEnds(evidence, 'FR')).toBe(true)
    expect(confirmationEnds(evidence, 'IT')).toBe(false)
    expect(confirmationEnds(evidence, null)).toBe(false)
    expect(iso(lastDayFor(entry('training'), 'DE', Date.UTC(2026, 0, 31)))).toBe('2026-07-30')
    expect(iso(lastAudioDayFor(analytics, 'FR', Date.UTC(2026, 0, 15)))).toBe('2026-07-14')
    expect(seededEntries().map((one) => [one.key, keepsAnything(one)])).toEqual([
      ['evidence', true],
      ['training', true],
      ['analytics', true],
      ['assist', false],
    ])
    expect(
      longestKeep(
        custom({ countries: [{ country: 'IT', keep: { months: 4 }, audio: null, confirmationEnds: null, text: '' }] }),
      ),
    ).toEqual({ months: 4 })
  })

  it('audio never outlives what is drawn from it', () => {
    fc.assert(
      fc.property(span, fc.option(span), fc.option(span), instant, (keep, keepInItaly, audio, start) => {
        const countries = [{ country: 'IT', keep: keepInItaly, audio: null, confirmationEnds: null, text: '' }]
        const one = custom({ keep, audio, countries })
        for (const country of ['IT', 'FR', null])
          expect(lastAudioDayFor(one, country, start) <= lastDayFor(one, country, start)).toBe(true)
      }),
    )
  })
})

describe('changes of the register', () => {
  it('none when nothing changes', () => {
    expect(changesOf(seededEntries(), [...seededEntries(), custom()])).toEqual([])
  })

  it('tell what becomes shorter and longer, by country', () => {
    const shorter = registerWith('training', { keep: { months: 3 } })
    expect(changesOf(seededEntries(), shorter)).toEqual([
      {
        purpose: 'training',
        country: null,
        what: 'keep',
        effect: 'shorter',
        before: { months: 6 },
        after: { months: 3 },
      },
      {
        purpose: 'training',
        country: null,
        what: 'audio',
        effect: 'shorter',
        before: { months: 6 },
        after: { months: 3 },
      },
    ])
    const italy = { country: 'IT', keep: { days: 182 }, audio: null, confirmationEnds: true, text: '' }
    const changed = changesOf(registerWith('training', {}), registerWith('training', { countries: [italy] }))
    expect(changed.map((c) => [c.country, c.what, c.effect])).toEqual([
      ['IT', 'keep', 'either'],
      ['IT', 'audio', 'either'],
      ['IT', 'confirmation', 'shorter'],
    ])
    expect(changesOf(seededEntries(), registerWith('assist', { active: false }))).toEqual([
      { purpose: 'assist', country: null, what: 'active', effect: 'shorter', before: null, after: null },
    ])
  })

  it('backwards say the opposite, and a country never named stays as everywhere', () => {
    const opposite = { shorter: 'longer', longer: 'shorter', either: 'either' }
    fc.assert(
      fc.property(span, span, fc.option(span), (a, b, french) => {
        const countries = [{ country: 'FR', keep: french, audio: null, confirmationEnds: null, text: '' }]
        const [old, now] = [[custom({ keep: a })], [custom({ keep: b, countries })]]
        const there = changesOf(old, now)
        const back = changesOf(now, old)
        expect(back.map((c) => ({ ...c, effect: opposite[c.effect], before: c.after, after: c.before }))).toEqual(there)
        expect(there.some((c) => c.country === null)).toBe(comparedWith(a, b) !== 'same')
      }),
    )
  })
})

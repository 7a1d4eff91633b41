import { expect, test } from 'vitest'
import type { PurposeTerm } from './keeping.ts'
import { lastProcessingDay, livePurposes } from './purposes.ts'

const DAY_MS = 86_400_000
const iso = (d: Date): string => d.toISOString().slice(0, 10)

test('audio as captured is there for so many days, both counted', () => {
  expect(iso(lastProcessingDay(Date.UTC(2026, 10, 23, 23, 59), 7))).toBe('2026-11-29')
  expect(iso(lastProcessingDay(Date.UTC(2026, 10, 23), 0.2))).toBe('2026-11-23')
})

test('purposes are live through the whole of their last day', () => {
  const start = Date.UTC(2026, 0, 1, 12)
  const termOf = (purpose: string): PurposeTerm | null => {
    const lastDay = new Date(Date.UTC(2026, 0, purpose === 'training' ? 10 : 20))
    return purpose === 'analytics' ? null : { material: 'masked', lastDay, audioLastDay: lastDay }
  }
  const at = (nowMs: number) =>
    livePurposes(termOf, ['evidence', 'training', 'analytics', 'assist'], { startMs: start, country: null, nowMs })
  expect(at(Date.UTC(2026, 0, 11) - 1)).toEqual(['evidence', 'training', 'assist'])
  expect(at(Date.UTC(2026, 0, 11))).toEqual(['evidence', 'assist'])
  expect(at(Date.UTC(2026, 0, 20) + DAY_MS)).toEqual(['assist'])
})

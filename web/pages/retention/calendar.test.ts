import { describe, expect, it } from 'vitest'
import { addMonths } from '../../kit/days.ts'
import { columnsOf, endOf, purposeOf, scaleTop, seriesIn, seriesOf } from './calendar.ts'

const item = (day: string, purpose = 'training', terms = 1, held = 0) => ({
  day,
  purpose,
  what: 'purpose' as const,
  terms,
  held,
})

describe('the columns of the calendar', () => {
  it('are one for each day, the empty ones too', () => {
    const columns = columnsOf([item('2026-03-02', 'training', 3, 1), item('2026-03-02', 'evidence', 2)], {
      from: '2026-03-01',
      to: '2026-03-03',
      step: 'day',
    })
    expect(columns.map(({ from, terms, held }) => [from, terms, held])).toEqual([
      ['2026-03-01', 0, 0],
      ['2026-03-02', 5, 1],
      ['2026-03-03', 0, 0],
    ])
  })

  it('begin weeks on Monday, the first on the day asked for', () => {
    const columns = columnsOf([item('2026-03-08'), item('2026-03-09')], {
      from: '2026-03-05',
      to: '2026-03-16',
      step: 'week',
    })
    expect(columns.map(({ from, terms }) => [from, terms])).toEqual([
      ['2026-03-05', 1],
      ['2026-03-09', 1],
      ['2026-03-16', 0],
    ])
  })

  it('lose no term and add none, whatever the span', () => {
    const items = Array.from({ length: 400 }, (_, i) => item(addMonths('2026-01-31', i % 60), `p${i % 5}`, 1 + (i % 3)))
    const all = items.reduce((sum, { terms }) => sum + terms, 0)
    const columns = columnsOf(items, { from: '2026-01-31', to: endOf('months', '2026-01-31'), step: 'month' })
    expect(columns).toHaveLength(61)
    expect(columns.reduce((sum, { terms }) => sum + terms, 0)).toBe(all)
  })
})

it('a month later keeps to the month', () => {
  expect(addMonths('2026-01-31', 1)).toBe('2026-02-28')
  expect(addMonths('2026-11-30', 3)).toBe('2027-02-28')
})

it('purposes keep their order', () => {
  expect(seriesIn([item('', 'zeta'), item('', 'training'), item('', 'evidence'), item('', 'training')])).toEqual([
    'evidence',
    'training',
    'zeta',
  ])
})

it('audio that ends before the rest of its purpose is a series of its own', () => {
  const audio = { ...item('2026-03-02'), what: 'audio' as const }
  expect(seriesIn([item('', 'zeta'), audio, item('')])).toEqual(['training', 'training:audio', 'zeta'])
  expect(purposeOf(seriesOf(audio))).toEqual({ purpose: 'training', audio: true })
  const [column] = columnsOf([item('2026-03-02'), audio], { from: '2026-03-02', to: '2026-03-02', step: 'day' })
  expect(column?.parts.map(({ series, terms }) => [series, terms])).toEqual([
    ['training', 1],
    ['training:audio', 1],
  ])
})

it('the scale ends at a round number that halves', () => {
  expect([0, 3, 5, 17, 41, 99, 140].map(scaleTop)).toEqual([4, 4, 6, 20, 60, 100, 200])
})

import type { CalendarDay } from '../../../contract/models/terms.ts'
import { builtInPurposes } from '../../../contract/rules.ts'
import { addDays, addMonths } from '../../kit/days.ts'

export type Step = 'day' | 'week' | 'month'
/** What the person may look at: how far, and in columns of what. */
export const spans = { days: 'day', weeks: 'week', months: 'month' } as const
export type Span = keyof typeof spans

export const endOf = (span: Span, from: string): string => {
  if (span === 'days') return addDays(from, 30)
  return addMonths(from, span === 'weeks' ? 12 : 60)
}

/** What ends together: a purpose, or the audio of one that goes on without it. */
export type Series = string
const audioSeries = ':audio'
export const seriesOf = ({ purpose, what }: Pick<CalendarDay, 'purpose' | 'what'>): Series =>
  what === 'audio' ? `${purpose}${audioSeries}` : purpose
/** The purpose of a series, and whether only its audio ends. */
export const purposeOf = (series: Series): { purpose: string; audio: boolean } => ({
  purpose: series.replace(audioSeries, ''),
  audio: series.endsWith(audioSeries),
})

export type Part = { series: Series; terms: number; held: number }
/** A column of the chart: the terms whose last day lies in it, by series. */
export type Column = { from: string; parts: Part[]; terms: number; held: number }

/** The first day of the column a day belongs to. Weeks begin on Monday (ISO 8601). */
const columnStart = (day: string, step: Step): string => {
  if (step === 'day') return day
  if (step === 'month') return `${day.slice(0, 8)}01`
  return addDays(day, -((new Date(day).getUTCDay() + 6) % 7))
}
const next = (start: string, step: Step): string =>
  step === 'month' ? addMonths(start, 1) : addDays(start, step === 'week' ? 7 : 1)

/** Every column from `from` to `to` in order, the empty ones too. The first keeps the day asked for. */
export const columnsOf = (
  items: CalendarDay[],
  { from, to, step }: { from: string; to: string; step: Step },
): Column[] => {
  const columns = new Map<string, Column>()
  for (let at = columnStart(from, step); at <= to; at = next(at, step))
    columns.set(at, { from: at < from ? from : at, parts: [], terms: 0, held: 0 })
  for (const item of items) {
    const { day, terms, held } = item
    const series = seriesOf(item)
    const column = columns.get(columnStart(day, step))
    if (!column) continue
    column.terms += terms
    column.held += held
    const part = column.parts.find((p) => p.series === series)
    if (part) {
      part.terms += terms
      part.held += held
    } else column.parts.push({ series, terms, held })
  }
  return [...columns.values()]
}

const place = (series: Series): number => {
  const { purpose } = purposeOf(series)
  return builtInPurposes.includes(purpose) ? builtInPurposes.indexOf(purpose) : builtInPurposes.length
}

/** The series that occur, always in the same order, so that each keeps its pattern. */
export const seriesIn = (items: Pick<CalendarDay, 'purpose' | 'what'>[]): Series[] =>
  [...new Set(items.map(seriesOf))].toSorted((a, b) => place(a) - place(b) || a.localeCompare(b))

/** A round number at or above the highest column, for the scale. */
export const scaleTop = (highest: number): number => {
  if (highest <= 4) return 4
  const unit = 10 ** Math.floor(Math.log10(highest))
  return [1, 2, 4, 6, 8, 10].map((n) => n * unit).find((top) => top >= highest) ?? 10 * unit
}

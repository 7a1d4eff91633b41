import type { Span } from '../../../contract/models/retention.ts'

const DAY_MS = 86_400_000

/** The calendar day (UTC) of an instant, ms. */
const dayOf = (ms: number): number => Math.floor(ms / DAY_MS) * DAY_MS

/**
 * The last day (UTC) on which what began at `startMs` may be used. Months: the day before the same day of the month, that many
 * months later (the month's last day when it has none), so that the term is never exceeded. Days: that many, the first one
 * counted. Never before the first day.
 */
export function lastDayOf(span: Span, startMs: number): Date {
  const today = dayOf(startMs)
  if ('days' in span) return new Date(today + Math.max(0, span.days - 1) * DAY_MS)
  const start = new Date(startMs)
  const [year, month] = [start.getUTCFullYear(), start.getUTCMonth() + span.months]
  const daysOfMonth = new Date(Date.UTC(year, month + 1, 0)).getUTCDate()
  const day = Math.min(start.getUTCDate(), daysOfMonth)
  return new Date(Math.max(today, Date.UTC(year, month, day - 1)))
}

/** Days a span holds when it begins on a day, the first and the last one counted; 0 when nothing is kept. */
const lengthFrom = (span: Span, startMs: number): number =>
  isNothing(span) ? 0 : (lastDayOf(span, startMs).getTime() - startMs) / DAY_MS + 1

export const isNothing = (span: Span): boolean => 'days' in span && span.days === 0

/** Every first day within four years: leap years repeat in them until 2100. */
const firstDays: readonly number[] = Array.from({ length: 1461 }, (_, i) => Date.UTC(2025, 0, 1) + i * DAY_MS)

/** How `to` compares with `from`, over every day on which something may begin. `either`: it depends on the day. */
export function comparedWith(from: Span, to: Span): 'same' | 'shorter' | 'longer' | 'either' {
  if ('months' in from && 'months' in to) return byNumber(from.months, to.months)
  if ('days' in from && 'days' in to) return byNumber(from.days, to.days)
  const differences = firstDays.map((day) => lengthFrom(to, day) - lengthFrom(from, day))
  const shorter = differences.some((d) => d < 0)
  const longer = differences.some((d) => d > 0)
  if (shorter && longer) return 'either'
  return shorter ? 'shorter' : longer ? 'longer' : 'same'
}

const byNumber = (from: number, to: number): 'same' | 'shorter' | 'longer' =>
  to === from ? 'same' : to < from ? 'shorter' : 'longer'

/** Whether a span is over no later than another, whatever day both begin. */
export const within = (span: Span, limit: Span): boolean => ['same', 'shorter'].includes(comparedWith(limit, span))

/** The longest of some spans; months count as their longest. Undefined for none. */
export const longestOf = (spans: readonly Span[]): Span | undefined =>
  spans.reduce<Span | undefined>((longest, span) => (!longest || !within(span, longest) ? span : longest), undefined)

import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'

const pad = (n: number): string => String(n).padStart(2, '0')

/** ms as a clock: 3:07, 1:02:45. */
export const clock = (ms: number): string => {
  const s = Math.max(0, Math.floor(ms / 1000))
  const [h, m] = [Math.floor(s / 3600), Math.floor(s / 60) % 60]
  return h > 0 ? `${h}:${pad(m)}:${pad(s % 60)}` : `${m}:${pad(s % 60)}`
}

/** Dates, numbers and names of countries as the locale writes them. */
export const formatsOf = (locale: string) => {
  const region = { it: 'it-IT', fr: 'fr-FR', en: 'en-GB' }[locale] ?? locale
  const of = (options: Intl.DateTimeFormatOptions) => {
    const format = new Intl.DateTimeFormat(region, options)
    return (at: string | number | Date): string => format.format(new Date(at))
  }
  const number = new Intl.NumberFormat(region, { maximumFractionDigits: 1 })
  const tenths = new Intl.NumberFormat(region, { minimumFractionDigits: 1 })
  const share = new Intl.NumberFormat(region, { style: 'percent', maximumFractionDigits: 1 })
  const countries = new Intl.DisplayNames(region, { type: 'region' })
  const list = new Intl.ListFormat(region, { type: 'conjunction' })
  const either = new Intl.ListFormat(region, { type: 'disjunction' })
  const weekday = new Intl.DateTimeFormat(region, { weekday: 'short', timeZone: 'UTC' })
  /** A date stays in one line, a time too; a line may end only between them. */
  const bound = (text: string): string => text.replaceAll(/ (?!\d\d:)/g, '\u00A0')
  const dateTime = of({ day: '2-digit', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit' })
  const date = of({ day: '2-digit', month: 'short', year: 'numeric' })
  const day = of({ day: '2-digit', month: 'short', year: 'numeric', timeZone: 'UTC' })
  return {
    date: (at: string | number | Date): string => bound(date(at)),
    /** A day as the server says it (2026-03-01), which is a day everywhere. */
    day: (iso: string): string => bound(day(iso)),
    /** The same without its year, and its month alone: beneath the columns of a chart. */
    dayShort: of({ day: 'numeric', month: 'short', timeZone: 'UTC' }),
    month: of({ month: 'short', year: 'numeric', timeZone: 'UTC' }),
    time: of({ hour: '2-digit', minute: '2-digit' }),
    dateTime: (at: string | number | Date): string => bound(dateTime(at)),
    number: (n: number): string => number.format(n),
    /** 0..1 as a percentage. */
    share: (part: number): string => share.format(part),
    country: (code: string): string => countries.of(code) ?? code,
    /** a, b and c */
    list: (items: string[]): string => list.format(items),
    /** a, b or c */
    either: (items: string[]): string => either.format(items),
    /** ISO weekday (1 = Monday), short. */
    weekday: (day: number): string => weekday.format(new Date(Date.UTC(2024, 0, day))),
    clock,
    /** ms as a clock with tenths: 3:07.4 (or a comma, as the locale writes it). */
    fineClock: (ms: number): string =>
      `${clock(ms)}${tenths.format(Math.floor((Math.max(0, ms) % 1000) / 100) / 10).slice(1)}`,
    /** The sign before decimals, for number fields. */
    decimal: region.startsWith('en') ? '.' : ',',
  }
}
export type Formats = ReturnType<typeof formatsOf>

export const useFormat = (): Formats => {
  const { i18n } = useTranslation()
  return useMemo(() => formatsOf(i18n.language), [i18n.language])
}

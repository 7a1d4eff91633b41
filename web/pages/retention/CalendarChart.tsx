import { useTranslation } from 'react-i18next'
import { useFormat, type Formats } from '../../kit/format.ts'
import { IconLock } from '../../kit/icons.tsx'
import { type Column, type Part, scaleTop, type Series, type Step } from './calendar.ts'
import styles from './chart.module.css'
import { useSeriesName } from './words.ts'

export type Shown = { columns: Column[]; series: Series[]; step: Step }
const patterns = 5

export const columnName = (from: string, step: Step, format: Formats): string =>
  step === 'month' ? format.month(from) : format.day(from)

/** What stands beneath a column: every fifth day, the first week of a month, every sixth month. */
const tickOf = (columns: Column[], at: number, { step, format }: { step: Step; format: Formats }): string | null => {
  const from = columns[at]?.from ?? ''
  // A name at the very end would stand outside.
  if (columns.length - at < 3) return null
  if (step === 'day') return at % 5 === 0 ? format.dayShort(from) : null
  if (step === 'month') return at % 6 === 0 ? format.month(from) : null
  const newMonth = at === 0 || from.slice(0, 7) !== columns[at - 1]?.from.slice(0, 7)
  return newMonth && Number(from.slice(5, 7)) % 2 === 1 ? format.month(from) : null
}

/** A column for each day, week or month, stacked by purpose. Patterns tell purposes apart without colour. */
export const CalendarChart = ({ columns, series, step }: Shown) => {
  const { t } = useTranslation()
  const format = useFormat()
  const total = columns.reduce((sum, column) => sum + column.terms, 0)
  const highest = columns.reduce((a, b) => (b.terms > a.terms ? b : a))
  const top = scaleTop(highest.terms)
  const summary = [
    t('retention.calendar.summary', { count: total }),
    t('retention.calendar.most', { count: highest.terms, when: columnName(highest.from, step, format) }),
  ].join(' ')
  return (
    <figure className={styles.figure}>
      <figcaption>{summary}</figcaption>
      <Legend series={series} held={columns.some((column) => column.held > 0)} />
      <div className={styles.frame}>
        <div className={styles.scale} aria-hidden="true">
          {[top, top / 2, 0].map((n) => (
            <span key={n}>{format.number(n)}</span>
          ))}
        </div>
        {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- on a telephone it is wider than the page: the keyboard scrolls it too */}
        <section className={styles.scroll} tabIndex={0} aria-label={t('retention.calendar.chart')}>
          <div className={styles.plot} aria-hidden="true">
            {columns.map((column, at) => (
              <div key={column.from} className={styles.column}>
                <Bar column={column} {...{ series, top, step }} />
                <span className={styles.tick}>{tickOf(columns, at, { step, format })}</span>
              </div>
            ))}
          </div>
        </section>
      </div>
    </figure>
  )
}

type BarProps = { column: Column; series: Series[]; top: number; step: Step }

const Bar = ({ column, series, top, step }: BarProps) => {
  const { t } = useTranslation()
  const format = useFormat()
  const seriesName = useSeriesName()
  const inWords = ({ series: of, terms, held }: Part): string => {
    const n = format.number(terms)
    const many = held > 0 ? t('retention.calendar.heldOf', { n, held: format.number(held) }) : n
    return `${seriesName(of)}: ${many}`
  }
  const parts = series.flatMap((of) => column.parts.find((part) => part.series === of) ?? [])
  const title = [columnName(column.from, step, format), ...parts.map(inWords)].join('\n')
  const height = (terms: number): { height: string } => ({ height: `${(terms / top) * 100}%` })
  return (
    <div className={styles.bar} title={column.terms > 0 ? title : undefined}>
      {parts.flatMap(({ series: of, terms, held }) => [
        terms > held && (
          <div
            key={of}
            className={styles.block}
            data-pattern={series.indexOf(of) % patterns}
            style={height(terms - held)}
          />
        ),
        held > 0 && (
          <div
            key={`${of} held`}
            className={styles.block}
            data-pattern={series.indexOf(of) % patterns}
            data-held
            style={height(held)}
          />
        ),
      ])}
      {column.held > 0 && <IconLock size={11} className={styles.lock} />}
    </div>
  )
}

const Legend = ({ series, held }: { series: Series[]; held: boolean }) => {
  const { t } = useTranslation()
  const seriesName = useSeriesName()
  return (
    <ul className={styles.legend}>
      {series.map((of, i) => (
        <li key={of}>
          <span className={styles.block} data-pattern={i % patterns} />
          {seriesName(of)}
        </li>
      ))}
      {held && (
        <li>
          <span className={styles.block} data-pattern="0" data-held />
          <IconLock size={13} />
          {t('retention.calendar.heldLegend')}
        </li>
      )}
    </ul>
  )
}

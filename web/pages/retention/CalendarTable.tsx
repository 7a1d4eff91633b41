import { useTranslation } from 'react-i18next'
import { DataTable, type Column as TableColumn } from '../../kit/DataTable.tsx'
import { useFormat } from '../../kit/format.ts'
import { IconLock } from '../../kit/icons.tsx'
import type { Column } from './calendar.ts'
import { columnName, type Shown } from './CalendarChart.tsx'
import styles from './retention.module.css'
import { useSeriesName } from './words.ts'

/** The chart's figures, for the keyboard, the screen reader and whoever wants numbers. */
export const CalendarTable = ({ columns, series, step }: Shown) => {
  const { t } = useTranslation()
  const format = useFormat()
  const seriesName = useSeriesName()
  const figure = (terms: number, held: number) => {
    if (terms === 0) return '–'
    const n = format.number(terms)
    if (held === 0) return n
    return (
      <span className={styles.heldFigure}>
        <IconLock size={13} /> {t('retention.calendar.heldOf', { n, held: format.number(held) })}
      </span>
    )
  }
  const cells: TableColumn<Column>[] = [
    {
      key: 'from',
      header: t(`retention.calendar.step.${step}`),
      main: true,
      cell: (row) => columnName(row.from, step, format),
    },
    ...series.map((of): TableColumn<Column> => ({
      key: of,
      header: seriesName(of),
      kind: 'end',
      cell: ({ parts }) => {
        const part = parts.find((p) => p.series === of)
        return figure(part?.terms ?? 0, part?.held ?? 0)
      },
    })),
    {
      key: 'all',
      header: t('retention.calendar.total'),
      kind: 'end',
      cell: (row) => figure(row.terms, row.held),
    },
  ]
  return (
    <details className={styles.details}>
      <summary>{t('retention.calendar.table')}</summary>
      <DataTable
        caption={t('retention.calendar.title')}
        columns={cells}
        rows={columns.filter((column) => column.terms > 0)}
        rowKey={(row) => row.from}
      />
    </details>
  )
}

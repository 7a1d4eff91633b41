import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import styles from './kit.module.css'

export type Column<Row> = {
  key: string
  header: string
  cell: (row: Row) => ReactNode
  /** `end`: numbers. `actions`: no header shown, kept at the right. */
  kind?: 'text' | 'end' | 'actions'
  /** The cell that names the row; read as its header. */
  main?: boolean
}

type DataTableProps<Row> = {
  /** Names the table for screen readers. */
  caption: string
  columns: Column<Row>[]
  rows: Row[]
  rowKey: (row: Row) => string
  /** Rows that no longer count are shown quieter. */
  quiet?: (row: Row) => boolean
}

/** A dense table; below 720 px every row becomes a card with its headers beside the values. */
export function DataTable<Row>({ caption, columns, rows, rowKey, quiet }: DataTableProps<Row>) {
  const { t } = useTranslation()
  return (
    <div className={styles.tableFrame}>
      <table className={styles.table}>
        <caption className="visually-hidden">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.key} scope="col" data-kind={column.kind}>
                {column.kind === 'actions' ? (
                  <span className="visually-hidden">{column.header || t('common.actions')}</span>
                ) : (
                  column.header
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={rowKey(row)} data-quiet={quiet?.(row) || undefined}>
              {columns.map((column) => (
                <Cell key={column.key} column={column} row={row} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Cell<Row>({ column, row }: { column: Column<Row>; row: Row }) {
  const shared = { 'data-kind': column.kind, 'data-label': column.header }
  if (column.main)
    return (
      <th scope="row" {...shared}>
        {column.cell(row)}
      </th>
    )
  return <td {...shared}>{column.cell(row)}</td>
}

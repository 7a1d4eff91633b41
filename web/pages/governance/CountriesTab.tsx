import { useTranslation } from 'react-i18next'
import type { Jurisdiction } from '../../../contract/models/retention.ts'
import { type Column, DataTable } from '../../kit/DataTable.tsx'
import { useFormat } from '../../kit/format.ts'
import { Section } from '../../kit/Page.tsx'
import { Notice, Ready, Tag } from '../../kit/states.tsx'
import { useApi } from '../../queries.ts'
import styles from './governance.module.css'
import { capital, placeName, useNames } from './names.ts'

type Row = Jurisdiction & { shipped: boolean }

/** What each country asks before a call is recorded, and of whom works there. */
export const CountriesTab = () => {
  const { t } = useTranslation()
  const table = useApi('GET /jurisdictions')
  return (
    <Section title={t('governance.countries.title')} lead={t('governance.countries.lead')}>
      <Notice tone="warn">{t('governance.countries.uncertainHelp')}</Notice>
      <Ready query={table}>{({ rows }) => <CountryTable rows={rows} />}</Ready>
    </Section>
  )
}

const CountryTable = ({ rows }: { rows: Row[] }) => {
  const { t } = useTranslation()
  const format = useFormat()
  const columns: Column<Row>[] = [
    {
      key: 'country',
      header: t('common.country'),
      main: true,
      cell: ({ code }) => placeName(code, format).replace('*', t('governance.countries.others')),
    },
    { key: 'silence', header: t('governance.countries.silence'), cell: (row) => <Silence row={row} /> },
    { key: 'basis', header: t('governance.countries.basis'), cell: (row) => <Basis row={row} /> },
    { key: 'gates', header: t('governance.countries.gates'), cell: (row) => <Gates row={row} /> },
  ]
  return (
    <DataTable caption={t('governance.countries.title')} columns={columns} rows={rows} rowKey={({ code }) => code} />
  )
}

const Silence = ({ row }: { row: Row }) => {
  const { t } = useTranslation()
  const names = useNames()
  const format = useFormat()
  const allowed = row.silence === 'allowed'
  return (
    <div>
      <Tag tone={allowed ? 'good' : 'warn'}>{t(`governance.countries.${row.silence}`)}</Tag>
      {row.yesFor.length > 0 && (
        <div className="small">
          {t('governance.countries.yesFor', { purposes: format.list(row.yesFor.map(names.purpose)) })}
        </div>
      )}
    </div>
  )
}

const Basis = ({ row }: { row: Row }) => {
  const { t } = useTranslation()
  return (
    <div className={styles.basis}>
      {row.uncertain && <Tag tone="warn">{t('governance.countries.uncertain')}</Tag>}
      {!row.shipped && <Tag tone="accent">{t('governance.countries.own')}</Tag>}
      {/* The table's sources are kept as the lawyer wrote them, in English or another language. */}
      <div>{row.reason || row.basis}</div>
    </div>
  )
}

/** Which documents open something there, whatever the feature. */
const Gates = ({ row }: { row: Row }) => {
  const { t } = useTranslation()
  const format = useFormat()
  const needs = row.gates.flatMap((gate) => gate.needs)
  const lists = [...new Set(needs.map((kinds) => format.either(kinds.map((kind) => t(`calls.agreement.${kind}`)))))]
  if (lists.length === 0) return '–'
  return (
    <ul className={styles.cellList}>
      {lists.map((list) => (
        <li key={list}>{capital(list)}</li>
      ))}
    </ul>
  )
}

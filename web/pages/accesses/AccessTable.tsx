import { Button } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Link } from '@tanstack/react-router'
import type { AccessRecord } from '../../../contract/models/calls.ts'
import { DataTable, type Column } from '../../kit/DataTable.tsx'
import { useFormat } from '../../kit/format.ts'
import { Empty, Ready, Tag } from '../../kit/states.tsx'
import { usePurposeName } from '../../purposes.ts'
import { useApi } from '../../queries.ts'
import { AccessDetail, whoOf } from './AccessDetail.tsx'

const limit = 100

/** Who listened to a call, when, for which purpose and why. */
export const AccessTable = ({ callId }: { callId: string }) => {
  const found = useApi('GET /calls/:callId/accesses', { params: { callId }, query: { limit } })
  return <Ready query={found}>{({ items }) => <AccessRows rows={items} withCall={false} />}</Ready>
}

export const AccessRows = ({ rows, withCall }: { rows: AccessRecord[]; withCall: boolean }) => {
  const { t } = useTranslation()
  const format = useFormat()
  const purposeName = usePurposeName()
  const [shown, setShown] = useState<AccessRecord | null>(null)
  if (rows.length === 0) return <Empty title={t('accesses.empty')}>{t('accesses.emptyHelp')}</Empty>
  const columns: Column<AccessRecord>[] = [
    { key: 'who', header: t('accesses.who'), main: true, cell: (r) => whoOf(r, t) },
    { key: 'when', header: t('accesses.when'), cell: (r) => format.dateTime(r.at) },
    { key: 'action', header: t('accesses.action'), cell: (r) => t(`accesses.actions.${r.action}`) },
    {
      key: 'purpose',
      header: t('accesses.purpose'),
      cell: (r) => (r.purpose ? purposeName(r.purpose) : '–'),
    },
    { key: 'reason', header: t('accesses.reason'), cell: (r) => r.reason || '–' },
    {
      key: 'heard',
      header: t('accesses.heard'),
      kind: 'end',
      cell: (r) => (r.servedMs > 0 ? format.clock(r.servedMs) : '–'),
    },
    {
      key: 'outcome',
      header: t('accesses.outcome'),
      cell: (r) => <Tag tone={r.outcome === 'allowed' ? 'good' : 'bad'}>{t(`accesses.${r.outcome}`)}</Tag>,
    },
    ...(withCall
      ? [
          {
            key: 'call',
            header: t('accesses.call'),
            cell: (r: AccessRecord) => (
              <Link to="/calls/$callId" params={{ callId: r.callId }}>
                {t('accesses.open')}
              </Link>
            ),
          },
          {
            key: 'detail',
            header: '',
            kind: 'actions' as const,
            cell: (r: AccessRecord) => (
              <Button size="compact-xs" variant="default" onClick={() => setShown(r)}>
                {t('accesses.detail')}
              </Button>
            ),
          },
        ]
      : []),
  ]
  return (
    <>
      <DataTable caption={t('accesses.title')} columns={columns} rows={rows} rowKey={(r) => r.id} />
      {shown && <AccessDetail record={shown} onClose={() => setShown(null)} />}
    </>
  )
}

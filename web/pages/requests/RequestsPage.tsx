import { Button, Drawer } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { RightsRequest } from '../../../contract/models/rights.ts'
import { DataTable, type Column } from '../../kit/DataTable.tsx'
import { useFormat } from '../../kit/format.ts'
import { IconPlus } from '../../kit/icons.tsx'
import { Page } from '../../kit/Page.tsx'
import { Empty, Ready, Tag } from '../../kit/states.tsx'
import { useApi, useMay } from '../../queries.ts'
import { FileRequest } from './FileRequest.tsx'
import { Handling } from './Handling.tsx'
import { daysLeft, underWay } from './due.ts'

/** What people asked of the controller, the one due soonest first, and everything done about it. */
export const RequestsPage = () => {
  const { t } = useTranslation()
  const [open, setOpen] = useState<string | null>(null)
  const [filing, setFiling] = useState(false)
  const mayFile = useMay('governance.write')
  const requests = useApi(
    'GET /rights/requests',
    { query: {} },
    { refetchInterval: (last) => last?.items.some(underWay) === true && 2000 },
  )
  const shown = requests.data?.items.find(({ id }) => id === open)
  return (
    <Page
      title={t('caller.requests')}
      lead={t('caller.requestsLead')}
      actions={
        mayFile && (
          <Button leftSection={<IconPlus />} onClick={() => setFiling(true)}>
            {t('requests.new')}
          </Button>
        )
      }
    >
      <Ready query={requests}>{({ items }) => <Requests rows={items} onOpen={setOpen} />}</Ready>
      <Drawer
        opened={shown !== undefined}
        onClose={() => setOpen(null)}
        size="lg"
        title={shown && t(`caller.request.${shown.kind}`)}
      >
        {shown && <Handling key={shown.id} request={shown} />}
      </Drawer>
      {filing && <FileRequest onClose={() => setFiling(false)} onFiled={setOpen} />}
    </Page>
  )
}

const Requests = ({ rows, onOpen }: { rows: RightsRequest[]; onOpen: (id: string) => void }) => {
  const { t } = useTranslation()
  const format = useFormat()
  if (rows.length === 0) return <Empty title={t('caller.noRequests')}>{t('caller.noRequestsHelp')}</Empty>
  const columns: Column<RightsRequest>[] = [
    { key: 'what', header: t('caller.asksFor'), main: true, cell: (r) => <What request={r} /> },
    { key: 'channel', header: t('requests.channel'), cell: (r) => t(`requests.channels.${r.channel}`) },
    { key: 'asked', header: t('caller.askedAt'), cell: (r) => format.dateTime(r.askedAt) },
    {
      key: 'due',
      header: t('caller.dueOn'),
      cell: (r) => (
        <>
          {format.day(r.dueOn)} {r.state === 'open' && <Due day={r.dueOn} />}
        </>
      ),
    },
    { key: 'state', header: t('accesses.outcome'), cell: (r) => <State request={r} /> },
    {
      key: 'open',
      header: t('requests.handle'),
      kind: 'actions',
      cell: (r) => (
        <Button variant="default" size="xs" onClick={() => onOpen(r.id)}>
          {t(r.state === 'open' ? 'requests.handle' : 'requests.open')}
        </Button>
      ),
    },
  ]
  return (
    <DataTable
      caption={t('caller.requests')}
      columns={columns}
      rows={rows}
      rowKey={(r) => r.id}
      quiet={(r) => r.state === 'closed'}
    />
  )
}

const What = ({ request: { kind, scope, calls } }: { request: RightsRequest }) => {
  const { t } = useTranslation()
  return (
    <>
      {t(`caller.request.${kind}`)} {scope === 'caller' && <Tag>{t('requests.calls.count', { count: calls.all })}</Tag>}
    </>
  )
}

const State = ({ request }: { request: RightsRequest }) => {
  const { t } = useTranslation()
  const [next] = request.tasks
  if (next) return <Tag tone="warn">{t(`requests.tasks.${next}`)}</Tag>
  return request.decision ? <Tag>{t(`requests.close.${request.decision}`)}</Tag> : <Tag>{t('caller.stateClosed')}</Tag>
}

/** Told a week before, and from then on. */
const Due = ({ day }: { day: string }) => {
  const { t } = useTranslation()
  const left = daysLeft(day)
  if (left < 0) return <Tag tone="bad">{t('requests.overdue')}</Tag>
  return left <= 7 ? <Tag tone="warn">{t('requests.dueSoon', { count: left })}</Tag> : null
}

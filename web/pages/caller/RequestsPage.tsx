import { Button, Drawer, Stack, Textarea } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { RightsRequest } from '../../../contract/models/rights.ts'
import { DataTable, type Column } from '../../kit/DataTable.tsx'
import { FormEnd } from '../../kit/fields.tsx'
import { submitting } from '../../kit/form.ts'
import { useFormat } from '../../kit/format.ts'
import { Page } from '../../kit/Page.tsx'
import { Empty, ProblemNotice, Ready, Tag } from '../../kit/states.tsx'
import { useAct, useApi, useMay } from '../../queries.ts'

/** What callers asked for, the one due soonest first. */
export const RequestsPage = () => {
  const { t } = useTranslation()
  const [closing, setClosing] = useState<RightsRequest | null>(null)
  const requests = useApi('GET /rights/requests', { query: {} })
  return (
    <Page title={t('caller.requests')} lead={t('caller.requestsLead')}>
      <Ready query={requests}>{({ items }) => <Requests rows={items} onClose={setClosing} />}</Ready>
      <Drawer opened={closing !== null} onClose={() => setClosing(null)} title={t('caller.close')}>
        {closing && <CloseForm request={closing} onDone={() => setClosing(null)} />}
      </Drawer>
    </Page>
  )
}

const Requests = ({ rows, onClose }: { rows: RightsRequest[]; onClose: (request: RightsRequest) => void }) => {
  const { t } = useTranslation()
  const format = useFormat()
  const mayClose = useMay('governance.write')
  if (rows.length === 0) return <Empty title={t('caller.noRequests')}>{t('caller.noRequestsHelp')}</Empty>
  const columns: Column<RightsRequest>[] = [
    { key: 'what', header: t('caller.asksFor'), main: true, cell: (r) => t(`caller.request.${r.kind}`) },
    { key: 'asked', header: t('caller.askedAt'), cell: (r) => format.dateTime(r.askedAt) },
    { key: 'due', header: t('caller.dueOn'), cell: (r) => format.day(r.dueOn) },
    {
      key: 'state',
      header: t('accesses.outcome'),
      cell: (r) =>
        r.state === 'open' ? <Tag tone="warn">{t('caller.stateOpen')}</Tag> : (r.outcome ?? t('caller.stateClosed')),
    },
    {
      key: 'call',
      header: t('accesses.call'),
      cell: (r) => (
        <Link to="/calls/$callId" params={{ callId: r.callId }}>
          {t('accesses.open')}
        </Link>
      ),
    },
    {
      key: 'close',
      header: t('caller.close'),
      kind: 'actions',
      cell: (r) =>
        r.state === 'open' &&
        mayClose && (
          <Button variant="default" size="xs" onClick={() => onClose(r)}>
            {t('caller.close')}
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

const CloseForm = ({ request, onDone }: { request: RightsRequest; onDone: () => void }) => {
  const { t } = useTranslation()
  const [outcome, setOutcome] = useState('')
  const close = useAct('POST /rights/requests/:requestId/close', {
    refresh: ['GET /rights/requests'],
    announceProblem: false,
    onDone,
  })
  return (
    <form onSubmit={submitting(() => close.mutate({ params: { requestId: request.id }, body: { outcome } }))}>
      <Stack>
        <Textarea
          label={t('caller.whatWasDone')}
          required
          minLength={5}
          maxLength={2000}
          autosize
          minRows={3}
          value={outcome}
          onChange={(e) => setOutcome(e.currentTarget.value)}
        />
        <ProblemNotice problem={close.error} />
        <FormEnd onCancel={onDone} loading={close.isPending}>
          {t('caller.close')}
        </FormEnd>
      </Stack>
    </form>
  )
}

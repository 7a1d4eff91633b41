import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import type { Heard } from '../../../contract/models/calls.ts'
import { textOf } from '../../i18n.ts'
import { DataTable, type Column } from '../../kit/DataTable.tsx'
import { useFormat } from '../../kit/format.ts'
import { IconEye } from '../../kit/icons.tsx'
import { Page } from '../../kit/Page.tsx'
import { Empty, Ready } from '../../kit/states.tsx'
import { useLiveEvents } from '../../live.ts'
import { usePurposeName } from '../../purposes.ts'
import { queryClient, useApi } from '../../queries.ts'

/** Who listened to the calls of the person signed in; a new line appears as it happens. */
export const HeardPage = () => {
  const { t } = useTranslation()
  const heard = useApi('GET /me/heard', { query: { limit: 200 } })
  useLiveEvents(({ type }) => {
    if (type === 'me.heard' || type === 'hello') void queryClient.invalidateQueries({ queryKey: ['GET /me/heard'] })
  })
  return (
    <Page title={t('heard.title')} lead={t('heard.lead')}>
      <Ready query={heard}>{({ items }) => <HeardTable rows={items} />}</Ready>
    </Page>
  )
}

const HeardTable = ({ rows }: { rows: Heard[] }) => {
  const { t } = useTranslation()
  const format = useFormat()
  const purposeName = usePurposeName()
  if (rows.length === 0)
    return (
      <Empty icon={<IconEye size={26} />} title={t('heard.empty')}>
        {t('heard.emptyHelp')}
      </Empty>
    )
  const columns: Column<Heard>[] = [
    { key: 'when', header: t('accesses.when'), main: true, cell: (r) => format.dateTime(r.at) },
    { key: 'who', header: t('accesses.who'), cell: (r) => r.who ?? t('accesses.token') },
    { key: 'role', header: t('heard.role'), cell: (r) => textOf(t, `people.roles.${r.role}`) ?? t('accesses.token') },
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
      key: 'call',
      header: t('accesses.call'),
      cell: (r) => (
        <Link to="/calls/$callId" params={{ callId: r.callId }}>
          {t('accesses.open')}
        </Link>
      ),
    },
  ]
  return <DataTable caption={t('heard.title')} columns={columns} rows={rows} rowKey={(r) => r.id} />
}

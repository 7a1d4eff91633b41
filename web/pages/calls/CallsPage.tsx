import { ActionIcon, Button, Group, Select, TextInput } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Call } from '../../../contract/models/calls.ts'
import { api, type Ask } from '../../api.ts'
import { DataTable, type Column } from '../../kit/DataTable.tsx'
import { submitting } from '../../kit/form.ts'
import { useFormat } from '../../kit/format.ts'
import { IconCalls, IconFlag, IconSearch, IconUpload, IconWarning } from '../../kit/icons.tsx'
import { Page } from '../../kit/Page.tsx'
import { Empty, ProblemNotice, Ready, Tag } from '../../kit/states.tsx'
import { useLiveEvents } from '../../live.ts'
import { usePurposeName } from '../../purposes.ts'
import { queryClient, useAct, useApi, useMay } from '../../queries.ts'
import styles from './calls.module.css'
import { StatusTag } from './status.tsx'
import { UploadDrawer } from './UploadDrawer.tsx'

type Filter = NonNullable<Ask<'GET /calls'>['query']>
const pageSize = 50

/** Calls within reach, live ones first; found by team, state, period or number. */
export const CallsPage = () => {
  const { t } = useTranslation()
  const [filter, setFilter] = useState<Filter>({ limit: pageSize })
  const [adding, setAdding] = useState(false)
  const query = useApi('GET /calls', { query: filter })
  const found = useAct('POST /calls/search')
  useLiveEvents((event) => {
    if (event.type !== 'hello') void queryClient.invalidateQueries({ queryKey: ['GET /calls'] })
  })
  const upload = useMay('calls.add') && (
    <Button leftSection={<IconUpload />} onClick={() => setAdding(true)}>
      {t('calls.add')}
    </Button>
  )
  return (
    <Page title={t('calls.title')} lead={t('calls.lead')} actions={upload}>
      <Filters
        filter={filter}
        onChange={setFilter}
        onSearch={(address) => (address ? found.mutate({ body: { address } }) : found.reset())}
      />
      {found.data ? (
        <>
          <Group>
            <Button variant="default" onClick={found.reset}>
              {t('calls.clearSearch')}
            </Button>
          </Group>
          <CallTable calls={found.data.items} />
        </>
      ) : (
        <Ready query={query}>
          {({ items, next }) =>
            items.length === 0 ? (
              <Empty icon={<IconCalls size={26} />} title={t('calls.empty')} action={upload}>
                {t('calls.emptyHelp')}
              </Empty>
            ) : (
              <Paged key={JSON.stringify(filter)} first={items} next={next} filter={filter} />
            )
          }
        </Ready>
      )}
      {adding && <UploadDrawer onClose={() => setAdding(false)} />}
    </Page>
  )
}

type FiltersProps = {
  filter: Filter
  onChange: (filter: Filter) => void
  onSearch: (address: string) => void
}

const Filters = ({ filter, onChange, onSearch }: FiltersProps) => {
  const { t } = useTranslation()
  const teams = useApi('GET /teams')
  const [address, setAddress] = useState('')
  const set = (part: Partial<Filter>): void => onChange({ ...filter, ...part })
  return (
    <div className={styles.filters}>
      <Select
        label={t('calls.stateColumn')}
        placeholder={t('common.all')}
        clearable
        data={(['live', 'sealed', 'not_recorded', 'failed'] as const).map((s) => ({
          value: s,
          label: t(`calls.state.${s}`),
        }))}
        value={filter.state ?? null}
        onChange={(v) => set({ state: (v ?? undefined) as Filter['state'] })}
      />
      <Select
        label={t('calls.directionLabel')}
        placeholder={t('common.all')}
        clearable
        data={(['inbound', 'outbound', 'internal'] as const).map((d) => ({
          value: d,
          label: t(`calls.direction.${d}`),
        }))}
        value={filter.direction ?? null}
        onChange={(v) => set({ direction: (v ?? undefined) as Filter['direction'] })}
      />
      <Select
        label={t('calls.team')}
        placeholder={t('common.all')}
        clearable
        searchable
        data={(teams.data?.items ?? []).map((team) => ({ value: team.id, label: team.name }))}
        value={filter.teamId ?? null}
        onChange={(v) => set({ teamId: v ?? undefined })}
      />
      <TextInput
        type="date"
        label={t('common.from')}
        onChange={(e) =>
          set({ from: e.currentTarget.value ? new Date(`${e.currentTarget.value}T00:00`).toISOString() : undefined })
        }
      />
      <Button
        variant={filter.difficult ? 'filled' : 'default'}
        aria-pressed={filter.difficult === 'true'}
        leftSection={<IconFlag />}
        onClick={() => set({ difficult: filter.difficult ? undefined : 'true' })}
      >
        {t('calls.difficult')}
      </Button>
      <form onSubmit={submitting(() => onSearch(address.trim()))}>
        <TextInput
          label={t('calls.findNumber')}
          placeholder="+39 02 …"
          minLength={3}
          value={address}
          onChange={(e) => setAddress(e.currentTarget.value)}
          rightSection={
            <ActionIcon type="submit" size="md" aria-label={t('common.search')}>
              <IconSearch />
            </ActionIcon>
          }
        />
      </form>
    </div>
  )
}

/** The first page follows live changes; further pages are added below it on demand. */
const Paged = ({ first, next, filter }: { first: Call[]; next: string | null; filter: Filter }) => {
  const { t } = useTranslation()
  const [more, setMore] = useState<{ items: Call[]; next: string | null } | null>(null)
  const [problem, setProblem] = useState<unknown>(null)
  const after = more ? more.next : next
  const load = async (): Promise<void> => {
    try {
      const page = await api('GET /calls', { query: { ...filter, after: after ?? undefined } })
      setMore({ items: [...(more?.items ?? []), ...page.items], next: page.next })
    } catch (error) {
      setProblem(error)
    }
  }
  const known = new Set(first.map((call) => call.id))
  return (
    <>
      <CallTable calls={[...first, ...(more?.items ?? []).filter((call) => !known.has(call.id))]} />
      <ProblemNotice problem={problem} />
      {after && (
        <Group justify="center">
          <Button variant="default" onClick={() => void load()}>
            {t('calls.more')}
          </Button>
        </Group>
      )}
    </>
  )
}

const CallTable = ({ calls }: { calls: Call[] }) => {
  const { t } = useTranslation()
  const format = useFormat()
  const purposeName = usePurposeName()
  if (calls.length === 0) return <Empty title={t('calls.notFound')}>{t('calls.notFoundHelp')}</Empty>
  const columns: Column<Call>[] = [
    {
      key: 'when',
      header: t('calls.when'),
      main: true,
      cell: (c) => (
        <Link to="/calls/$callId" params={{ callId: c.id }}>
          {format.dateTime(c.startedAt)}
        </Link>
      ),
    },
    { key: 'status', header: t('calls.recording'), cell: (c) => <StatusTag call={c} /> },
    {
      key: 'direction',
      header: t('calls.directionLabel'),
      cell: (c) => (c.direction ? t(`calls.direction.${c.direction}`) : '–'),
    },
    { key: 'queue', header: t('calls.queue'), cell: (c) => c.queue ?? '–' },
    { key: 'agent', header: t('calls.agent'), cell: (c) => c.agentName ?? '–' },
    { key: 'source', header: t('calls.source'), cell: (c) => t(`calls.protocol.${c.protocol}`) },
    { key: 'length', header: t('calls.length'), kind: 'end', cell: (c) => format.clock(c.durationMs) },
    {
      key: 'purposes',
      header: t('calls.purposes'),
      cell: (c) => c.purposes.map(purposeName).join(', ') || '–',
    },
    {
      key: 'flags',
      header: t('calls.flags'),
      cell: (c) =>
        (c.difficult || c.alerts.length > 0) && (
          <Group gap={4}>
            {c.difficult && (
              <Tag tone="warn" icon={<IconFlag />}>
                {t('calls.difficult')}
              </Tag>
            )}
            {c.alerts.length > 0 && (
              <Tag tone="bad" icon={<IconWarning />}>
                {t(`calls.alert.${c.alerts[0] ?? 'loss'}`)}
              </Tag>
            )}
          </Group>
        ),
    },
  ]
  return <DataTable caption={t('calls.title')} columns={columns} rows={calls} rowKey={(c) => c.id} />
}

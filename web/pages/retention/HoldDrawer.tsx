import { Drawer, Radio, Select, SimpleGrid, Stack, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Ask } from '../../api.ts'
import { FormEnd } from '../../kit/fields.tsx'
import { submitting } from '../../kit/form.ts'
import { Notice, ProblemNotice } from '../../kit/states.tsx'
import { useStaff } from '../policy/names.ts'
import { GroundsFields, noGrounds, usePlaceHold } from './HoldFields.tsx'
import styles from './retention.module.css'

type Covers = Ask<'POST /holds'>['body']['covers']
/** `from` and `to` are days of the person's own calendar; `to` is covered too. */
type Filters = { from: string; to: string; queue: string; agentId: string; teamId: string; direction: string }
const noFilters: Filters = { from: '', to: '', queue: '', agentId: '', teamId: '', direction: '' }

const momentOf = (day: string, later = 0): string => {
  const at = new Date(`${day}T00:00`)
  at.setDate(at.getDate() + later)
  return at.toISOString()
}

const queryOf = ({ from, to, queue, ...ids }: Filters): Covers => ({
  kind: 'query',
  ...(from && { from: momentOf(from) }),
  ...(to && { to: momentOf(to, 1) }),
  ...(queue.trim() && { queue: queue.trim() }),
  ...Object.fromEntries(Object.entries(ids).filter(([, id]) => id)),
})

/** Places a hold on a caller or on calls that match; what belongs to one call is held from its page. */
export const HoldDrawer = ({ onClose }: { onClose: () => void }) => {
  const { t } = useTranslation()
  const [kind, setKind] = useState<'caller' | 'query'>('caller')
  const [address, setAddress] = useState('')
  const [filters, setFilters] = useState(noFilters)
  const [grounds, setGrounds] = useState(noGrounds)
  const place = usePlaceHold(onClose)
  const anyFilter = Object.values(filters).some((value) => value.trim())
  const covers: Covers = kind === 'caller' ? { kind, address: address.trim() } : queryOf(filters)
  return (
    <Drawer opened onClose={onClose} title={t('retention.hold.place')}>
      <form onSubmit={submitting(() => place.mutate({ body: { covers, ...grounds } }))}>
        <Stack>
          <ProblemNotice problem={place.error} />
          <Radio.Group
            label={t('retention.hold.what')}
            value={kind}
            onChange={(value) => setKind(value as 'caller' | 'query')}
          >
            <Stack gap="xs" mt="xs">
              <Radio
                value="caller"
                label={t('retention.hold.byCaller')}
                description={t('retention.hold.byCallerHelp')}
              />
              <Radio value="query" label={t('retention.hold.byQuery')} description={t('retention.hold.byQueryHelp')} />
            </Stack>
          </Radio.Group>
          {kind === 'caller' ? (
            <TextInput
              label={t('retention.hold.address')}
              description={t('retention.hold.addressHelp')}
              placeholder="+39 02 …"
              required
              minLength={3}
              maxLength={200}
              autoComplete="off"
              value={address}
              onChange={(e) => setAddress(e.currentTarget.value)}
            />
          ) : (
            <FilterFields filters={filters} onChange={setFilters} />
          )}
          <GroundsFields grounds={grounds} onChange={setGrounds} />
          <Notice>{t('retention.hold.elsewhere')}</Notice>
          <FormEnd onCancel={onClose} loading={place.isPending} disabled={kind === 'query' && !anyFilter}>
            {t('retention.hold.place')}
          </FormEnd>
        </Stack>
      </form>
    </Drawer>
  )
}

const FilterFields = ({ filters, onChange }: { filters: Filters; onChange: (filters: Filters) => void }) => {
  const { t } = useTranslation()
  const { teams, people } = useStaff()
  const set = (part: Partial<Filters>): void => onChange({ ...filters, ...part })
  const list = (name: 'agentId' | 'teamId' | 'direction', data: { value: string; label: string }[]) => ({
    placeholder: t('common.all'),
    clearable: true,
    searchable: name !== 'direction',
    data,
    value: filters[name] || null,
    onChange: (value: string | null) => set({ [name]: value ?? '' }),
  })
  const named = (all: { id: string; name: string }[]) => all.map(({ id, name }) => ({ value: id, label: name }))
  const directions = (['inbound', 'outbound', 'internal'] as const).map((value) => ({
    value,
    label: t(`calls.direction.${value}`),
  }))
  return (
    <>
      <p className={styles.flat}>{t('retention.hold.filterNeeded')}</p>
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
        <TextInput
          type="date"
          label={t('common.from')}
          max={filters.to}
          value={filters.from}
          onChange={(e) => set({ from: e.currentTarget.value })}
        />
        <TextInput
          type="date"
          label={t('common.to')}
          min={filters.from}
          value={filters.to}
          onChange={(e) => set({ to: e.currentTarget.value })}
        />
        <TextInput
          label={t('calls.queue')}
          maxLength={120}
          value={filters.queue}
          onChange={(e) => set({ queue: e.currentTarget.value })}
        />
        <Select label={t('calls.directionLabel')} {...list('direction', directions)} />
        <Select label={t('calls.agent')} {...list('agentId', named(people))} />
        <Select label={t('calls.team')} {...list('teamId', named(teams))} />
      </SimpleGrid>
    </>
  )
}

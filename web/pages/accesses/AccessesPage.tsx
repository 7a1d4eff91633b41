import { Select, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Ask } from '../../api.ts'
import { Page } from '../../kit/Page.tsx'
import { Ready } from '../../kit/states.tsx'
import { usePurposeName, usePurposes } from '../../purposes.ts'
import { useApi } from '../../queries.ts'
import styles from '../calls/calls.module.css'
import { AccessRows } from './AccessTable.tsx'

type Search = NonNullable<Ask<'GET /accesses'>['query']>
const DAY_MS = 86_400_000

/** Every request to listen, allowed or refused, for the privacy officer: found by person, purpose and days; never counted. */
export const AccessesPage = () => {
  const { t } = useTranslation()
  const [search, setSearch] = useState<Search>({ limit: 200 })
  const found = useApi('GET /accesses', { query: search })
  return (
    <Page title={t('accesses.title')} lead={t('accesses.lead')}>
      <p className="quiet">{t('accesses.notForWork')}</p>
      <Filters search={search} onChange={setSearch} />
      <Ready query={found}>{({ items }) => <AccessRows rows={items} withCall />}</Ready>
    </Page>
  )
}

/** The instant a day of the calendar begins here; `plus` days later. */
const dayStart = (day: string, plus = 0): string | undefined =>
  day ? new Date(Date.parse(`${day}T00:00`) + plus * DAY_MS).toISOString() : undefined

const Filters = ({ search, onChange }: { search: Search; onChange: (search: Search) => void }) => {
  const { t } = useTranslation()
  const people = useApi('GET /people')
  const purposes = usePurposes().filter(({ material }) => material === 'original' || material === 'masked')
  const purposeName = usePurposeName()
  const set = (part: Partial<Search>): void => onChange({ ...search, ...part })
  return (
    <div className={styles.filters}>
      <Select
        label={t('accesses.who')}
        placeholder={t('common.all')}
        clearable
        searchable
        data={(people.data?.items ?? []).map((person) => ({ value: person.id, label: person.name }))}
        value={search.actorId ?? null}
        onChange={(v) => set({ actorId: v ?? undefined })}
      />
      <Select
        label={t('accesses.purpose')}
        placeholder={t('common.all')}
        clearable
        data={[...purposes.map((p) => p.key), 'rights'].map((p) => ({ value: p, label: purposeName(p) }))}
        value={search.purpose ?? null}
        onChange={(v) => set({ purpose: v ?? undefined })}
      />
      <TextInput
        type="date"
        label={t('common.from')}
        onChange={(e) => set({ from: dayStart(e.currentTarget.value) })}
      />
      <TextInput type="date" label={t('common.to')} onChange={(e) => set({ to: dayStart(e.currentTarget.value, 1) })} />
    </div>
  )
}

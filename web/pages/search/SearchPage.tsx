import { Button, Group } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { SearchHit } from '../../../contract/models/transcripts.ts'
import { IconSearch } from '../../kit/icons.tsx'
import { Page } from '../../kit/Page.tsx'
import { Empty, ProblemNotice } from '../../kit/states.tsx'
import { useReadablePurposes } from '../../purposes.ts'
import { useAct, useMe } from '../../queries.ts'
import { Fields } from './Fields.tsx'
import { askOf, blank, type Form, formOf } from './form.ts'
import { Results } from './Results.tsx'
import { SavedSearches } from './SavedSearches.tsx'
import { SaveSearch } from './SaveSearch.tsx'

/** Words in everything that was said, for one purpose, with quotes. */
export const SearchPage = () => {
  const { t } = useTranslation()
  const purposes = useReadablePurposes(useMe().role)
  return (
    <Page title={t('search.title')} lead={t('search.lead')}>
      {purposes.length === 0 ? (
        <Empty icon={<IconSearch size={26} />} title={t('search.noPurpose')}>
          {t('search.noPurposeHelp')}
        </Empty>
      ) : (
        <Search purposes={purposes.map(({ key }) => key)} />
      )}
    </Page>
  )
}

type Found = { items: SearchHit[]; next: string | null; purpose: string }
/** Where the page keeps what it shows while one of its results is looked at. In memory only. */
const lastKey = ['search page']

const Search = ({ purposes }: { purposes: string[] }) => {
  const { t } = useTranslation()
  const client = useQueryClient()
  const [last] = useState(() => client.getQueryData<{ form: Form; found: Found | null }>(lastKey))
  const [form, setForm] = useState<Form>(last?.form ?? { ...blank, purpose: purposes[0] ?? '' })
  const [found, setFound] = useState<Found | null>(last?.found ?? null)
  useEffect(() => void client.setQueryData(lastKey, { form, found }), [client, form, found])
  const act = useAct('POST /transcripts/search', { announceProblem: false })
  const look = (asked: Form, after: string | null): void =>
    act.mutate(
      { body: { ...askOf(asked), ...(after && { after }) } },
      {
        onSuccess: ({ items, next }) =>
          setFound((old) => ({
            items: after && old ? [...old.items, ...items] : items,
            next,
            purpose: asked.purpose,
          })),
      },
    )
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    look(form, null)
  }
  return (
    <>
      <search>
        <form onSubmit={submit} aria-label={t('search.title')}>
          <Fields form={form} purposes={purposes} onChange={(part) => setForm({ ...form, ...part })} />
          <Group mt={12}>
            <Button type="submit" leftSection={<IconSearch />} loading={act.isPending}>
              {t('search.go')}
            </Button>
            <SaveSearch ask={askOf(form)} />
          </Group>
        </form>
      </search>
      <SavedSearches
        onOpen={(ask) => {
          const asked = formOf(ask)
          setForm(asked)
          look(asked, null)
        }}
      />
      {act.error && <ProblemNotice problem={act.error} />}
      {found && <Results found={found} onMore={() => look(form, found.next)} busy={act.isPending} />}
    </>
  )
}

import { Button, Group, Select, TextInput } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { SearchHit, SpokenLanguage } from '../../../contract/models/transcripts.ts'
import { useFormat } from '../../kit/format.ts'
import { IconSearch } from '../../kit/icons.tsx'
import { Page, Section } from '../../kit/Page.tsx'
import { Empty, ProblemNotice } from '../../kit/states.tsx'
import { usePurposeName, useReadablePurposes } from '../../purposes.ts'
import { useAct, useMe } from '../../queries.ts'
import styles from './search.module.css'

const languages: SpokenLanguage[] = ['it', 'fr', 'en']
const speakers = ['agent', 'customer'] as const

type Form = {
  purpose: string
  text: string
  speaker: string
  language: string
  queue: string
  from: string
  to: string
}

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

const Search = ({ purposes }: { purposes: string[] }) => {
  const { t } = useTranslation()
  const [form, setForm] = useState<Form>({ ...blank, purpose: purposes[0] ?? '' })
  const [found, setFound] = useState<{ items: SearchHit[]; next: string | null } | null>(null)
  const act = useAct('POST /transcripts/search', { announceProblem: false })
  const look = (after: string | null): void =>
    act.mutate(
      { body: { ...askOf(form), ...(after && { after }) } },
      {
        onSuccess: ({ items, next }) =>
          setFound((last) => ({ items: after && last ? [...last.items, ...items] : items, next })),
      },
    )
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    look(null)
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
          </Group>
        </form>
      </search>
      {act.error && <ProblemNotice problem={act.error} />}
      {found && <Results found={found} onMore={() => look(found.next)} busy={act.isPending} />}
    </>
  )
}

const blank: Form = { purpose: '', text: '', speaker: '', language: '', queue: '', from: '', to: '' }

/** Days as they were typed are days where the person is. */
function askOf({ purpose, text, speaker, language, queue, from, to }: Form) {
  return {
    purpose,
    text,
    ...(speaker && { speaker: speaker as (typeof speakers)[number] }),
    ...(language && { language: language as SpokenLanguage }),
    ...(queue.trim() && { queue: queue.trim() }),
    ...(from && { from: new Date(`${from}T00:00:00`).toISOString() }),
    ...(to && { to: new Date(new Date(`${to}T00:00:00`).getTime() + 86_400_000).toISOString() }),
  }
}

type FieldsProps = { form: Form; purposes: string[]; onChange: (part: Partial<Form>) => void }

const Fields = ({ form, purposes, onChange }: FieldsProps) => {
  const { t } = useTranslation()
  const purposeName = usePurposeName()
  return (
    <>
      <TextInput
        label={t('search.words')}
        description={t('search.wordsHelp')}
        required
        maxLength={400}
        value={form.text}
        onChange={(event) => onChange({ text: event.currentTarget.value })}
      />
      <div className={styles.filters}>
        <Select
          label={t('search.purpose')}
          data={purposes.map((key) => ({ value: key, label: purposeName(key) }))}
          value={form.purpose}
          onChange={(purpose) => onChange({ purpose: purpose ?? '' })}
          allowDeselect={false}
        />
        <Select
          label={t('search.speaker')}
          placeholder={t('search.anyone')}
          data={speakers.map((role) => ({ value: role, label: t(`calls.role.${role}`) }))}
          value={form.speaker || null}
          onChange={(speaker) => onChange({ speaker: speaker ?? '' })}
          clearable
        />
        <Select
          label={t('search.language')}
          placeholder={t('search.anyLanguage')}
          data={languages.map((language) => ({ value: language, label: t(`spoken.${language}`) }))}
          value={form.language || null}
          onChange={(language) => onChange({ language: language ?? '' })}
          clearable
        />
        <TextInput
          label={t('search.queue')}
          maxLength={120}
          value={form.queue}
          onChange={(event) => onChange({ queue: event.currentTarget.value })}
        />
        <TextInput
          type="date"
          label={t('search.from')}
          value={form.from}
          onChange={(event) => onChange({ from: event.currentTarget.value })}
        />
        <TextInput
          type="date"
          label={t('search.to')}
          value={form.to}
          onChange={(event) => onChange({ to: event.currentTarget.value })}
        />
      </div>
    </>
  )
}

type ResultsProps = { found: { items: SearchHit[]; next: string | null }; onMore: () => void; busy: boolean }

const Results = ({ found: { items, next }, onMore, busy }: ResultsProps) => {
  const { t } = useTranslation()
  const format = useFormat()
  if (items.length === 0 && !next)
    return (
      <Empty icon={<IconSearch size={26} />} title={t('search.none')}>
        {t('search.noneHelp')}
      </Empty>
    )
  return (
    <Section title={t('search.results')}>
      <ol className={styles.hits}>
        {items.map((hit) => (
          <li key={`${hit.callId} ${hit.index}`}>
            <div className={styles.where}>
              <Link to="/calls/$callId" params={{ callId: hit.callId }}>
                {t('search.call', { when: format.dateTime(hit.startedAt) })}
              </Link>
              <span className="quiet">
                {[hit.queue, t(`calls.role.${hit.role}`), format.clock(hit.fromMs)].filter(Boolean).join(' · ')}
              </span>
            </div>
            <p lang={hit.language}>
              {hit.quote.map((part, i) =>
                // oxlint-disable-next-line react/no-array-index-key -- the parts of a quote never change
                part.found ? <mark key={i}>{part.text}</mark> : <span key={i}>{part.text}</span>,
              )}
            </p>
          </li>
        ))}
      </ol>
      {next && (
        <Button variant="default" onClick={onMore} loading={busy}>
          {t('search.more')}
        </Button>
      )}
    </Section>
  )
}

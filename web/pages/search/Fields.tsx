import { Checkbox, NumberInput, SegmentedControl, Select, TextInput } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { useFormat } from '../../kit/format.ts'
import { reachOf } from '../../../contract/permissions.ts'
import { usePurposeName } from '../../purposes.ts'
import { useApi, useMay, useMe } from '../../queries.ts'
import { useStaff } from '../policy/names.ts'
import type { Form } from './form.ts'
import styles from './search.module.css'

const languages = ['it', 'fr', 'en'] as const
const speakers = ['agent', 'customer'] as const
const directions = ['inbound', 'outbound', 'internal'] as const

type FieldsProps = { form: Form; purposes: string[]; onChange: (part: Partial<Form>) => void }

/** What to look for, and in which calls. */
export const Fields = ({ form, purposes, onChange }: FieldsProps) => {
  const { t } = useTranslation()
  const purposeName = usePurposeName()
  // A search that was saved for another purpose keeps it: the server says that it may not be used.
  const known = purposes.includes(form.purpose) ? purposes : [...purposes, form.purpose]
  const { by } = form
  const ways = useApi('GET /transcripts/search').data?.by ?? ['words']
  return (
    <>
      {(ways.length > 1 || by === 'meaning') && (
        <SegmentedControl
          mb={12}
          aria-label={t('search.by')}
          data={(['words', 'meaning'] as const).map((way) => ({ value: way, label: t(`search.ways.${way}`) }))}
          value={by}
          onChange={(way) => onChange({ by: way as Form['by'] })}
        />
      )}
      <TextInput
        label={t(by === 'meaning' ? 'search.sentence' : 'search.words')}
        description={t(by === 'meaning' ? 'search.sentenceHelp' : 'search.wordsHelp')}
        required
        maxLength={400}
        value={form.text}
        onChange={(event) => onChange({ text: event.currentTarget.value })}
      />
      <div className={styles.filters}>
        <Select
          label={t('search.purpose')}
          data={known.map((key) => ({ value: key, label: purposeName(key) }))}
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
        <CallFields form={form} onChange={onChange} />
        <StaffFields form={form} onChange={onChange} />
      </div>
    </>
  )
}

const CallFields = ({ form, onChange }: Omit<FieldsProps, 'purposes'>) => {
  const { t } = useTranslation()
  const { decimal } = useFormat()
  const minutes = (name: 'longer' | 'shorter') => ({
    label: t(`search.${name}`),
    min: 0,
    max: 1440,
    decimalScale: 2,
    decimalSeparator: decimal,
    value: form[name],
    onChange: (value: string | number) => onChange({ [name]: String(value) }),
  })
  return (
    <>
      <TextInput
        label={t('search.queue')}
        maxLength={120}
        value={form.queue}
        onChange={(event) => onChange({ queue: event.currentTarget.value })}
      />
      <Select
        label={t('search.direction')}
        placeholder={t('search.any')}
        data={directions.map((direction) => ({ value: direction, label: t(`calls.direction.${direction}`) }))}
        value={form.direction || null}
        onChange={(direction) => onChange({ direction: direction ?? '' })}
        clearable
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
      <NumberInput {...minutes('longer')} />
      <NumberInput {...minutes('shorter')} />
      <Checkbox
        className={styles.check ?? ''}
        label={t('search.onlyDifficult')}
        checked={form.difficult}
        onChange={(event) => onChange({ difficult: event.currentTarget.checked })}
      />
    </>
  )
}

/** Whose calls, for those who reach more than their own. */
const StaffFields = ({ form, onChange }: Omit<FieldsProps, 'purposes'>) => {
  const { t } = useTranslation()
  const me = useMe()
  const maySeePeople = useMay('people.read')
  const { teams, people } = useStaff()
  const reach = reachOf[me.role]
  if (reach === 'own') return null
  const mine = (team: string): boolean => reach === 'all' || me.teams.includes(team)
  const agents = people.filter((person) => person.role === 'agent' && (reach === 'all' || person.teams.some(mine)))
  return (
    <>
      <Select
        label={t('calls.team')}
        placeholder={t('search.any')}
        data={options(
          teams.filter(({ id }) => mine(id)),
          form.teamId,
          t('policy.unknownTeam'),
        )}
        value={form.teamId || null}
        onChange={(teamId) => onChange({ teamId: teamId ?? '' })}
        searchable
        clearable
      />
      {(maySeePeople || form.agentId !== '') && (
        <Select
          label={t('calls.agent')}
          placeholder={t('search.anyone')}
          data={options(agents, form.agentId, t('policy.unknownAgent'))}
          value={form.agentId || null}
          onChange={(agentId) => onChange({ agentId: agentId ?? '' })}
          searchable
          clearable
        />
      )}
    </>
  )
}

/** What may be chosen, and what was chosen in a search that was saved by somebody who sees more. */
function options(known: readonly { id: string; name: string }[], chosen: string, stranger: string) {
  const all = known.map(({ id, name }) => ({ value: id, label: name }))
  return chosen === '' || known.some(({ id }) => id === chosen) ? all : [...all, { value: chosen, label: stranger }]
}

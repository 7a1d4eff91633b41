import { Select, SimpleGrid, TextInput } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { CallCircumstances, CaptureProtocol } from '../../../contract/models/policy.ts'
import { CountrySelect } from '../../kit/CountrySelect.tsx'
import { directions, protocols, type CallDirection } from './ConditionFields.tsx'
import type { Staff } from './names.ts'
import styles from './policy.module.css'

type Props = { value: CallCircumstances; set: (part: Partial<CallCircumstances>) => void; staff: Staff }

/** Local wall time for `<input type="datetime-local">`. */
const localTime = (at: string): string => {
  const date = new Date(at)
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}

/** The facts a policy decides on. Choosing an agent fills in their teams and country. */
export const CircumstanceFields = ({ value, set, staff }: Props) => {
  const { t } = useTranslation()
  const chooseAgent = (id: string | null): void => {
    const person = staff.people.find((one) => one.id === id)
    set({ agentId: id, ...(person && { teamIds: person.teams, agentCountry: person.country }) })
  }
  return (
    <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm" verticalSpacing="sm">
      <Select<CallDirection>
        label={t('policy.circumstances.direction')}
        data={directions.map((direction) => ({ value: direction, label: t(`policy.directions.${direction}`) }))}
        clearable
        value={value.direction}
        onChange={(direction) => set({ direction })}
      />
      <TextInput
        label={t('policy.circumstances.queue')}
        maxLength={120}
        value={value.queue ?? ''}
        onChange={(e) => set({ queue: e.currentTarget.value === '' ? null : e.currentTarget.value })}
      />
      <Select
        label={t('people.roles.agent')}
        data={staff.people.map(({ id, name }) => ({ value: id, label: name }))}
        searchable
        clearable
        value={value.agentId}
        onChange={chooseAgent}
      />
      <Select
        label={t('policy.circumstances.team')}
        data={staff.teams.map(({ id, name }) => ({ value: id, label: name }))}
        clearable
        value={value.teamIds[0] ?? null}
        onChange={(id) => set({ teamIds: id ? [id] : [] })}
      />
      <CountrySelect
        label={t('policy.conditions.callerCountries')}
        value={value.callerCountry}
        onChange={(callerCountry) => set({ callerCountry })}
      />
      <CountrySelect
        label={t('policy.conditions.agentCountries')}
        value={value.agentCountry}
        onChange={(agentCountry) => set({ agentCountry })}
      />
      <Select<CaptureProtocol>
        className={styles.wide ?? ''}
        label={t('policy.circumstances.protocol')}
        data={protocols.map((name) => ({ value: name, label: t(`sources.protocols.${name}`) }))}
        allowDeselect={false}
        value={value.protocol}
        onChange={(protocol) => protocol && set({ protocol })}
      />
      <TextInput
        className={styles.wide ?? ''}
        type="datetime-local"
        label={t('policy.circumstances.startedAt')}
        value={localTime(value.startedAt)}
        onChange={(e) => e.currentTarget.value && set({ startedAt: new Date(e.currentTarget.value).toISOString() })}
      />
    </SimpleGrid>
  )
}

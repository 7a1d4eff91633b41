import { Chip, Group, Input, MultiSelect, TagsInput } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { CaptureProtocol, RuleConditions } from '../../../contract/models/policy.ts'
import { countryChoices } from '../../kit/countries.ts'
import { HoursFields } from './HoursFields.tsx'
import type { Staff } from './names.ts'
import styles from './policy.module.css'
import type { FieldsProps } from './RuleEditor.tsx'

export type CallDirection = RuleConditions['directions'][number]
export const directions: CallDirection[] = ['inbound', 'outbound', 'internal']
export const protocols: CaptureProtocol[] = ['siprec', 'audiohook', 'twilio', 'stream', 'audiosocket', 'upload', 'vcon']

/** Which calls the rule is about. Everything left empty matches every call. */
export const ConditionFields = ({ rule, change, wrong, staff }: FieldsProps & { staff: Staff }) => {
  const { t } = useTranslation()
  const { when } = rule
  const set = (part: Partial<RuleConditions>): void => change({ when: { ...when, ...part } })
  const countries = countryChoices(staff.names.format)
  return (
    <fieldset className={styles.fieldset}>
      <legend>{t('policy.editor.when')}</legend>
      <p className="quiet small">{t('policy.editor.whenHelp')}</p>
      <Input.Wrapper label={t('policy.conditions.directions')} labelElement="div">
        <Chip.Group
          multiple
          value={when.directions}
          onChange={(chosen: string[]) => set({ directions: chosen as CallDirection[] })}
        >
          <Group gap="xs">
            {directions.map((direction) => (
              <Chip key={direction} value={direction} variant="outline" size="sm">
                {t(`policy.directions.${direction}`)}
              </Chip>
            ))}
          </Group>
        </Chip.Group>
      </Input.Wrapper>
      <TagsInput
        label={t('policy.conditions.queues')}
        description={t('policy.editor.queuesHelp')}
        acceptValueOnBlur
        value={when.queues}
        onChange={(queues) => set({ queues })}
      />
      <MultiSelect
        label={t('policy.conditions.teams')}
        data={staff.teams.map(({ id, name }) => ({ value: id, label: name }))}
        value={when.teams}
        onChange={(teams) => set({ teams })}
      />
      <MultiSelect
        label={t('policy.conditions.agents')}
        searchable
        data={staff.people.map(({ id, name }) => ({ value: id, label: name }))}
        value={when.agents}
        onChange={(agents) => set({ agents })}
      />
      <MultiSelect
        label={t('policy.conditions.callerCountries')}
        searchable
        data={countries}
        value={when.callerCountries}
        onChange={(callerCountries) => set({ callerCountries })}
      />
      <MultiSelect
        label={t('policy.conditions.agentCountries')}
        searchable
        data={countries}
        value={when.agentCountries}
        onChange={(agentCountries) => set({ agentCountries })}
      />
      <MultiSelect<CaptureProtocol>
        label={t('policy.conditions.protocols')}
        data={protocols.map((value) => ({ value, label: t(`sources.protocols.${value}`) }))}
        value={when.protocols}
        onChange={(chosen) => set({ protocols: chosen })}
      />
      <HoursFields hours={when.hours} wrong={wrong} onChange={(hours) => set({ hours })} />
    </fieldset>
  )
}

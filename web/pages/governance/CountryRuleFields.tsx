import { Button, Checkbox, Select, TextInput } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { CountryRule, Span } from '../../../contract/models/retention.ts'
import { CountrySelect } from '../../kit/CountrySelect.tsx'
import { useFormat } from '../../kit/format.ts'
import styles from './governance.module.css'
import type { PartProps } from './PurposeEditor.tsx'
import { SpanInput } from './SpanInput.tsx'

type Props = {
  rule: CountryRule
  /** As elsewhere. */
  keep: Span
  onChange: (rule: CountryRule) => void
  onRemove: () => void
}
const confirmations = ['asElsewhere', 'yes', 'no'] as const
type Confirmation = (typeof confirmations)[number]

/** Countries whose rules differ, and a way to add one. */
export const CountryRules = ({ draft, change }: PartProps) => {
  const { t } = useTranslation()
  const { countries, keep } = draft
  const add = (country: string | null): void => {
    if (!country || countries.some((rule) => rule.country === country)) return
    change({ countries: [...countries, { country, keep: null, audio: null, confirmationEnds: null, text: '' }] })
  }
  return (
    <>
      {countries.map((rule) => (
        <CountryRuleFields
          key={rule.country}
          rule={rule}
          keep={keep}
          onChange={(next) =>
            change({ countries: countries.map((old) => (old.country === rule.country ? next : old)) })
          }
          onRemove={() => change({ countries: countries.filter((old) => old.country !== rule.country) })}
        />
      ))}
      <CountrySelect label={t('governance.purposes.addCountry')} value={null} onChange={add} />
    </>
  )
}

/** What differs in one country. */
const CountryRuleFields = ({ rule, keep, onChange, onRemove }: Props) => {
  const { t } = useTranslation()
  const format = useFormat()
  const parts = [
    { part: 'keep', own: t('governance.purposes.ownKeep'), label: t('governance.purposes.keep') },
    { part: 'audio', own: t('governance.purposes.ownAudio'), label: t('governance.purposes.audio') },
  ] as const
  return (
    <fieldset className={styles.part}>
      <legend>{format.country(rule.country)}</legend>
      {parts.map(({ part, own, label }) => {
        const span = rule[part]
        return (
          <div key={part}>
            <Checkbox
              label={own}
              checked={span !== null}
              onChange={(e) => onChange({ ...rule, [part]: e.currentTarget.checked ? keep : null })}
            />
            {span && <SpanInput label={label} value={span} onChange={(next) => onChange({ ...rule, [part]: next })} />}
          </div>
        )
      })}
      <Select<Confirmation>
        label={t('governance.purposes.ownConfirmation')}
        data={confirmations.map((one) => ({ value: one, label: t(`governance.purposes.confirm.${one}`) }))}
        allowDeselect={false}
        value={rule.confirmationEnds === null ? 'asElsewhere' : rule.confirmationEnds ? 'yes' : 'no'}
        onChange={(one) => onChange({ ...rule, confirmationEnds: one === 'asElsewhere' ? null : one === 'yes' })}
      />
      <TextInput
        label={t('governance.purposes.ruleText')}
        maxLength={500}
        value={rule.text}
        onChange={(e) => onChange({ ...rule, text: e.currentTarget.value })}
      />
      <Button variant="default" size="xs" onClick={onRemove}>
        {t('governance.purposes.removeCountry', { country: format.country(rule.country) })}
      </Button>
    </fieldset>
  )
}

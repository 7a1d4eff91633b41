import { Checkbox, TextInput } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { CountryRule, Span } from '../../../contract/models/retention.ts'
import { useFormat } from '../../kit/format.ts'
import styles from './governance.module.css'
import { SpanInput } from './SpanInput.tsx'

type Props = { rule: CountryRule; /** As elsewhere. */ keep: Span; onChange: (rule: CountryRule) => void }

/** What differs in one country. */
export const CountryRuleFields = ({ rule, keep, onChange }: Props) => {
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
      <TextInput
        label={t('governance.purposes.ruleText')}
        maxLength={500}
        value={rule.text}
        onChange={(e) => onChange({ ...rule, text: e.currentTarget.value })}
      />
    </fieldset>
  )
}

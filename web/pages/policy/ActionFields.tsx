import { NumberInput, Radio, Stack } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { RuleAction } from '../../../contract/models/policy.ts'
import { useFormat } from '../../kit/format.ts'
import styles from './policy.module.css'
import type { FieldsProps } from './RuleEditor.tsx'
import { templateKinds } from './templates.ts'

const actionOf = (kind: string, percent: number): RuleAction =>
  kind === 'random' ? { kind, percent } : { kind: kind as Exclude<RuleAction['kind'], 'random'> }

/** What happens to the calls of the rule. */
export const ActionFields = ({ rule, change, wrong }: FieldsProps) => {
  const { t } = useTranslation()
  const { decimal } = useFormat()
  const percent = rule.action.kind === 'random' ? rule.action.percent : 5
  return (
    <fieldset className={styles.fieldset}>
      <legend>{t('policy.editor.action')}</legend>
      <Radio.Group
        aria-label={t('policy.editor.action')}
        value={rule.action.kind}
        onChange={(kind) => change({ action: actionOf(kind, percent) })}
      >
        <Stack gap={2}>
          {templateKinds.map((kind) => (
            <Radio.Card key={kind} value={kind} className={styles.radio ?? ''}>
              <Radio.Indicator />
              <span>
                <strong>{t(`policy.actions.${kind}`)}</strong>
                <span className="quiet">{t(`policy.actionHelp.${kind}`)}</span>
              </span>
            </Radio.Card>
          ))}
        </Stack>
      </Radio.Group>
      {rule.action.kind === 'random' && (
        <NumberInput
          label={t('policy.editor.percent')}
          description={t('policy.editor.percentHelp')}
          min={0}
          max={100}
          decimalScale={2}
          decimalSeparator={decimal}
          allowedDecimalSeparators={[',', '.']}
          suffix=" %"
          maw={260}
          value={rule.action.percent}
          onChange={(value) => change({ action: { kind: 'random', percent: Number(value) } })}
          error={wrong('percent')}
        />
      )}
    </fieldset>
  )
}

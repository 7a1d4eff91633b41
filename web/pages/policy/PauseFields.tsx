import { Checkbox, Group, NumberInput, Stack } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { PauseRule } from '../../../contract/models/policy.ts'
import { useFormat } from '../../kit/format.ts'
import styles from './policy.module.css'
import type { FieldsProps } from './RuleEditor.tsx'

/** Who may pause the recording, and how it goes on. */
export const PauseFields = ({ rule, change, wrong }: FieldsProps) => {
  const { t } = useTranslation()
  const { decimal } = useFormat()
  const set = (part: Partial<PauseRule>): void => change({ pause: { ...rule.pause, ...part } })
  return (
    <fieldset className={styles.fieldset}>
      <legend>{t('policy.editor.pause')}</legend>
      <Stack gap="xs">
        {(['agent', 'platform', 'detector'] as const).map((who) => (
          <Checkbox
            key={who}
            label={t(`policy.pausers.${who}`)}
            checked={rule.pause[who]}
            onChange={(e) => set({ [who]: e.currentTarget.checked })}
          />
        ))}
      </Stack>
      <Group align="flex-start" grow>
        <NumberInput
          label={t('policy.editor.resume')}
          description={t('policy.editor.resumeHelp')}
          min={0}
          max={3600}
          allowDecimal={false}
          suffix=" s"
          value={rule.pause.autoResumeSeconds}
          onChange={(value) => set({ autoResumeSeconds: Number(value) })}
          error={wrong('resume')}
        />
        <NumberInput
          label={t('policy.editor.reachBack')}
          description={t('policy.editor.reachBackHelp')}
          min={0}
          max={5}
          step={0.5}
          decimalSeparator={decimal}
          allowedDecimalSeparators={[',', '.']}
          suffix=" s"
          value={rule.pause.reachBackSeconds}
          onChange={(value) => set({ reachBackSeconds: Number(value) })}
          error={wrong('reachBack')}
        />
      </Group>
    </fieldset>
  )
}

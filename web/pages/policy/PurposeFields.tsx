import { Checkbox, Radio, Select, Stack, Textarea } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { LegalBasis, PolicyRule, PurposeKey } from '../../../contract/models/policy.ts'
import { legalBases } from '../../../contract/rules.ts'
import styles from './policy.module.css'
import type { FieldsProps } from './RuleEditor.tsx'

const purposes: PurposeKey[] = ['evidence', 'training', 'analytics', 'assist']

/** Why the call is recorded: purposes, legal basis, and the caller's say. */
export const PurposeFields = ({ rule, change, wrong }: FieldsProps) => {
  const { t } = useTranslation()
  return (
    <fieldset className={styles.fieldset}>
      <legend>{t('policy.editor.why')}</legend>
      <Checkbox.Group<PurposeKey>
        label={t('policy.editor.purposes')}
        value={rule.purposes}
        onChange={(chosen) => change({ purposes: chosen })}
        error={wrong('purposes')}
      >
        <Stack gap="xs" my={6}>
          {purposes.map((purpose) => (
            <Checkbox
              key={purpose}
              value={purpose}
              label={t(`policy.purposeNames.${purpose}`)}
              description={t(`policy.purposeHelp.${purpose}`)}
            />
          ))}
        </Stack>
      </Checkbox.Group>
      <Select<LegalBasis>
        label={t('policy.editor.basis')}
        description={rule.action.kind === 'all' ? t('policy.editor.basisAll') : t('policy.editor.basisHelp')}
        data={legalBases.map((basis) => ({ value: basis, label: t(`policy.basisNames.${basis}`) }))}
        clearable
        value={rule.legalBasis}
        onChange={(legalBasis) => change({ legalBasis })}
        error={wrong('legalBasis')}
      />
      <Textarea
        label={t('policy.editor.legalText')}
        description={t('policy.editor.legalTextHelp')}
        maxLength={500}
        autosize
        minRows={2}
        value={rule.legalText}
        onChange={(e) => change({ legalText: e.currentTarget.value })}
      />
      <Radio.Group
        label={t('policy.editor.consent')}
        value={rule.consent}
        onChange={(consent) => change({ consent: consent as PolicyRule['consent'] })}
      >
        <Stack gap="xs" mt={6}>
          <Radio value="objection" label={t('policy.consent.objection')} />
          <Radio value="opt_in" label={t('policy.consent.opt_in')} />
        </Stack>
      </Radio.Group>
    </fieldset>
  )
}

import { Checkbox, Radio, Select, Stack, Textarea } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { LegalBasis, PolicyRule } from '../../../contract/models/policy.ts'
import type { PurposeKey } from '../../../contract/models/common.ts'
import { legalBases } from '../../../contract/rules.ts'
import { textOf } from '../../i18n.ts'
import { usePurposeName, usePurposes } from '../../purposes.ts'
import styles from './policy.module.css'
import type { FieldsProps } from './RuleEditor.tsx'

/** Why the call is recorded: purposes, legal basis, and the caller's say. */
export const PurposeFields = ({ rule, change, wrong }: FieldsProps) => {
  const { t } = useTranslation()
  const purposes = useChoices(rule.purposes)
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
          {purposes.map(({ key, label, help }) => (
            <Checkbox key={key} value={key} label={label} description={help} />
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

type Choice = { key: PurposeKey; label: string; help: string }

/** The purposes of the register that are switched on, and those the rule names although they are not. */
const useChoices = (named: readonly PurposeKey[]): Choice[] => {
  const { t } = useTranslation()
  const known = usePurposes()
  const name = usePurposeName()
  const offered = known.filter(({ key, active }) => active || named.includes(key))
  const gone = named.filter((key) => !known.some((one) => one.key === key))
  return [
    ...offered.map(({ key, material, active }) => ({
      key,
      label: textOf(t, `policy.purposeNames.${key}`) ?? name(key),
      help: active
        ? (textOf(t, `policy.purposeHelp.${key}`) ?? t(`governance.purposes.materials.${material}`))
        : t('governance.purposes.inactive'),
    })),
    ...gone.map((key) => ({ key, label: key, help: t('policy.warnings.unknown_purpose', { purpose: key }) })),
  ]
}

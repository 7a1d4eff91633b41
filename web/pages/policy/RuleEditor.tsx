import { Drawer, Stack, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { PolicyRule } from '../../../contract/models/policy.ts'
import { FormEnd } from '../../kit/fields.tsx'
import { submitting } from '../../kit/form.ts'
import { Notice } from '../../kit/states.tsx'
import { ActionFields } from './ActionFields.tsx'
import { ConditionFields } from './ConditionFields.tsx'
import type { Staff } from './names.ts'
import { PauseFields } from './PauseFields.tsx'
import styles from './policy.module.css'
import { PurposeFields } from './PurposeFields.tsx'
import { wrongIn, type Field } from './validate.ts'
import { nameInWords, ruleInWords } from './words.ts'

type Props = { rule: PolicyRule; staff: Staff; onKeep: (rule: PolicyRule) => void; onClose: () => void }

export type FieldsProps = {
  rule: PolicyRule
  change: (part: Partial<PolicyRule>) => void
  /** The message beside a field, once saving was tried. */
  wrong: (field: Field) => string | undefined
}

/** Edits one rule; the plain words follow every change. Nothing is in force until the draft is published. */
export const RuleEditor = ({ rule: start, staff, onKeep, onClose }: Props) => {
  const { t } = useTranslation()
  const [rule, setRule] = useState(start)
  const [tried, setTried] = useState(false)
  const found = wrongIn(rule)
  const isWrong = Object.keys(found).length > 0
  const fields: FieldsProps = {
    rule,
    change: (part) => setRule({ ...rule, ...part }),
    wrong: (field) => (tried && found[field] ? t(`policy.wrong.${field}`) : undefined),
  }
  const keep = (): void => {
    setTried(true)
    if (!isWrong) onKeep(tidy(rule))
  }
  return (
    <Drawer
      opened
      onClose={onClose}
      size={640}
      title={t('policy.editor.title')}
      classNames={{ body: styles.drawer ?? '' }}
    >
      <form onSubmit={submitting(keep)} noValidate>
        <Stack gap="lg">
          <TextInput
            label={t('policy.editor.name')}
            data-autofocus
            maxLength={120}
            value={nameInWords(rule.name, t)}
            onChange={(e) => fields.change({ name: e.currentTarget.value })}
            error={fields.wrong('name')}
          />
          <ActionFields {...fields} />
          {rule.action.kind !== 'never' && <PurposeFields {...fields} />}
          <ConditionFields {...fields} staff={staff} />
          {rule.action.kind !== 'never' && <PauseFields {...fields} />}
        </Stack>
        <div className={styles.editorFoot}>
          {tried && isWrong && <Notice tone="bad">{t('policy.editor.wrong')}</Notice>}
          <p className={styles.preview} aria-live="polite">
            {ruleInWords(rule, t, staff.names)}
          </p>
          <FormEnd onCancel={onClose}>{t('policy.editor.keep')}</FormEnd>
        </div>
      </form>
    </Drawer>
  )
}

/** A rule that records nothing has neither purposes nor basis. */
const tidy = (rule: PolicyRule): PolicyRule =>
  rule.action.kind === 'never'
    ? { ...rule, name: rule.name.trim(), purposes: [], legalBasis: null }
    : { ...rule, name: rule.name.trim() }

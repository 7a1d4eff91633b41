import { Checkbox, Drawer, MultiSelect, Select, Stack, Switch, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { LegalBasis } from '../../../contract/models/policy.ts'
import type { Material, PurposeEntry } from '../../../contract/models/retention.ts'
import { type Role, roles } from '../../../contract/permissions.ts'
import { builtInPurposes, legalBases } from '../../../contract/rules.ts'
import { currentLocale } from '../../i18n.ts'
import { FormEnd } from '../../kit/fields.tsx'
import { submitting } from '../../kit/form.ts'
import { CountryRules } from './CountryRuleFields.tsx'
import { keyFor } from './draft.ts'
import styles from './governance.module.css'
import { SpanInput } from './SpanInput.tsx'
import { AiFields, WordFields } from './WordFields.tsx'

type Props = {
  entry: PurposeEntry
  /** Keys that a new purpose cannot have. */
  taken: readonly string[]
  onKeep: (entry: PurposeEntry) => void
  onClose: () => void
}
export type PartProps = { draft: PurposeEntry; change: (part: Partial<PurposeEntry>) => void }

const materials: Material[] = ['original', 'masked', 'text']

/** Changes a purpose in the draft, or adds one; nothing is published here. */
export const PurposeEditor = ({ entry, taken, onKeep, onClose }: Props) => {
  const { t } = useTranslation()
  const [draft, setDraft] = useState(entry)
  const change = (part: Partial<PurposeEntry>): void => setDraft({ ...draft, ...part })
  const locale = currentLocale()
  const isNew = entry.key === ''
  const save = (): void => {
    onKeep(isNew ? { ...draft, key: keyFor(draft.name.en || draft.name[locale], taken) } : draft)
    onClose()
  }
  const title = isNew ? t('governance.purposes.newTitle') : t('common.editOf', { name: entry.name[locale] })
  return (
    <Drawer opened onClose={onClose} title={title} size="lg">
      <form onSubmit={submitting(save)}>
        <Stack>
          <Switch
            label={t('governance.purposes.active')}
            description={t('governance.purposes.activeHelp')}
            checked={draft.active}
            onChange={(e) => change({ active: e.currentTarget.checked })}
          />
          {!builtInPurposes.includes(entry.key) && <MaterialField draft={draft} change={change} />}
          <WordFields draft={draft} change={change} />
          <LawFields draft={draft} change={change} />
          <TermFields draft={draft} change={change} />
          <fieldset className={styles.part}>
            <legend>{t('governance.purposes.usersTitle')}</legend>
            <MultiSelect<Role>
              label={t('governance.purposes.audience')}
              description={builtInPurposes.includes(entry.key) ? undefined : t('governance.purposes.watching')}
              data={roles.map((role) => ({ value: role, label: t(`people.roles.${role}`) }))}
              value={draft.audience}
              onChange={(audience) => change({ audience })}
            />
            <AiFields draft={draft} change={change} />
          </fieldset>
          <CountryRules draft={draft} change={change} />
          <FormEnd onCancel={onClose}>{t('governance.purposes.keepDraft')}</FormEnd>
        </Stack>
      </form>
    </Drawer>
  )
}

const MaterialField = ({ draft, change }: PartProps) => {
  const { t } = useTranslation()
  return (
    <Select<Material>
      label={t('governance.purposes.materialAsk')}
      data={materials.map((material) => ({ value: material, label: t(`governance.purposes.materials.${material}`) }))}
      allowDeselect={false}
      value={draft.material}
      onChange={(material) => material && change({ material })}
    />
  )
}

const LawFields = ({ draft, change }: PartProps) => {
  const { t } = useTranslation()
  return (
    <fieldset className={styles.part}>
      <legend>{t('governance.purposes.lawTitle')}</legend>
      <Select<LegalBasis>
        label={t('governance.purposes.basis')}
        data={legalBases.map((basis) => ({ value: basis, label: t(`policy.basisNames.${basis}`) }))}
        allowDeselect={false}
        value={draft.legalBasis}
        onChange={(legalBasis) => legalBasis && change({ legalBasis })}
      />
      <TextInput
        label={t('governance.purposes.basisText')}
        maxLength={500}
        value={draft.legalText}
        onChange={(e) => change({ legalText: e.currentTarget.value })}
      />
      <TextInput
        type="url"
        label={t('governance.purposes.iri')}
        description={t('governance.purposes.iriHelp')}
        placeholder="https://w3id.org/dpv#DisputeManagement"
        required
        maxLength={300}
        value={draft.iri}
        onChange={(e) => change({ iri: e.currentTarget.value })}
      />
    </fieldset>
  )
}

/** How long, up to which ceiling, and what ends it sooner. */
const TermFields = ({ draft, change }: PartProps) => {
  const { t } = useTranslation()
  const own = !builtInPurposes.includes(draft.key)
  if (draft.material === 'nothing') return null
  return (
    <fieldset className={styles.part}>
      <legend>{t('governance.purposes.termsTitle')}</legend>
      <SpanInput label={t('governance.purposes.keep')} value={draft.keep} onChange={(keep) => change({ keep })} />
      <Checkbox
        label={t('governance.purposes.audioOwn')}
        checked={draft.audio !== null}
        onChange={(e) => change({ audio: e.currentTarget.checked ? draft.keep : null })}
      />
      {draft.audio && (
        <SpanInput label={t('governance.purposes.audio')} value={draft.audio} onChange={(audio) => change({ audio })} />
      )}
      <SpanInput
        label={t('governance.purposes.ceiling')}
        value={draft.ceiling}
        onChange={(ceiling) => change({ ceiling })}
      />
      {own && (
        <TextInput
          label={t('governance.purposes.ceilingText')}
          description={t('governance.purposes.ceilingTextHelp')}
          required
          minLength={10}
          maxLength={500}
          value={draft.ceilingText}
          onChange={(e) => change({ ceilingText: e.currentTarget.value })}
        />
      )}
      {draft.key === 'evidence' && (
        <TextInput
          label={t('governance.purposes.extension')}
          description={t('governance.purposes.extensionHelp')}
          maxLength={500}
          value={draft.extensionText}
          onChange={(e) => change({ extensionText: e.currentTarget.value })}
        />
      )}
      <Checkbox
        label={t('governance.purposes.confirmation')}
        checked={draft.confirmationEnds}
        onChange={(e) => change({ confirmationEnds: e.currentTarget.checked })}
      />
    </fieldset>
  )
}

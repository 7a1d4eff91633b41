import { Checkbox, Drawer, MultiSelect, Stack, Switch, Textarea } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { PurposeEntry } from '../../../contract/models/retention.ts'
import { type Role, roles } from '../../../contract/permissions.ts'
import { currentLocale, localeNames, locales } from '../../i18n.ts'
import { FormEnd } from '../../kit/fields.tsx'
import { submitting } from '../../kit/form.ts'
import { CountryRuleFields } from './CountryRuleFields.tsx'
import { SpanInput } from './SpanInput.tsx'

type Props = { entry: PurposeEntry; onKeep: (entry: PurposeEntry) => void; onClose: () => void }
type PartProps = { draft: PurposeEntry; change: (part: Partial<PurposeEntry>) => void }

/** Changes a purpose in the draft; nothing is published here. */
export const PurposeEditor = ({ entry, onKeep, onClose }: Props) => {
  const { t } = useTranslation()
  const [draft, setDraft] = useState(entry)
  const change = (part: Partial<PurposeEntry>): void => setDraft({ ...draft, ...part })
  const save = (): void => {
    onKeep(draft)
    onClose()
  }
  return (
    <Drawer opened onClose={onClose} title={t('common.editOf', { name: entry.name[currentLocale()] })}>
      <form onSubmit={submitting(save)}>
        <Stack>
          <Switch
            label={t('governance.purposes.active')}
            description={t('governance.purposes.activeHelp')}
            checked={draft.active}
            onChange={(e) => change({ active: e.currentTarget.checked })}
          />
          <SpanInput label={t('governance.purposes.keep')} value={draft.keep} onChange={(keep) => change({ keep })} />
          <Checkbox
            label={t('governance.purposes.audioOwn')}
            checked={draft.audio !== null}
            onChange={(e) => change({ audio: e.currentTarget.checked ? draft.keep : null })}
          />
          {draft.audio && (
            <SpanInput
              label={t('governance.purposes.audio')}
              value={draft.audio}
              onChange={(audio) => change({ audio })}
            />
          )}
          <MultiSelect<Role>
            label={t('governance.purposes.audience')}
            data={roles.map((role) => ({ value: role, label: t(`people.roles.${role}`) }))}
            value={draft.audience}
            onChange={(audience) => change({ audience })}
          />
          <AiFields draft={draft} change={change} />
          {draft.countries.map((rule) => (
            <CountryRuleFields
              key={rule.country}
              rule={rule}
              keep={draft.keep}
              onChange={(next) =>
                change({ countries: draft.countries.map((old) => (old.country === rule.country ? next : old)) })
              }
            />
          ))}
          <FormEnd onCancel={onClose}>{t('governance.purposes.keepDraft')}</FormEnd>
        </Stack>
      </form>
    </Drawer>
  )
}

/** What callers are told of software, in every language, or that there is none. */
const AiFields = ({ draft, change }: PartProps) => {
  const { t } = useTranslation()
  const { ai } = draft
  return (
    <>
      <Checkbox
        label={t('governance.purposes.aiUsed')}
        checked={ai !== null}
        onChange={(e) => change({ ai: e.currentTarget.checked ? { it: '', fr: '', en: '' } : null })}
      />
      {ai &&
        locales.map((locale) => (
          <Textarea
            key={locale}
            lang={locale}
            label={t('governance.purposes.aiWords', { language: localeNames[locale] })}
            required
            maxLength={1000}
            autosize
            minRows={2}
            value={ai[locale]}
            onChange={(e) => change({ ai: { ...ai, [locale]: e.currentTarget.value } })}
          />
        ))}
    </>
  )
}

import { Checkbox, Textarea, TextInput } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { localeNames, locales } from '../../i18n.ts'
import styles from './governance.module.css'
import type { PartProps } from './PurposeEditor.tsx'

/** How a purpose is called, described and announced, in every language. */
export const WordFields = ({ draft, change }: PartProps) => {
  const { t } = useTranslation()
  const { name, description, spoken } = draft
  return (
    <fieldset className={styles.part}>
      <legend>{t('governance.purposes.wordsTitle')}</legend>
      {locales.map((locale) => {
        const language = localeNames[locale]
        return (
          <div key={locale} lang={locale}>
            <TextInput
              label={t('governance.purposes.name', { language })}
              required
              maxLength={60}
              value={name[locale]}
              onChange={(e) => change({ name: { ...name, [locale]: e.currentTarget.value } })}
            />
            <Textarea
              label={t('governance.purposes.description', { language })}
              required
              maxLength={500}
              autosize
              minRows={2}
              value={description[locale]}
              onChange={(e) => change({ description: { ...description, [locale]: e.currentTarget.value } })}
            />
            <TextInput
              label={t('governance.purposes.spoken', { language })}
              required
              maxLength={120}
              value={spoken[locale]}
              onChange={(e) => change({ spoken: { ...spoken, [locale]: e.currentTarget.value } })}
            />
          </div>
        )
      })}
    </fieldset>
  )
}

/** What callers are told of software, in every language, or that there is none. */
export const AiFields = ({ draft, change }: PartProps) => {
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

import { MultiSelect, Radio, Select, Stack, Textarea, TextInput } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { Locale } from '../../../contract/models/common.ts'
import type { Organisation } from '../../../contract/models/retention.ts'
import { localeNames, locales } from '../../i18n.ts'
import { CountrySelect } from '../../kit/CountrySelect.tsx'
import { Notice } from '../../kit/states.tsx'
import styles from './governance.module.css'

type Props = {
  draft: Organisation
  change: (part: Partial<Organisation>) => void
  wrong: (path: string) => string | undefined
}
type Line = { value: string; onChange: (text: string) => void; error?: string | undefined }

const EmailInput = ({ value, onChange, error }: Line) => {
  const { t } = useTranslation()
  return (
    <TextInput
      label={t('governance.organisation.email')}
      type="email"
      maxLength={200}
      value={value}
      onChange={(e) => onChange(e.currentTarget.value)}
      error={error}
    />
  )
}

const PhoneInput = ({ value, onChange }: Line) => {
  const { t } = useTranslation()
  return (
    <TextInput
      label={t('governance.organisation.phone')}
      type="tel"
      maxLength={60}
      value={value}
      onChange={(e) => onChange(e.currentTarget.value)}
    />
  )
}

export const ControllerFields = ({ draft, change, wrong }: Props) => {
  const { t } = useTranslation()
  return (
    <Stack>
      <TextInput
        label={t('governance.organisation.name')}
        required
        maxLength={200}
        value={draft.name}
        onChange={(e) => change({ name: e.currentTarget.value })}
        error={wrong('name')}
      />
      <Textarea
        label={t('governance.organisation.address')}
        maxLength={500}
        autosize
        minRows={2}
        value={draft.address}
        onChange={(e) => change({ address: e.currentTarget.value })}
      />
      <EmailInput value={draft.email} onChange={(email) => change({ email })} error={wrong('email')} />
      <CountrySelect
        label={t('governance.organisation.country')}
        value={draft.country}
        onChange={(country) => change({ country })}
      />
      <Notice tone="accent">{t('governance.organisation.countryEffect')}</Notice>
    </Stack>
  )
}

/** Whom callers turn to about their data, inside the organisation and outside. */
export const OfficerFields = ({ draft, change, wrong }: Props) => {
  const { t } = useTranslation()
  const dpo = (part: Partial<Organisation['dpo']>): void => change({ dpo: { ...draft.dpo, ...part } })
  return (
    <fieldset className={styles.part}>
      <legend>{t('governance.organisation.dpo')}</legend>
      <TextInput
        label={t('governance.organisation.name')}
        maxLength={200}
        value={draft.dpo.name}
        onChange={(e) => dpo({ name: e.currentTarget.value })}
      />
      <EmailInput value={draft.dpo.email} onChange={(email) => dpo({ email })} error={wrong('dpo.email')} />
      <PhoneInput value={draft.dpo.phone} onChange={(phone) => dpo({ phone })} />
      <TextInput
        label={t('governance.organisation.authority')}
        description={t('governance.organisation.authorityHelp')}
        maxLength={200}
        value={draft.authority}
        onChange={(e) => change({ authority: e.currentTarget.value })}
      />
    </fieldset>
  )
}

export const CallersFields = ({ draft, change, wrong }: Props) => {
  const { t } = useTranslation()
  const callers = (part: Partial<Organisation['callers']>): void => change({ callers: { ...draft.callers, ...part } })
  return (
    <fieldset className={styles.part}>
      <legend>{t('governance.organisation.callers')}</legend>
      <TextInput
        label={t('governance.organisation.url')}
        description={t('governance.organisation.callersHelp')}
        type="url"
        placeholder="https://"
        maxLength={300}
        value={draft.callers.url}
        onChange={(e) => callers({ url: e.currentTarget.value })}
        error={wrong('callers.url')}
      />
      <EmailInput value={draft.callers.email} onChange={(email) => callers({ email })} error={wrong('callers.email')} />
      <PhoneInput value={draft.callers.phone} onChange={(phone) => callers({ phone })} />
    </fieldset>
  )
}

const digits = '1234567890*#'.split('')

export const AnnouncementFields = ({ draft, change }: Props) => {
  const { t } = useTranslation()
  return (
    <fieldset className={styles.part}>
      <legend>{t('governance.organisation.announcement')}</legend>
      <MultiSelect<Locale>
        label={t('governance.organisation.languages')}
        description={t('governance.organisation.languagesHelp')}
        data={locales.map((value) => ({ value, label: localeNames[value] }))}
        value={draft.languages}
        onChange={(languages) => change({ languages })}
        error={draft.languages.length === 0 && t('common.required')}
      />
      <div className={styles.pair}>
        {(['yes', 'no'] as const).map((answer) => (
          <Select
            key={answer}
            label={t(answer === 'yes' ? 'governance.organisation.keyYes' : 'governance.organisation.keyNo')}
            description={t(
              answer === 'yes' ? 'governance.organisation.keyYesHelp' : 'governance.organisation.keyNoHelp',
            )}
            data={digits.filter((digit) => digit !== draft.keys[answer === 'yes' ? 'no' : 'yes'])}
            allowDeselect={false}
            value={draft.keys[answer]}
            onChange={(key) => key && change({ keys: { ...draft.keys, [answer]: key } })}
          />
        ))}
      </div>
      <Radio.Group
        label={t('governance.organisation.unknown')}
        description={t('governance.organisation.unknownHelp')}
        value={draft.unknownCallers}
        onChange={(value) => change({ unknownCallers: value as Organisation['unknownCallers'] })}
      >
        <Stack gap="xs" mt={6}>
          <Radio value="strictest" label={t('governance.organisation.unknownAs.strictest')} />
          <Radio value="controller" label={t('governance.organisation.unknownAs.controller')} />
        </Stack>
      </Radio.Group>
    </fieldset>
  )
}

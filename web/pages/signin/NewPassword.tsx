import { PasswordInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import type { PasswordStrength } from '../../../contract/models/people.ts'
import { api } from '../../api.ts'
import { textOf } from '../../i18n.ts'
import { IconCheck } from '../../kit/icons.tsx'
import styles from './signin.module.css'

type Props = { value: string; onChange: (password: string) => void; inputs: string[]; error?: string | undefined }

/** A new password and how strong it is. `inputs`: the person's own words, which make a password weak. */
export const NewPassword = ({ value, onChange, inputs, error }: Props) => {
  const { t } = useTranslation()
  const [typed] = useDebouncedValue(value, 350)
  const known = inputs.filter((word) => word !== '').slice(0, 5)
  const strength = useQuery({
    queryKey: ['POST /password-strength', typed, known],
    queryFn: () => api('POST /password-strength', { body: { password: typed, inputs: known } }),
    enabled: typed.length > 0,
    placeholderData: keepPreviousData,
    gcTime: 0,
    retry: false,
  })
  return (
    <div>
      <PasswordInput
        label={t('signin.newPassword')}
        description={t('signin.newPasswordHelp')}
        autoComplete="new-password"
        minLength={12}
        maxLength={200}
        required
        value={value}
        onChange={(e) => onChange(e.currentTarget.value)}
        error={error}
      />
      {value !== '' && strength.data && <Meter strength={strength.data} long={value.length >= 12} />}
    </div>
  )
}

const Meter = ({ strength, long }: { strength: PasswordStrength; long: boolean }) => {
  const { t } = useTranslation()
  const good = strength.acceptable && long
  const advice = [
    long ? null : t('signin.tooShort'),
    strength.warning && textOf(t, `signin.warnings.${strength.warning}`),
    ...(good ? [] : strength.suggestions.map((key) => textOf(t, `signin.suggestions.${key}`))),
  ].filter((text) => text !== null && text !== '')
  return (
    <div className={styles.meter} data-good={good}>
      <div className={styles.bars} aria-hidden="true">
        {[1, 2, 3, 4].map((n) => (
          <span key={n} data-on={strength.score >= n} />
        ))}
      </div>
      <output>
        <strong>
          {good && <IconCheck size={14} />} {t(`signin.score${strength.score as 0 | 1 | 2 | 3 | 4}`)}
        </strong>
        {advice.length > 0 && ` ${advice.join(' ')}`}
      </output>
    </div>
  )
}

import { Button, Stack, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { submitting, useFocusFirst } from '../../kit/form.ts'

type Props = { button: string; busy: boolean; onCode: (code: string) => void }

/** The six digits of an authenticator app; sent as soon as the sixth is typed or pasted. */
export const CodeForm = ({ button, busy, onCode }: Props) => {
  const { t } = useTranslation()
  const first = useFocusFirst<HTMLInputElement>()
  const [code, setCode] = useState('')
  const take = (text: string): void => {
    const digits = text.replace(/\D/g, '').slice(0, 6)
    setCode(digits)
    if (digits.length === 6 && digits !== code) onCode(digits)
  }
  return (
    <form onSubmit={submitting(() => code.length === 6 && onCode(code))}>
      <Stack>
        <TextInput
          ref={first}
          label={t('signin.code')}
          description={t('signin.codeHelp')}
          inputMode="numeric"
          autoComplete="one-time-code"
          pattern="[0-9]{6}"
          required
          value={code}
          onChange={(e) => take(e.currentTarget.value)}
          classNames={{ input: 'digits' }}
        />
        <Button type="submit" loading={busy} fullWidth>
          {button}
        </Button>
      </Stack>
    </form>
  )
}

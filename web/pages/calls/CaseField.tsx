import { TextInput } from '@mantine/core'
import { useTranslation } from 'react-i18next'

type Props = { value: string; onChange: (value: string) => void; flex?: string }

/** The case something is asked for, if there is one; kept in the access records. */
export const CaseField = ({ value, onChange, flex }: Props) => {
  const { t } = useTranslation()
  return (
    <TextInput
      label={t('calls.caseRef')}
      maxLength={120}
      {...(flex !== undefined && { flex })}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  )
}

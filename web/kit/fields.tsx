import { Button, Group, TextInput, type TextInputProps } from '@mantine/core'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'

type NameProps = Omit<TextInputProps, 'onChange'> & { value: string; onChange: (name: string) => void }

/** The name of what a drawer is about: its first field, with the keyboard in it. */
export const NameField = ({ onChange, ...rest }: NameProps) => {
  const { t } = useTranslation()
  return (
    <TextInput
      label={t('people.name')}
      data-autofocus
      required
      maxLength={80}
      onChange={(e) => onChange(e.currentTarget.value)}
      {...rest}
    />
  )
}

type EndProps = { onCancel: () => void; loading?: boolean; disabled?: boolean; children: ReactNode }

/** The end of a form in front of a page: leave it, or send it. */
export const FormEnd = ({ onCancel, children, ...submit }: EndProps) => {
  const { t } = useTranslation()
  return (
    <Group justify="flex-end">
      <Button variant="default" onClick={onCancel}>
        {t('common.cancel')}
      </Button>
      <Button type="submit" {...submit}>
        {children}
      </Button>
    </Group>
  )
}

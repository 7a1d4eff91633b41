import { Select } from '@mantine/core'
import { useMemo } from 'react'
import { countryChoices } from './countries.ts'
import { useFormat } from './format.ts'

type Props = { label: string; description?: string; value: string | null; onChange: (country: string | null) => void }

export const CountrySelect = ({ label, description, value, onChange }: Props) => {
  const format = useFormat()
  const choices = useMemo(() => countryChoices(format), [format])
  return (
    <Select
      label={label}
      description={description}
      data={choices}
      searchable
      clearable
      value={value}
      onChange={onChange}
    />
  )
}

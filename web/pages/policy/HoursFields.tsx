import { Chip, Group, Input, Stack, Switch, TextInput, Autocomplete } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { Hours } from '../../../contract/models/policy.ts'
import { useFormat } from '../../kit/format.ts'
import type { FieldsProps } from './RuleEditor.tsx'

const usual = (): Hours => ({
  days: [1, 2, 3, 4, 5],
  from: '09:00',
  to: '18:00',
  timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
})
const zones = Intl.supportedValuesOf('timeZone')

type Props = { hours: Hours | null; onChange: (hours: Hours | null) => void; wrong: FieldsProps['wrong'] }

/** Days and hours in which the rule counts; left off, it counts always. */
export const HoursFields = ({ hours, onChange, wrong }: Props) => {
  const { t } = useTranslation()
  return (
    <Stack gap="sm">
      <Switch
        label={t('policy.editor.hoursOn')}
        checked={hours !== null}
        onChange={(e) => onChange(e.currentTarget.checked ? usual() : null)}
      />
      {hours && <HoursDetail hours={hours} wrong={wrong} set={(part) => onChange({ ...hours, ...part })} />}
    </Stack>
  )
}

type DetailProps = { hours: Hours; set: (part: Partial<Hours>) => void; wrong: Props['wrong'] }

const HoursDetail = ({ hours, set, wrong }: DetailProps) => {
  const { t } = useTranslation()
  const format = useFormat()
  return (
    <>
      <Input.Wrapper label={t('policy.editor.days')} labelElement="div" error={wrong('days')}>
        <Chip.Group
          multiple
          value={hours.days.map(String)}
          onChange={(days: string[]) => set({ days: days.map(Number).toSorted((a, b) => a - b) })}
        >
          <Group gap={6}>
            {[1, 2, 3, 4, 5, 6, 7].map((day) => (
              <Chip key={day} value={String(day)} variant="outline" size="sm">
                {format.weekday(day)}
              </Chip>
            ))}
          </Group>
        </Chip.Group>
      </Input.Wrapper>
      <Group align="flex-start" grow>
        <TextInput
          type="time"
          label={t('common.from')}
          value={hours.from}
          onChange={(e) => set({ from: e.currentTarget.value })}
          error={wrong('hours')}
        />
        <TextInput
          type="time"
          label={t('common.to')}
          description={hours.to !== '' && hours.to < hours.from ? t('policy.editor.midnight') : undefined}
          inputWrapperOrder={['label', 'input', 'description', 'error']}
          value={hours.to}
          onChange={(e) => set({ to: e.currentTarget.value })}
        />
      </Group>
      <Autocomplete
        label={t('policy.editor.timeZone')}
        data={zones}
        limit={12}
        value={hours.timeZone}
        onChange={(timeZone) => set({ timeZone })}
        error={wrong('timeZone')}
      />
    </>
  )
}

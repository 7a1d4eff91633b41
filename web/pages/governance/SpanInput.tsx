import { NumberInput, Select } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { Span } from '../../../contract/models/retention.ts'
import styles from './governance.module.css'

type Props = { label: string; value: Span; onChange: (span: Span) => void }
type Unit = 'months' | 'days'

/** How long: a number, and months of the calendar or days. */
export const SpanInput = ({ label, value, onChange }: Props) => {
  const { t } = useTranslation()
  const unit: Unit = 'months' in value ? 'months' : 'days'
  const number = 'months' in value ? value.months : value.days
  const set = (count: number, of: Unit): void =>
    onChange(of === 'months' ? { months: Math.max(1, count) } : { days: count })
  return (
    <div className={styles.pair}>
      <NumberInput
        label={label}
        min={unit === 'months' ? 1 : 0}
        max={unit === 'months' ? 1200 : 36_500}
        allowDecimal={false}
        value={number}
        onChange={(count) => set(Number(count), unit)}
      />
      <Select<Unit>
        label={t('governance.purposes.unit', { what: label })}
        data={(['months', 'days'] as const).map((one) => ({ value: one, label: t(`governance.purposes.${one}`) }))}
        allowDeselect={false}
        value={unit}
        onChange={(chosen) => chosen && set(number, chosen)}
      />
    </div>
  )
}

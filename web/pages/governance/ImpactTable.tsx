import { useTranslation } from 'react-i18next'
import type { ReclockCount } from '../../../contract/models/terms.ts'
import type { T } from '../../i18n.ts'
import { DataTable } from '../../kit/DataTable.tsx'
import { useFormat } from '../../kit/format.ts'
import { Notice } from '../../kit/states.tsx'
import { useNames } from './names.ts'

type Line = Pick<ReclockCount, 'country' | 'terms' | 'sooner' | 'now'> & { name: string }

/** What ends sooner of a purpose, and of its audio where that ends by itself. */
const linesOf = (count: ReclockCount, nameOf: (purpose: string) => string, t: T): Line[] => {
  const { country, terms, sooner, now, audioSooner, audioNow } = count
  const name = nameOf(count.purpose)
  return [
    ...(sooner > 0 ? [{ name, country, terms, sooner, now }] : []),
    ...(audioSooner > 0
      ? [
          {
            name: t('retention.calendar.audioOf', { purpose: name }),
            country,
            terms,
            sooner: audioSooner,
            now: audioNow,
          },
        ]
      : []),
  ]
}

/** What a draft would end sooner of what is kept already. */
export const ImpactTable = ({ counts }: { counts: ReclockCount[] }) => {
  const { t } = useTranslation()
  const format = useFormat()
  const names = useNames()
  const touched = counts.flatMap((count) => linesOf(count, names.purpose, t))
  const total = (of: (count: ReclockCount) => number): number => counts.reduce((sum, count) => sum + of(count), 0)
  const endNow = total((c) => Math.max(c.now, c.audioNow))
  const sooner = format.number(total((c) => Math.max(c.sooner, c.audioSooner)))
  const now = format.number(endNow)
  if (touched.length === 0)
    return <Notice title={t('governance.purposes.impact')}>{t('governance.purposes.impactNone')}</Notice>
  return (
    <>
      <Notice tone="warn" title={t('governance.purposes.impact')}>
        {t('governance.purposes.impactAll', { sooner, now })}
        {endNow > 0 && <strong> {t('governance.purposes.impactNow')}</strong>}
      </Notice>
      <DataTable
        caption={t('governance.purposes.impact')}
        rows={touched}
        rowKey={({ name, country }) => `${name} ${country}`}
        columns={[
          {
            key: 'purpose',
            header: t('governance.purposes.purpose'),
            main: true,
            cell: (c) => c.name,
          },
          {
            key: 'country',
            header: t('common.country'),
            cell: (c) => (c.country ? format.country(c.country) : t('governance.purposes.elsewhere')),
          },
          { key: 'terms', header: t('governance.purposes.terms'), kind: 'end', cell: (c) => format.number(c.terms) },
          { key: 'sooner', header: t('governance.purposes.sooner'), kind: 'end', cell: (c) => format.number(c.sooner) },
          { key: 'now', header: t('governance.purposes.now'), kind: 'end', cell: (c) => format.number(c.now) },
        ]}
      />
    </>
  )
}

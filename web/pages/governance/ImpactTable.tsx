import { useTranslation } from 'react-i18next'
import type { ReclockCount } from '../../../contract/models/terms.ts'
import { DataTable } from '../../kit/DataTable.tsx'
import { useFormat } from '../../kit/format.ts'
import { Notice } from '../../kit/states.tsx'
import { useNames } from './names.ts'

/** What a draft would end sooner of what is kept already. */
export const ImpactTable = ({ counts }: { counts: ReclockCount[] }) => {
  const { t } = useTranslation()
  const format = useFormat()
  const names = useNames()
  const touched = counts.filter(({ sooner }) => sooner > 0)
  const total = (part: 'sooner' | 'now'): number => touched.reduce((sum, count) => sum + count[part], 0)
  const [sooner, now] = [format.number(total('sooner')), format.number(total('now'))]
  if (touched.length === 0)
    return <Notice title={t('governance.purposes.impact')}>{t('governance.purposes.impactNone')}</Notice>
  return (
    <>
      <Notice tone="warn" title={t('governance.purposes.impact')}>
        {t('governance.purposes.impactAll', { sooner, now })}
        {total('now') > 0 && <strong> {t('governance.purposes.impactNow')}</strong>}
      </Notice>
      <DataTable
        caption={t('governance.purposes.impact')}
        rows={touched}
        rowKey={({ purpose, country }) => `${purpose} ${country}`}
        columns={[
          {
            key: 'purpose',
            header: t('governance.purposes.purpose'),
            main: true,
            cell: (c) => names.purpose(c.purpose),
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

import { Anchor, Button, Group } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { Agreement } from '../../../contract/models/agreements.ts'
import { base } from '../../api.ts'
import { type Column, DataTable } from '../../kit/DataTable.tsx'
import { useFormat } from '../../kit/format.ts'
import { IconDownload } from '../../kit/icons.tsx'
import { Tag } from '../../kit/states.tsx'
import { whyNot } from './gates.ts'
import styles from './governance.module.css'
import { useNames } from './names.ts'

type Props = { agreements: Agreement[]; onRevoke: ((agreement: Agreement) => void) | null }

/** Every agreement and notice ever registered; those that open nothing are quieter and say why. */
export const AgreementTable = ({ agreements, onRevoke }: Props) => {
  const { t } = useTranslation()
  const format = useFormat()
  const names = useNames()
  const period = ({ validFrom, validTo }: Agreement): string =>
    validTo
      ? t('governance.agreements.period', { from: format.date(validFrom), to: format.date(validTo) })
      : t('governance.agreements.openEnded', { from: format.date(validFrom) })
  const columns: Column<Agreement>[] = [
    { key: 'kind', header: t('governance.agreements.kind'), main: true, cell: (one) => <What agreement={one} /> },
    { key: 'country', header: t('common.country'), cell: (one) => format.country(one.country) },
    {
      key: 'features',
      header: t('governance.agreements.features'),
      cell: (one) => (
        <ul className={styles.cellList}>
          {one.features.map((feature) => (
            <li key={feature}>{names.feature(feature)}</li>
          ))}
        </ul>
      ),
    },
    {
      key: 'teams',
      header: t('governance.agreements.teams'),
      cell: (one) =>
        one.teams.length === 0 ? t('governance.agreements.allTeams') : format.list(one.teams.map(names.team)),
    },
    { key: 'dates', header: t('governance.agreements.dates'), cell: period },
    { key: 'state', header: t('governance.agreements.state'), cell: (one) => <State agreement={one} /> },
  ]
  if (onRevoke)
    columns.push({
      key: 'actions',
      header: t('common.actions'),
      kind: 'actions',
      cell: (one) =>
        one.revokedAt === null && (
          <Button variant="default" size="xs" onClick={() => onRevoke(one)}>
            {t('governance.agreements.revoke')}
            <span className="visually-hidden">: {one.reference}</span>
          </Button>
        ),
    })
  return (
    <DataTable
      caption={t('governance.agreements.title')}
      columns={columns}
      rows={agreements}
      rowKey={(one) => one.id}
      quiet={(one) => !one.inForce}
    />
  )
}

const What = ({ agreement }: { agreement: Agreement }) => {
  const { t } = useTranslation()
  const names = useNames()
  return (
    <div className={styles.what}>
      <div>{names.kind(agreement.kind)}</div>
      <div className={styles.reference}>{agreement.reference}</div>
      {agreement.document && (
        <Anchor href={`${base}/agreements/${agreement.id}/document`} download size="sm">
          <Group component="span" gap={4} display="inline-flex">
            <IconDownload size={16} />
            {t('governance.agreements.download')}
          </Group>
        </Anchor>
      )}
    </div>
  )
}

const State = ({ agreement }: { agreement: Agreement }) => {
  const { t } = useTranslation()
  const format = useFormat()
  if (agreement.inForce) return <Tag tone="good">{t('governance.agreements.inForce')}</Tag>
  return (
    <div>
      <Tag>{t(`governance.agreements.${whyNot(agreement)}`)}</Tag>
      {agreement.revokedAt && (
        <div className="small">
          {t('governance.agreements.revokedOn', {
            when: format.date(agreement.revokedAt),
            reason: agreement.revokedBecause ?? '',
          })}
        </div>
      )}
    </div>
  )
}

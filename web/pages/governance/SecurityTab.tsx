import { Button, Group } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type SecurityEvidence, type SecurityStandard, type SecurityStatus } from '../../../contract/models/security.ts'
import { base } from '../../api.ts'
import { useFormat } from '../../kit/format.ts'
import { Section } from '../../kit/Page.tsx'
import { Empty, Ready } from '../../kit/states.tsx'
import { useApi } from '../../queries.ts'
import { Downloads } from './Downloads.tsx'
import { SecurityCard } from './SecurityCard.tsx'
import styles from './security.module.css'

type Filter = SecurityStatus | 'all'
const statuses = ['attention', 'shown', 'outside'] as const satisfies SecurityStatus[]
const standards = ['iso27001_2022', 'iso27701_2025'] as const satisfies SecurityStandard[]
const address = (language: string): string => `${base}/accountability/security/document?language=${language}`

/** What this installation shows of its security, control by control, as measured when the tab is opened. */
export const SecurityTab = () => {
  const query = useApi('GET /accountability/security')
  return (
    <Ready query={query}>
      {(evidence) => <Evidence evidence={evidence} again={() => void query.refetch()} busy={query.isFetching} />}
    </Ready>
  )
}

const Evidence = (props: { evidence: SecurityEvidence; again: () => void; busy: boolean }) => {
  const { evidence, again, busy } = props
  const { t } = useTranslation()
  const format = useFormat()
  const [filter, setFilter] = useState<Filter>('all')
  const chosen = evidence.controls.filter(({ status }) => filter === 'all' || status === filter)
  return (
    <>
      <Section
        title={t('governance.security.title')}
        lead={t('governance.security.lead')}
        actions={<Downloads address={address} json={{ name: 'security-evidence.json', content: evidence }} />}
      >
        <Group justify="space-between">
          <Filters evidence={evidence} filter={filter} choose={setFilter} />
          <Group gap="xs">
            <span className="quiet small">
              {t('governance.security.measured', { at: format.dateTime(evidence.madeAt) })}
            </span>
            <Button variant="default" size="xs" loading={busy} onClick={again}>
              {t('governance.security.again')}
            </Button>
          </Group>
        </Group>
      </Section>
      {chosen.length === 0 && <Empty title={t('governance.security.none')} />}
      {standards.map((standard) => {
        const controls = chosen.filter((control) => control.standard === standard)
        if (controls.length === 0) return null
        const lead = controls.some(({ uncertain }) => uncertain) ? t('governance.security.uncertainHelp') : undefined
        return (
          <Section key={standard} title={t(`governance.security.standards.${standard}`)} lead={lead}>
            <div className={styles.cards}>
              {controls.map((control) => (
                <SecurityCard key={control.key} control={control} />
              ))}
            </div>
          </Section>
        )
      })}
    </>
  )
}

type FilterProps = { evidence: SecurityEvidence; filter: Filter; choose: (filter: Filter) => void }

/** How many controls are in each state; a press shows only those. */
const Filters = ({ evidence, filter, choose }: FilterProps) => {
  const { t } = useTranslation()
  const format = useFormat()
  const names: [Filter, string, number][] = [
    ['all', t('governance.security.all'), evidence.controls.length],
    ...statuses.map((status): [Filter, string, number] => [
      status,
      t(`governance.security.statuses.${status}`),
      evidence.counts[status],
    ]),
  ]
  return (
    <fieldset className={styles.filters}>
      <legend className="visually-hidden">{t('governance.security.filter')}</legend>
      {names.map(([key, name, n]) => (
        <Button
          key={key}
          size="xs"
          variant={filter === key ? 'filled' : 'default'}
          aria-pressed={filter === key}
          onClick={() => choose(key)}
        >
          {name} {format.number(n)}
        </Button>
      ))}
    </fieldset>
  )
}

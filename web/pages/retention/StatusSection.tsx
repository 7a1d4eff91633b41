import { Button } from '@mantine/core'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import type { RetentionStatus } from '../../../contract/models/terms.ts'
import { ask } from '../../kit/confirm.tsx'
import { useFormat } from '../../kit/format.ts'
import { IconHourglass } from '../../kit/icons.tsx'
import { notifyDone } from '../../kit/notify.ts'
import { Section } from '../../kit/Page.tsx'
import { Ready } from '../../kit/states.tsx'
import { useAct, useApi, useMay } from '../../queries.ts'
import { ClockAlarm } from './ClockAlarm.tsx'
import styles from './retention.module.css'

const readAgainMs = 30_000

/** What the clock that ends terms is doing now. */
export const StatusSection = () => {
  const { t } = useTranslation()
  const format = useFormat()
  const query = useApi('GET /retention/status', undefined, { refetchInterval: readAgainMs })
  const mayRun = useMay('governance.write')
  return (
    <Ready query={query}>
      {(status) => (
        <>
          {status.alarm && <ClockAlarm alarm={status.alarm} appliedTo={status.today} />}
          <Section
            title={t('retention.status.title')}
            lead={
              status.today ? t('retention.status.upTo', { day: format.day(status.today) }) : t('retention.status.never')
            }
            actions={mayRun && <RunNow due={status.due} />}
          >
            <Figures status={status} />
          </Section>
        </>
      )}
    </Ready>
  )
}

const RunNow = ({ due }: { due: number }) => {
  const { t } = useTranslation()
  const sweep = useAct('POST /retention/sweep', {
    refresh: ['GET /retention/status', 'GET /retention/calendar'],
    onDone: ({ lastSweep }) => notifyDone(t('retention.status.ran', { count: lastSweep?.ended ?? 0 })),
  })
  const run = (): void => sweep.mutate(undefined)
  const askFirst = (): void =>
    ask(t, {
      title: t('retention.status.runTitle'),
      body: t('retention.status.runBody', { count: due }),
      yes: t('retention.status.runYes'),
      onYes: run,
    })
  return (
    <Button
      variant="default"
      leftSection={<IconHourglass />}
      loading={sweep.isPending}
      onClick={due > 0 ? askFirst : run}
    >
      {t('retention.status.run')}
    </Button>
  )
}

const Figures = ({ status }: { status: RetentionStatus }) => {
  const { t } = useTranslation()
  const format = useFormat()
  const last = status.lastSweep
  return (
    <dl className={styles.figures}>
      {(['live', 'due', 'ending', 'held'] as const).map((name) => (
        <Figure
          key={name}
          name={t(`retention.status.${name}`)}
          value={format.number(status[name])}
          help={t(`retention.status.${name}Help`)}
        />
      ))}
      <Figure
        name={t('retention.status.last')}
        value={last ? <span className={styles.when}>{format.dateTime(last.at)}</span> : '–'}
        help={
          last ? (
            <>
              {t('retention.status.ended', { count: last.ended })}
              <br />
              {t('retention.status.destroyed', { count: last.destroyed })}
            </>
          ) : (
            t('retention.status.lastNone')
          )
        }
      />
    </dl>
  )
}

const Figure = ({ name, value, help }: { name: string; value: ReactNode; help: ReactNode }) => (
  <div>
    <dt>{name}</dt>
    <dd className={styles.value}>{value}</dd>
    <dd className="quiet small">{help}</dd>
  </div>
)

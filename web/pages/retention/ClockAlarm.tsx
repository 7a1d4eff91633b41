import { Button, Group, Modal, Stack } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { CalendarDay, RetentionStatus } from '../../../contract/models/terms.ts'
import { addDays, today } from '../../kit/days.ts'
import { useFormat } from '../../kit/format.ts'
import { Notice, ProblemNotice, Ready } from '../../kit/states.tsx'
import { useAct, useApi, useMay } from '../../queries.ts'
import { seriesIn, seriesOf } from './calendar.ts'
import styles from './retention.module.css'
import { useSeriesName } from './words.ts'

type Props = { alarm: NonNullable<RetentionStatus['alarm']>; appliedTo: string | null }

/** The clock cannot be trusted: what that means, what to do, and the word only a person can give. */
export const ClockAlarm = ({ alarm, appliedTo }: Props) => {
  const { t } = useTranslation()
  const format = useFormat()
  const mayConfirm = useMay('governance.write') && alarm === 'clock_ahead'
  const [asking, setAsking] = useState(false)
  return (
    <Notice tone="bad" title={t(`retention.alarm.${alarm}.title`)} live>
      <p className={styles.flat}>
        {t(`retention.alarm.${alarm}.means`, { day: appliedTo ? format.day(appliedTo) : '–' })}
      </p>
      <p className={styles.flat}>{t(`retention.alarm.${alarm}.toDo`)}</p>
      {mayConfirm && (
        <Button color="red" mt="xs" onClick={() => setAsking(true)}>
          {t('retention.alarm.confirm')}
        </Button>
      )}
      {asking && <ConfirmDay appliedTo={appliedTo} onClose={() => setAsking(false)} />}
    </Notice>
  )
}

/** Vouches for today's date, as this device has it: the server's clock may be the wrong one. */
const ConfirmDay = ({ appliedTo, onClose }: { appliedTo: string | null; onClose: () => void }) => {
  const { t } = useTranslation()
  const format = useFormat()
  const [day] = useState(today)
  const due = { from: appliedTo ?? day, to: addDays(day, -1) }
  const lapsing = useApi('GET /retention/calendar', { query: due }, { enabled: due.from <= due.to })
  const confirm = useAct('POST /retention/clock', {
    refresh: ['GET /retention/status', 'GET /retention/calendar'],
    announceProblem: false,
    done: t('retention.alarm.confirmed'),
    onDone: onClose,
  })
  return (
    <Modal opened onClose={onClose} title={t('retention.alarm.confirmTitle', { day: format.day(day) })}>
      <Stack>
        <ProblemNotice problem={confirm.error} />
        <p className={styles.flat}>{t('retention.alarm.confirmBody')}</p>
        {due.from <= due.to ? (
          <Ready query={lapsing}>{({ items }) => <WouldEnd items={items} />}</Ready>
        ) : (
          <WouldEnd items={[]} />
        )}
        <p className="quiet small">{t('retention.alarm.disagree')}</p>
        <Group justify="flex-end">
          <Button variant="default" data-autofocus onClick={onClose}>
            {t('common.cancel')}
          </Button>
          <Button color="red" loading={confirm.isPending} onClick={() => confirm.mutate({ body: { day } })}>
            {t('retention.alarm.confirmYes')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}

const WouldEnd = ({ items }: { items: CalendarDay[] }) => {
  const { t } = useTranslation()
  const seriesName = useSeriesName()
  const sum = (of: CalendarDay[], what: 'terms' | 'held'): number => of.reduce((n, item) => n + item[what], 0)
  const held = sum(items, 'held')
  const lines = seriesIn(items).flatMap((series) => {
    const mine = items.filter((item) => seriesOf(item) === series)
    const count = sum(mine, 'terms') - sum(mine, 'held')
    return count > 0 ? t('retention.alarm.terms', { count, purpose: seriesName(series) }) : []
  })
  return (
    <>
      {lines.length === 0 ? (
        <p className={styles.flat}>{t('retention.alarm.confirmNone')}</p>
      ) : (
        <ul className={styles.list}>
          {lines.map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
      )}
      {held > 0 && <p className={styles.flat}>{t('retention.alarm.held', { count: held })}</p>}
    </>
  )
}

import { Button, Modal, Stack, Textarea } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { FormEnd } from '../../kit/fields.tsx'
import { submitting } from '../../kit/form.ts'
import { useFormat } from '../../kit/format.ts'
import { Notice, ProblemNotice } from '../../kit/states.tsx'
import { useAct, useMay } from '../../queries.ts'
import type { Status } from './EvidencePage.tsx'
import styles from './evidence.module.css'

type Props = { alarm: NonNullable<Status['alarm']>; queued: number }

/** The log is not what was signed: what was found, what goes on all the same, and the one way forward. */
export const LogAlarm = ({ alarm, queued }: Props) => {
  const { t } = useTranslation()
  const format = useFormat()
  const mayRestart = useMay('governance.write')
  const [asking, setAsking] = useState(false)
  return (
    <Notice tone="bad" live title={t('proof.alarm.title', { since: format.dateTime(alarm.since) })}>
      <p className={styles.flat}>{t(`proof.alarm.codes.${alarm.code}`)}</p>
      <p className={`quiet small ${styles.flat}`}>{alarm.detail}</p>
      <p className={styles.flat}>{t('proof.alarm.means', { count: queued })}</p>
      <p className={styles.flat}>{t('proof.alarm.toDo')}</p>
      {mayRestart && (
        <Button color="red" onClick={() => setAsking(true)}>
          {t('proof.alarm.restart')}
        </Button>
      )}
      {asking && <RestartDialog onClose={() => setAsking(false)} />}
    </Notice>
  )
}

const RestartDialog = ({ onClose }: { onClose: () => void }) => {
  const { t } = useTranslation()
  const [reason, setReason] = useState('')
  const restart = useAct('POST /log/restart', {
    refresh: ['GET /log/status', 'GET /log'],
    announceProblem: false,
    done: t('proof.alarm.restarted'),
    onDone: onClose,
  })
  return (
    <Modal opened onClose={onClose} title={t('proof.alarm.restartTitle')}>
      <form onSubmit={submitting(() => restart.mutate({ body: { reason: reason.trim() } }))}>
        <Stack>
          <ProblemNotice problem={restart.error} />
          <p className={styles.flat}>{t('proof.alarm.restartBody')}</p>
          <Textarea
            label={t('proof.alarm.reason')}
            data-autofocus
            required
            minLength={5}
            maxLength={2000}
            autosize
            minRows={2}
            value={reason}
            onChange={(e) => setReason(e.currentTarget.value)}
          />
          <FormEnd onCancel={onClose} loading={restart.isPending}>
            {t('proof.alarm.restart')}
          </FormEnd>
        </Stack>
      </form>
    </Modal>
  )
}

import { Button, SimpleGrid, Stack } from '@mantine/core'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { ControlAction, LiveCall } from '../../../contract/models/calls.ts'
import { useFormat } from '../../kit/format.ts'
import { IconCheck, IconContract, IconFlag, IconForbid, IconPause, IconRecord } from '../../kit/icons.tsx'
import { Notice, Tag } from '../../kit/states.tsx'
import { useAct, useMay } from '../../queries.ts'
import styles from './agent.module.css'

/** The time now, twice a second: for timers that people watch. */
export const useNow = (): number => {
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 500)
    return () => clearInterval(timer)
  }, [])
  return now
}

const bigAction = (call: LiveCall): ControlAction | null => {
  const order: ControlAction[] = ['resume', 'recording_on', 'pause', 'recording_off', 'contract_start', 'contract_end']
  return order.find((action) => call.controls.includes(action)) ?? null
}

/** One big control for what matters now, the others beside it, and what recording does, told in words. */
export const Controls = ({ call }: { call: LiveCall }) => {
  const { t } = useTranslation()
  const format = useFormat()
  const now = useNow()
  const may = useMay('calls.control')
  const act = useAct('POST /calls/:callId/control')
  const send = (action: ControlAction): void => act.mutate({ params: { callId: call.id }, body: { action } })
  const big = bigAction(call)
  const left = call.resumesAt ? Math.max(0, Date.parse(call.resumesAt) - now) : null
  return (
    <Stack gap="md">
      <output className={styles.state} data-status={call.status}>
        <span className={styles.light} aria-hidden="true" />
        <strong>{t(`calls.status.${call.status}`)}</strong>
        <span className={styles.timer}>{format.clock(now - Date.parse(call.startedAt))}</span>
      </output>
      {call.status === 'paused' && call.pausedAt && (
        <div className={styles.pause}>
          <span>{t('agent.pausedFor', { time: format.clock(now - Date.parse(call.pausedAt)) })}</span>
          {left !== null && <span>{t('agent.resumesIn', { time: format.clock(left + 999) })}</span>}
        </div>
      )}
      {may && big && (
        <Button
          className={styles.big}
          data-action={big}
          size="xl"
          fullWidth
          loading={act.isPending}
          onClick={() => send(big)}
          leftSection={big === 'pause' ? <IconPause size={28} /> : <IconRecord size={28} />}
        >
          {t(`agent.action.${big}`)}
        </Button>
      )}
      {may && (
        <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
          {call.controls
            .filter((action) => action !== big)
            .map((action) => (
              <Button key={action} variant="default" leftSection={iconOf(action)} onClick={() => send(action)}>
                {t(`agent.action.${action}`)}
              </Button>
            ))}
        </SimpleGrid>
      )}
      {call.inContract && (
        <Tag tone="accent" icon={<IconContract />}>
          {t('agent.inContract')}
        </Tag>
      )}
      {call.alerts.includes('silent_leg') && (
        <Notice tone="bad" live>
          {t('agent.silentLeg')}
        </Notice>
      )}
      {call.alerts.includes('disk') && (
        <Notice tone="bad" live>
          {t('agent.disk')}
        </Notice>
      )}
    </Stack>
  )
}

const iconOf = (action: ControlAction) => {
  if (action === 'difficult' || action === 'not_difficult') return <IconFlag />
  if (action === 'contract_start' || action === 'contract_end') return <IconContract />
  if (action === 'consent_no') return <IconForbid />
  if (action === 'consent_yes') return <IconCheck />
  return action === 'pause' ? <IconPause /> : <IconRecord />
}

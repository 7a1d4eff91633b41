import { useTranslation } from 'react-i18next'
import type { Call } from '../../../contract/models/calls.ts'
import { IconCheck, IconForbid, IconPause, IconRecord, IconWarning } from '../../kit/icons.tsx'
import { Tag } from '../../kit/states.tsx'

/** What recording does or did with a call, in one tag. */
export const StatusTag = ({ call }: { call: Pick<Call, 'state' | 'status' | 'ending'> }) => {
  const { t } = useTranslation()
  if (call.state === 'live') {
    if (call.status === 'recording')
      return (
        <Tag tone="bad" icon={<IconRecord />}>
          {t('calls.status.recording')}
        </Tag>
      )
    if (call.status === 'paused')
      return (
        <Tag tone="warn" icon={<IconPause />}>
          {t('calls.status.paused')}
        </Tag>
      )
    return <Tag icon={<IconForbid />}>{t(`calls.status.${call.status}`)}</Tag>
  }
  if (call.state === 'not_recorded') return <Tag icon={<IconForbid />}>{t('calls.status.not_recorded')}</Tag>
  if (call.state === 'destroyed') return <Tag icon={<IconForbid />}>{t('calls.state.destroyed')}</Tag>
  if (call.state === 'sealing') return <Tag tone="accent">{t('calls.state.sealing')}</Tag>
  if (call.state === 'failed')
    return (
      <Tag tone="bad" icon={<IconWarning />}>
        {t('calls.state.failed')}
      </Tag>
    )
  if (call.ending === 'interrupted')
    return (
      <Tag tone="warn" icon={<IconWarning />}>
        {t('calls.state.interrupted')}
      </Tag>
    )
  return (
    <Tag tone="good" icon={<IconCheck />}>
      {t('calls.state.sealed')}
    </Tag>
  )
}

import { Textarea, TextInput } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { Key } from '../../api.ts'
import { notifyDone } from '../../kit/notify.ts'
import { useAct } from '../../queries.ts'

/** The server's least length of a reason. */
export const reasonAtLeast = 10

/** What a change to a hold changes elsewhere. */
export const afterHold: Key[] = [
  'GET /holds',
  'GET /retention/status',
  'GET /retention/calendar',
  'GET /calls/:callId/terms',
]

/** Places a hold and says how many calls it found. */
export const usePlaceHold = (onDone: () => void) => {
  const { t } = useTranslation()
  return useAct('POST /holds', {
    refresh: afterHold,
    announceProblem: false,
    onDone: ({ held }) => {
      notifyDone(t('retention.hold.placed', { count: held }))
      onDone()
    },
  })
}

export type Grounds = { reason: string; reference: string }
export const noGrounds: Grounds = { reason: '', reference: '' }

/** Why a hold is placed, and the file it belongs to. */
export const GroundsFields = (props: { grounds: Grounds; onChange: (grounds: Grounds) => void }) => {
  const { t } = useTranslation()
  const { grounds, onChange } = props
  return (
    <>
      <Textarea
        label={t('retention.hold.why')}
        description={t('retention.hold.whyHelp')}
        required
        minLength={reasonAtLeast}
        maxLength={2000}
        autosize
        minRows={2}
        value={grounds.reason}
        onChange={(e) => onChange({ ...grounds, reason: e.currentTarget.value })}
      />
      <TextInput
        label={t('retention.hold.reference')}
        description={t('retention.hold.referenceHelp')}
        maxLength={200}
        value={grounds.reference}
        onChange={(e) => onChange({ ...grounds, reference: e.currentTarget.value })}
      />
    </>
  )
}

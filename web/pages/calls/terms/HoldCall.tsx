import { Modal, Select, Stack } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { CallDetail } from '../../../../contract/models/calls.ts'
import type { Ask } from '../../../api.ts'
import { FormEnd } from '../../../kit/fields.tsx'
import { submitting } from '../../../kit/form.ts'
import { ProblemNotice } from '../../../kit/states.tsx'
import { GroundsFields, noGrounds, usePlaceHold } from '../../retention/HoldFields.tsx'
import styles from '../../retention/retention.module.css'
import type { Kept } from './kept.ts'
import { usePart } from './TermTable.tsx'

type Covers = Ask<'POST /holds'>['body']['covers']
type Choice = { value: string; label: string; covers: Covers }

/** Holds this call, one part of what it is kept for, or every call of its customer. */
export const HoldCall = ({ call, kept, onClose }: { call: CallDetail; kept: Kept[]; onClose: () => void }) => {
  const { t } = useTranslation()
  const { name } = usePart()
  const [value, setValue] = useState('call')
  const [grounds, setGrounds] = useState(noGrounds)
  const place = usePlaceHold(onClose)
  const choices: Choice[] = [
    { value: 'call', label: t('calls.wholeCall'), covers: { kind: 'calls', callIds: [call.id] } },
    ...kept
      .filter(({ term }) => term?.state === 'live')
      .map((part): Choice => {
        const { purpose, segment } = part
        const covers: Covers = { kind: 'segment', callId: call.id, purpose, segment }
        return { value: `${purpose}/${segment}`, label: name(part), covers }
      }),
    ...(call.customerAddress
      ? [
          {
            value: 'customer',
            label: t('retention.call.wholeCustomer'),
            covers: { kind: 'caller' as const, address: call.customerAddress },
          },
        ]
      : []),
  ]
  const covers = choices.find((choice) => choice.value === value)?.covers
  const send = (): void => {
    if (covers) place.mutate({ body: { covers, ...grounds } })
  }
  return (
    <Modal opened onClose={onClose} size="lg" title={t('retention.hold.place')}>
      <form onSubmit={submitting(send)}>
        <Stack>
          <p className={styles.flat}>{t('retention.hold.lead')}</p>
          <ProblemNotice problem={place.error} />
          <Select
            label={t('retention.hold.what')}
            data-autofocus
            allowDeselect={false}
            data={choices}
            value={value}
            onChange={(chosen) => setValue(chosen ?? 'call')}
          />
          <GroundsFields grounds={grounds} onChange={setGrounds} />
          <FormEnd onCancel={onClose} loading={place.isPending}>
            {t('retention.hold.place')}
          </FormEnd>
        </Stack>
      </form>
    </Modal>
  )
}

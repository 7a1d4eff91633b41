import { Button, Group, Modal, Stack, Textarea } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { CallDetail } from '../../../../contract/models/calls.ts'
import { submitting } from '../../../kit/form.ts'
import { useFormat } from '../../../kit/format.ts'
import { ProblemNotice } from '../../../kit/states.tsx'
import { useAct } from '../../../queries.ts'
import styles from '../../retention/retention.module.css'
import { type Kept, othersAlive, passingCopy } from './kept.ts'
import { usePart } from './TermTable.tsx'

/** The server's least length of a reason. */
const reasonAtLeast = 5

type Props = { call: CallDetail; kept: Kept[]; ending: Kept; onClose: () => void }

/** The last look before a purpose ends: what is destroyed for good, what stays, and why it is done. */
export const EndTerm = ({ call, kept, ending, onClose }: Props) => {
  const { t } = useTranslation()
  const { purposeName } = usePart()
  const [why, setWhy] = useState('')
  const { purpose, segment } = ending
  const end = useAct('POST /calls/:callId/terms/end', {
    refresh: ['GET /calls/:callId/terms', 'GET /calls/:callId', 'GET /retention/status', 'GET /retention/calendar'],
    announceProblem: false,
    done: t('retention.call.ended', { purpose: purposeName(purpose) }),
    onDone: onClose,
  })
  const send = (): void => end.mutate({ params: { callId: call.id }, body: { purpose, segment, why: why.trim() } })
  return (
    <Modal opened onClose={onClose} size="lg" title={t('retention.call.endTitle', { purpose: purposeName(purpose) })}>
      <form onSubmit={submitting(send)}>
        <Stack>
          <ProblemNotice problem={end.error} />
          <WhatHappens {...{ call, kept, ending }} />
          <Textarea
            label={t('retention.hold.why')}
            data-autofocus
            required
            minLength={reasonAtLeast}
            maxLength={500}
            autosize
            minRows={2}
            value={why}
            onChange={(e) => setWhy(e.currentTarget.value)}
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {t('common.cancel')}
            </Button>
            <Button type="submit" color="red" loading={end.isPending}>
              {t('retention.call.endYes')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}

const WhatHappens = ({ call, kept, ending }: Omit<Props, 'onClose'>) => {
  const { t } = useTranslation()
  const format = useFormat()
  const { purposeName, part, size } = usePart()
  const others = othersAlive(kept, ending)
  const last = others.length === 0
  const copy = passingCopy(call)
  const goes = [
    t('retention.call.goesPart', { purpose: purposeName(ending.purpose), part: part(ending), size: size(ending) }),
    ...(last ? [t('retention.call.goesAll')] : []),
  ]
  const staysUntil = (of: Kept, day: string): string =>
    t('retention.call.staysPart', { purpose: purposeName(of.purpose), part: part(of), day: format.day(day) })
  const stays = [
    ...others.map((k) => staysUntil(k, k.term?.lastDay ?? '')),
    ...kept
      .filter((k) => !last && !k.term && copy && k.rendition === copy)
      .map((k) => staysUntil(k, copy?.expiresOn ?? '')),
    t('retention.call.staysRow'),
  ]
  return (
    <>
      <Lines title={t('retention.call.goes')} lines={goes} />
      <Lines title={t('retention.call.stays')} lines={stays} />
    </>
  )
}

const Lines = ({ title, lines }: { title: string; lines: string[] }) => (
  <div>
    <strong>{title}</strong>
    <ul className={styles.list}>
      {lines.map((line) => (
        <li key={line}>{line}</li>
      ))}
    </ul>
  </div>
)

import { Button, Group, Select } from '@mantine/core'
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Gap } from '../../../../contract/models/calls.ts'
import type { Transcript, TranscriptStatus } from '../../../../contract/models/transcripts.ts'
import { textOf } from '../../../i18n.ts'
import { useFormat } from '../../../kit/format.ts'
import { Section } from '../../../kit/Page.tsx'
import { Notice } from '../../../kit/states.tsx'
import { usePurposeName } from '../../../purposes.ts'
import { useAct } from '../../../queries.ts'
import type { Playhead } from '../player/playhead.ts'
import { Text } from './Text.tsx'

export type TranscriptProps = {
  callId: string
  status: TranscriptStatus
  gaps: Gap[]
  /** Null: whoever reads may not listen. */
  playhead: Playhead | null
  /** Where a search found something, and for which purpose. */
  found: { turn?: number; purpose?: string }
}

/** What was said in a call: how far the writing is, then the text, asked for with a purpose. */
export const TranscriptSection = (props: TranscriptProps) => {
  const { t } = useTranslation()
  return (
    <Section title={t('transcript.title')} lead={t('transcript.lead')}>
      {props.status.state === 'done' ? <Reading {...props} /> : <Progress status={props.status} />}
    </Section>
  )
}

const Progress = ({ status: { state, reason, doneMs, speechMs } }: { status: TranscriptStatus }) => {
  const { t } = useTranslation()
  const format = useFormat()
  const why = reason && (textOf(t, `transcript.reasons.${reason}`) ?? t('transcript.reasons.engine', { code: reason }))
  if (state === 'failed')
    return (
      <Notice tone="bad">
        <strong>{t('transcript.failedTitle')}</strong> {why}
      </Notice>
    )
  if (state === 'running')
    return <Notice>{t('transcript.running', { done: format.clock(doneMs), all: format.clock(speechMs) })}</Notice>
  return <Notice tone={why ? 'warn' : 'neutral'}>{why || t('transcript.waiting')}</Notice>
}

const Reading = ({ callId, status, gaps, playhead, found }: TranscriptProps) => {
  const { t } = useTranslation()
  const purposeName = usePurposeName()
  const sought = found.purpose !== undefined && status.purposes.includes(found.purpose) ? found.purpose : null
  const [purpose, setPurpose] = useState<string | null>(sought ?? status.purposes[0] ?? null)
  const [read, setRead] = useState<Transcript | null>(null)
  const ask = useAct('POST /calls/:callId/transcript', {
    refresh: ['GET /calls/:callId/accesses'],
    onDone: setRead,
  })
  const open = (): void => {
    if (purpose) ask.mutate({ params: { callId }, body: { purpose, reason: '' } })
  }
  // Who comes from a quote has asked for the text already; once, however often this is rendered.
  const opened = useRef(false)
  useEffect(() => {
    if (!sought || opened.current) return
    opened.current = true
    open()
  })
  if (purpose === null) return <Notice>{t('transcript.notYours')}</Notice>
  if (read)
    return (
      <Text
        transcript={read}
        ask={{ callId, purpose }}
        gaps={gaps}
        playhead={playhead}
        target={sought ? (found.turn ?? null) : null}
        onChange={setRead}
      />
    )
  return (
    <Group align="end">
      {status.purposes.length > 1 && (
        <Select
          label={t('transcript.purpose')}
          data={status.purposes.map((key) => ({ value: key, label: purposeName(key) }))}
          value={purpose}
          onChange={setPurpose}
          allowDeselect={false}
        />
      )}
      <Button loading={ask.isPending} onClick={open}>
        {t('transcript.read')}
      </Button>
    </Group>
  )
}

import { Button, Group, Menu, Select, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Transcript, TranscriptStatus } from '../../../../contract/models/transcripts.ts'
import { textOf } from '../../../i18n.ts'
import { useFormat } from '../../../kit/format.ts'
import { Section } from '../../../kit/Page.tsx'
import { Notice } from '../../../kit/states.tsx'
import { usePurposeName } from '../../../purposes.ts'
import { useAct, useApi, useMay } from '../../../queries.ts'
import { TurnList } from './TurnList.tsx'

const busy = ['waiting', 'running']

/** What was said in a call: how far the writing is, then the text, asked for with a purpose. */
export const TranscriptSection = ({ callId }: { callId: string }) => {
  const { t } = useTranslation()
  const status = useApi(
    'GET /calls/:callId/transcript',
    { params: { callId } },
    { refetchInterval: (last) => (last && busy.includes(last.state) ? 3000 : false) },
  ).data
  if (!status || status.state === 'none') return null
  return (
    <Section title={t('transcript.title')} lead={t('transcript.lead')}>
      {status.state === 'done' ? <Reading callId={callId} status={status} /> : <Progress status={status} />}
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

const Reading = ({ callId, status }: { callId: string; status: TranscriptStatus }) => {
  const { t } = useTranslation()
  const purposeName = usePurposeName()
  const [purpose, setPurpose] = useState<string | null>(status.purposes[0] ?? null)
  const [read, setRead] = useState<Transcript | null>(null)
  const ask = useAct('POST /calls/:callId/transcript', {
    refresh: ['GET /calls/:callId/accesses'],
    onDone: setRead,
  })
  if (purpose === null) return <Notice>{t('transcript.notYours')}</Notice>
  if (read) return <Text transcript={read} callId={callId} purpose={purpose} onChange={setRead} />
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
      <Button loading={ask.isPending} onClick={() => ask.mutate({ params: { callId }, body: { purpose, reason: '' } })}>
        {t('transcript.read')}
      </Button>
    </Group>
  )
}

type TextProps = { transcript: Transcript; callId: string; purpose: string; onChange: (next: Transcript) => void }

const Text = ({ transcript, callId, purpose, onChange }: TextProps) => {
  const { t } = useTranslation()
  const [find, setFind] = useState('')
  const mayExport = useMay('calls.export')
  const { engine, reason } = transcript.status
  const wanted = find.trim().toLocaleLowerCase()
  const turns = transcript.turns.filter(({ text }) => text.toLocaleLowerCase().includes(wanted))
  if (transcript.turns.length === 0) return <Notice>{t('transcript.nothingSaid')}</Notice>
  return (
    <>
      {engine?.demo && <Notice tone="warn">{t('transcript.demo')}</Notice>}
      {reason === 'left_out' && <Notice tone="warn">{t('transcript.leftOut')}</Notice>}
      <TextInput
        label={t('transcript.find')}
        description={wanted ? t('transcript.found', { count: turns.length }) : undefined}
        inputWrapperOrder={['label', 'input', 'description']}
        maw={420}
        my={10}
        value={find}
        onChange={(event) => setFind(event.currentTarget.value)}
      />
      {mayExport && <Export callId={callId} purpose={purpose} />}
      <TurnList
        turns={turns}
        find={wanted}
        ask={{ callId, purpose }}
        onCorrected={(turn) =>
          onChange({ ...transcript, turns: transcript.turns.map((old) => (old.index === turn.index ? turn : old)) })
        }
      />
      {engine && (
        <p className="quiet">
          {t('transcript.madeBy', { engine: engine.engine, model: engine.model, version: engine.version })}
        </p>
      )}
    </>
  )
}

const formats = ['text', 'srt', 'vtt', 'json'] as const

/** The text as a file; an export in the access records. */
const Export = ({ callId, purpose }: { callId: string; purpose: string }) => {
  const { t } = useTranslation()
  const act = useAct('POST /calls/:callId/transcript/export', {
    refresh: ['GET /calls/:callId/accesses'],
    onDone: save,
  })
  return (
    <Menu>
      <Menu.Target>
        <Button variant="default" size="xs" loading={act.isPending} mb={10}>
          {t('transcript.export')}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {formats.map((format) => (
          <Menu.Item
            key={format}
            onClick={() => act.mutate({ params: { callId }, body: { purpose, format, reason: '' } })}
          >
            {t(`transcript.formats.${format}`)}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}

function save({ name, type, content }: { name: string; type: string; content: string }): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(new Blob([content], { type }))
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
}

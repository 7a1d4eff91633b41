import { useParams } from '@tanstack/react-router'
import { Group, Stack } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { CallDetail } from '../../../contract/models/calls.ts'
import { useFormat } from '../../kit/format.ts'
import { Page, Section } from '../../kit/Page.tsx'
import { Notice, Ready, Tag } from '../../kit/states.tsx'
import { useLiveCalls, useLiveEvents } from '../../live.ts'
import { keyOf, queryClient, useApi, useMay } from '../../queries.ts'
import { Controls } from '../agent/Controls.tsx'
import { Captions } from '../captions/Captions.tsx'
import { CaptionsReceipt } from '../captions/CaptionsReceipt.tsx'
import { AccessTable } from '../accesses/AccessTable.tsx'
import { CallerSection } from './CallerSection.tsx'
import { Conversation } from './Conversation.tsx'
import { DecisionWords } from './DecisionWords.tsx'
import { ExportVcon } from './ExportVcon.tsx'
import { EvidencePackage } from './package/EvidencePackage.tsx'
import { GapTable, LegTable, MarkList } from './parts.tsx'
import { RightsSection } from './RightsSection.tsx'
import { StatusTag } from './status.tsx'
import { TermsSection } from './terms/TermsSection.tsx'

/** One call: what was recorded, why, until when, with what gaps; and its audio, for a purpose. */
export const CallPage = () => {
  const { callId } = useParams({ from: '/shell/calls/$callId' })
  const ask = { params: { callId } }
  const query = useApi('GET /calls/:callId', ask)
  useLiveEvents((event) => {
    const about =
      event.type === 'call.live'
        ? event.call.id
        : event.type === 'call.changed' || event.type === 'call.ended'
          ? event.callId
          : null
    if (about !== callId) return
    void queryClient.invalidateQueries({ queryKey: keyOf('GET /calls/:callId', ask) })
    void queryClient.invalidateQueries({ queryKey: keyOf('GET /calls/:callId/terms', ask) })
    void queryClient.invalidateQueries({ queryKey: keyOf('GET /calls/:callId/transcript', ask) })
  })
  return <Ready query={query}>{(call) => <Detail call={call} refetch={() => void query.refetch()} />}</Ready>
}

const Detail = ({ call, refetch }: { call: CallDetail; refetch: () => void }) => {
  const { t } = useTranslation()
  const format = useFormat()
  const mayExport = useMay('calls.export')
  const live = useLiveCalls().find((c) => c.id === call.id)
  const title = t('calls.callOf', { when: format.dateTime(call.startedAt) })
  return (
    <Page
      title={title}
      lead={<Facts call={call} />}
      actions={
        mayExport && (
          <>
            {call.listenPurposes.includes('evidence') && <EvidencePackage call={call} />}
            {call.listenPurposes.length > 0 && <ExportVcon call={call} />}
          </>
        )
      }
    >
      {call.ending === 'interrupted' && <Notice tone="warn">{t('calls.interruptedHelp')}</Notice>}
      {!call.gapsProvable && !['not_recorded', 'destroyed'].includes(call.state) && (
        <Notice>{t('calls.notProvable')}</Notice>
      )}
      {live && (
        <Section title={t('calls.inProgress')}>
          <Controls call={live} />
          <Captions call={live} />
        </Section>
      )}
      {call.state !== 'live' && <CaptionsReceipt callId={call.id} />}
      {call.state !== 'live' && <Conversation call={call} onChanged={refetch} />}
      <Section title={t('calls.whyRecorded')}>
        <DecisionWords call={call} />
      </Section>
      <TermsSection call={call} />
      {useMay('callers.link') && <CallerSection callId={call.id} />}
      <RightsSection callId={call.id} />
      {call.legs.length > 0 && (
        <Section title={t('calls.lanes')}>
          <LegTable call={call} />
        </Section>
      )}
      {call.gaps.length > 0 && (
        <Section title={t('calls.gaps')} lead={t('calls.gapsLead')}>
          <GapTable call={call} />
        </Section>
      )}
      {call.marks.length > 0 && (
        <Section title={t('calls.marks')}>
          <MarkList call={call} />
        </Section>
      )}
      {useMay('access.read') && (
        <Section title={t('calls.whoListened')}>
          <AccessTable callId={call.id} />
        </Section>
      )}
    </Page>
  )
}

const Facts = ({ call }: { call: CallDetail }) => {
  const { t } = useTranslation()
  const format = useFormat()
  const customer = [call.customerName, call.customerAddress].filter(Boolean).join(' · ')
  const words = [
    call.direction && t(`calls.direction.${call.direction}`),
    call.queue,
    format.clock(call.durationMs),
    customer && t('calls.customerIs', { who: customer }),
    call.agentName && t('calls.agentIs', { who: call.agentName }),
    call.fileName,
  ]
  return (
    <Stack gap={6}>
      <span>{words.filter(Boolean).join(' · ')}</span>
      <Group gap={6}>
        <StatusTag call={call} />
        <Tag>{t(`calls.protocol.${call.protocol}`)}</Tag>
        {call.difficult && <Tag tone="warn">{t('calls.difficult')}</Tag>}
        {call.alerts.map((alert) => (
          <Tag key={alert} tone="bad">
            {t(`calls.alert.${alert}`)}
          </Tag>
        ))}
      </Group>
    </Stack>
  )
}

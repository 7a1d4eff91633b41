import { Button, Group, Select, TextInput } from '@mantine/core'
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { CallDetail, Gap, ListenGrant } from '../../../contract/models/calls.ts'
import type { PurposeKey } from '../../../contract/models/common.ts'
import type { AgreementKind } from '../../../contract/models/retention.ts'
import type { T } from '../../i18n.ts'
import { useFormat } from '../../kit/format.ts'
import { submitting } from '../../kit/form.ts'
import { IconPlay } from '../../kit/icons.tsx'
import { Section } from '../../kit/Page.tsx'
import { Notice, ProblemNotice } from '../../kit/states.tsx'
import { usePurposeName } from '../../purposes.ts'
import { useAct } from '../../queries.ts'
import { CaseField } from './CaseField.tsx'
import { segmentWords } from './parts.tsx'
import { CallPlayer } from './player/CallPlayer.tsx'
import type { Playhead } from './player/playhead.ts'

const reasonAtLeast = 5

type ListenProps = {
  call: CallDetail
  playhead: Playhead
  /** A text is read beside it. */
  beside: boolean
  /** What the copy that is heard leaves out. */
  onHeard: (gaps: Gap[]) => void
  onChanged: () => void
}

/** Asks for a purpose before anything is heard; what is asked and given is written into the access records. */
export const Listen = ({ call, playhead, beside, onHeard, onChanged }: ListenProps) => {
  const { t } = useTranslation()
  const format = useFormat()
  const purposeName = usePurposeName()
  const [chosen, setChosen] = useState<PurposeKey | null>(null)
  const [reason, setReason] = useState('')
  const [caseRef, setCaseRef] = useState('')
  const [grant, setGrant] = useState<ListenGrant | null>(null)
  const purpose = chosen ?? call.listenPurposes[0] ?? null
  const parts = call.renditions.filter((r) => r.purpose === purpose && r.state === 'sealed')
  const [picked, setPicked] = useState<number | null>(null)
  const part = parts.find((r) => r.segment === picked) ?? parts[0]
  const listen = useAct('POST /calls/:callId/listen', {
    announceProblem: false,
    refresh: ['GET /calls/:callId/accesses'],
    onDone: (given) => {
      setGrant(given)
      onHeard(given.gaps)
    },
  })
  const form = useRef<HTMLFormElement>(null)
  const [startMs, setStartMs] = useState<number | null>(null)
  const asking = grant === null
  useEffect(() => {
    if (!asking) return
    return playhead.playedBy((ms) => {
      setStartMs(ms)
      form.current?.requestSubmit()
    })
  }, [playhead, asking])
  if (grant) {
    return (
      <Section title={t('calls.listen')} lead={t('calls.listeningFor', { purpose: purposeName(purpose ?? '') })}>
        <CallPlayer grant={grant} marks={call.marks} playhead={playhead} startMs={startMs} small={beside} />
      </Section>
    )
  }
  if (!purpose) return <NothingToHear call={call} onChanged={onChanged} />
  const needsReason = part?.material === 'original'
  return (
    <Section title={t('calls.listen')} lead={t('calls.listenLead')}>
      <ProblemNotice problem={listen.error} />
      <form
        ref={form}
        onSubmit={submitting(() => {
          if (!listen.isPending)
            listen.mutate({ params: { callId: call.id }, body: { purpose, segment: part?.segment, reason, caseRef } })
        })}
      >
        <Group align="flex-end">
          <Select
            label={t('calls.purposeAsk')}
            allowDeselect={false}
            data={call.listenPurposes.map((p) => ({ value: p, label: purposeName(p) }))}
            value={purpose}
            onChange={(value) => setChosen(value)}
          />
          {parts.length > 1 && (
            <Select
              label={t('calls.segment')}
              allowDeselect={false}
              data={parts.map((r) => ({ value: String(r.segment), label: segmentWords(r, t, format) }))}
              value={String(part?.segment ?? 0)}
              onChange={(value) => setPicked(Number(value))}
            />
          )}
          <TextInput
            label={needsReason ? t('calls.reasonAsk') : t('calls.reasonOptional')}
            flex="1 1 240px"
            required={needsReason}
            minLength={needsReason ? reasonAtLeast : 0}
            maxLength={500}
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
          />
          <CaseField value={caseRef} onChange={setCaseRef} flex="0 1 180px" />
          <Button type="submit" leftSection={<IconPlay />} loading={listen.isPending}>
            {t('calls.listen')}
          </Button>
        </Group>
      </form>
    </Section>
  )
}

/** Which documents open training use: one of every list. */
const lockedWords = ({ country, needs }: NonNullable<CallDetail['locked']>, t: T): string => {
  const kind = (name: string): string => t(`calls.agreement.${name as AgreementKind}`)
  return t('calls.nothing.locked', {
    country,
    needs: needs.map((kinds) => kinds.map(kind).join(t('calls.agreement.or'))).join('; '),
  })
}

/** Why there is no audio for this person. */
const NothingToHear = ({ call, onChanged }: { call: CallDetail; onChanged: () => void }) => {
  const { t } = useTranslation()
  const audio = call.renditions.filter((r) => r.purpose !== 'processing')
  const again = (
    <Button size="xs" variant="default" onClick={onChanged}>
      {t('calls.lookAgain')}
    </Button>
  )
  if (call.state === 'destroyed') return <Notice>{t('calls.nothing.destroyed')}</Notice>
  if (call.state === 'not_recorded') return <Notice>{t('calls.nothing.notRecorded')}</Notice>
  if (call.state === 'sealing' || audio.some((r) => r.state === 'pending'))
    return (
      <Notice tone="accent" action={again}>
        {t('calls.nothing.preparing')}
      </Notice>
    )
  if (call.locked) return <Notice tone="warn">{lockedWords(call.locked, t)}</Notice>
  if (audio.some((r) => r.state === 'sealed')) return <Notice tone="warn">{t('calls.nothing.role')}</Notice>
  return <Notice>{t('calls.nothing.lapsed')}</Notice>
}

import { Button, Group, Radio, Stack, Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { RightsCall, RightsRequest } from '../../../contract/models/rights.ts'
import { submitting } from '../../kit/form.ts'
import { useFormat } from '../../kit/format.ts'
import { ProblemNotice, Ready, Tag } from '../../kit/states.tsx'
import { useAct, useApi } from '../../queries.ts'
import { type Passage, Silenced, typed } from '../calls/package/Passages.tsx'
import { released, underWay } from './due.ts'
import { refreshed, Step } from './parts.tsx'
import { Report, Totals } from './Report.tsx'
import styles from './requests.module.css'

type Props = { request: RightsRequest; mayWrite: boolean }
const pageSize = 20

/** The calls of a request about every one of them: what became of all together, and of each. */
export const Calls = ({ request, mayWrite }: Props) => {
  const { t } = useTranslation()
  const [limit, setLimit] = useState(pageSize)
  const calls = useApi(
    'GET /rights/requests/:requestId/calls',
    { params: { requestId: request.id }, query: { limit } },
    { refetchInterval: underWay(request) && 2000 },
  )
  const { refetch } = calls
  useEffect(() => void refetch(), [refetch, request.actedAt, request.calls.done])
  const gives = released.includes(request.kind)
  return (
    <Step title={t('requests.calls.title')} lead={t(gives ? 'requests.calls.look' : 'requests.calls.lead')}>
      <Ready query={calls}>
        {({ items, next, totals }) => (
          <Stack gap="xs">
            {request.begunAt && <Totals totals={totals} />}
            <ul className={styles.calls}>
              {items.map((call) => (
                <Call key={call.callId} request={request} call={call} mayWrite={mayWrite && gives} />
              ))}
            </ul>
            {next && limit < 200 && (
              <Group>
                <Button variant="subtle" onClick={() => setLimit(200)}>
                  {t('requests.calls.more')}
                </Button>
              </Group>
            )}
            {next && limit >= 200 && <Text size="sm">{t('requests.calls.first', { count: items.length })}</Text>}
          </Stack>
        )}
      </Ready>
    </Step>
  )
}

const Call = ({ request, call, mayWrite }: Props & { call: RightsCall }) => {
  const { t } = useTranslation()
  const format = useFormat()
  const [open, setOpen] = useState(false)
  const when = call.startedAt ? format.dateTime(call.startedAt) : call.callId
  return (
    <li>
      <Group gap="xs">
        <Link to="/calls/$callId" params={{ callId: call.callId }}>
          {when}
        </Link>
        <span className="quiet">{format.clock(call.durationMs)}</span>
        <State request={request} call={call} />
        {(call.report ?? (mayWrite && !call.gone)) && (
          <Button
            variant="subtle"
            size="compact-sm"
            aria-expanded={open}
            aria-label={t(call.report ? 'requests.calls.whatOf' : 'requests.calls.audioOf', { when })}
            onClick={() => setOpen(!open)}
          >
            {t(call.report ? 'requests.calls.what' : 'requests.calls.audio')}
          </Button>
        )}
      </Group>
      {open && call.report && <Report report={call.report} />}
      {open && !call.report && <Audio request={request} call={call} onSaved={() => setOpen(false)} />}
    </li>
  )
}

const State = ({ request, call }: { request: RightsRequest; call: RightsCall }) => {
  const { t } = useTranslation()
  if (call.gone) return <Tag>{t('requests.calls.gone')}</Tag>
  if (released.includes(request.kind)) {
    const audio = call.audio === null ? 'unseen' : call.audio ? 'given' : 'withheld'
    return <Tag tone={call.audio === null ? 'warn' : 'neutral'}>{t(`requests.calls.${audio}`)}</Tag>
  }
  if (!request.begunAt) return null
  if (call.doneAt) return <Tag tone="good">{t('requests.calls.done')}</Tag>
  return <Tag tone="warn">{t(call.report?.failed.length ? 'requests.calls.failed' : 'requests.calls.waiting')}</Tag>
}

/** Whether a copy gives the audio of a call that was looked at, and what is silent in it. */
const Audio = ({ request, call, onSaved }: { request: RightsRequest; call: RightsCall; onSaved: () => void }) => {
  const { t } = useTranslation()
  const [audio, setAudio] = useState(call.audio === false ? 'no' : 'yes')
  const [silenced, setSilenced] = useState<Passage[]>([])
  const legs = useApi('GET /calls/:callId', { params: { callId: call.callId } }).data?.legs ?? []
  const save = useAct('POST /rights/requests/:requestId/calls/:callId', {
    refresh: [...refreshed],
    announceProblem: false,
    onDone: onSaved,
  })
  const masks = typed(silenced)
  const send = (): void => {
    if (!masks) return
    const params = { requestId: request.id, callId: call.callId }
    save.mutate({ params, body: { audio: audio === 'yes', masks: audio === 'yes' ? masks : [] } })
  }
  return (
    <form onSubmit={submitting(send)} className={styles.audio}>
      <Stack gap="xs">
        <Radio.Group label={t('requests.calls.audioAsk')} value={audio} onChange={setAudio}>
          <Stack gap={8} mt={6}>
            <Radio value="yes" label={t('requests.calls.give')} />
            <Radio value="no" label={t('requests.calls.withhold')} />
          </Stack>
        </Radio.Group>
        {audio === 'yes' && <Silenced legs={legs} value={silenced} onChange={setSilenced} />}
        <ProblemNotice problem={save.error} />
        <Group>
          <Button type="submit" variant="default" loading={save.isPending} disabled={!masks}>
            {t('requests.calls.save')}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

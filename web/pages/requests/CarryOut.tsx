import { Button, Group, Select, Stack, Text, Textarea } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { RightsRequest } from '../../../contract/models/rights.ts'
import { base } from '../../api.ts'
import { ask } from '../../kit/confirm.tsx'
import { submitting } from '../../kit/form.ts'
import { useFormat } from '../../kit/format.ts'
import { IconDownload } from '../../kit/icons.tsx'
import { Notice, ProblemNotice } from '../../kit/states.tsx'
import { useAct, useApi } from '../../queries.ts'
import { type Passage, Silenced, typed } from '../calls/package/Passages.tsx'
import { released, underWay } from './due.ts'
import { refreshed, Step } from './parts.tsx'
import { Report } from './Report.tsx'

type Props = { request: RightsRequest; mayWrite: boolean }
type Grounds = 'accuracy' | 'unlawful' | 'claims' | 'objection'
const allGrounds: Grounds[] = ['accuracy', 'unlawful', 'claims', 'objection']
const final: readonly string[] = ['erasure', 'objection']

/** The one step that does what was asked, and what came of it. */
export const CarryOut = ({ request, mayWrite }: Props) => {
  const { t } = useTranslation()
  const format = useFormat()
  const { kind, scope, calls, actedAt, report, releasedUntil } = request
  return (
    <Step title={t('requests.act.title')} lead={t(`requests.act.${kind}`)}>
      {underWay(request) && <Notice>{t('requests.act.underWay', { done: calls.done, all: calls.all })}</Notice>}
      {actedAt && <Notice tone="good">{t('requests.act.done', { at: format.dateTime(actedAt) })}</Notice>}
      {report && <Report report={report} />}
      {releasedUntil && (
        <Stack gap="xs">
          <Text size="sm">
            {t(scope === 'call' ? 'requests.act.released' : 'requests.act.releasedAll', {
              day: format.day(releasedUntil.slice(0, 10)),
            })}
          </Text>
          <Group>
            <Button
              component="a"
              variant="default"
              href={`${base}/rights/requests/${request.id}/package`}
              leftSection={<IconDownload />}
            >
              {t('requests.act.preview')}
            </Button>
          </Group>
        </Stack>
      )}
      {kind === 'restriction' && actedAt && <Lift request={request} />}
      {mayWrite && request.identity && !underWay(request) && (!actedAt || released.includes(kind)) && (
        <ActForm request={request} />
      )}
    </Step>
  )
}

const ActForm = ({ request }: { request: RightsRequest }) => {
  const { t } = useTranslation()
  const { kind } = request
  const [grounds, setGrounds] = useState<Grounds>('accuracy')
  const [text, setText] = useState(request.details ?? '')
  const [silenced, setSilenced] = useState<Passage[]>([])
  // of every call, passages are chosen call by call
  const chooses = released.includes(kind) && request.scope === 'call'
  const call = useApi('GET /calls/:callId', { params: { callId: request.callId ?? '' } }, { enabled: chooses }).data
  const act = useAct('POST /rights/requests/:requestId/act', { refresh: [...refreshed], announceProblem: false })
  const masks = typed(silenced)
  const run = (): void =>
    act.mutate({
      params: { requestId: request.id },
      body: {
        masks: masks ?? [],
        ...(kind === 'restriction' && { grounds }),
        ...(kind === 'rectification' && { text }),
      },
    })
  const send = (): void => {
    if (!masks) return
    if (!final.includes(kind)) return run()
    ask(t, {
      title: t(`requests.act.do.${kind}`),
      body:
        request.scope === 'call'
          ? t(`requests.act.${kind}`)
          : `${t(`requests.act.${kind}`)} ${t('requests.about.all', { count: request.calls.all })}`,
      yes: t(`requests.act.do.${kind}`),
      onYes: run,
    })
  }
  return (
    <form onSubmit={submitting(send)}>
      <Stack gap="xs">
        {kind === 'restriction' && (
          <Select
            label={t('requests.act.grounds')}
            allowDeselect={false}
            data={allGrounds.map((value) => ({ value, label: t(`requests.act.ground.${value}`) }))}
            value={grounds}
            onChange={(v) => setGrounds(v as Grounds)}
          />
        )}
        {kind === 'rectification' && (
          <Textarea
            label={t('requests.act.text')}
            required
            maxLength={4000}
            autosize
            minRows={2}
            value={text}
            onChange={(e) => setText(e.currentTarget.value)}
          />
        )}
        {chooses && (
          <>
            <Text size="sm">{t('requests.act.masks')}</Text>
            <Silenced legs={call?.legs ?? []} value={silenced} onChange={setSilenced} />
          </>
        )}
        <ProblemNotice problem={act.error} />
        <Group>
          <Button
            type="submit"
            {...(final.includes(kind) && { color: 'red' })}
            loading={act.isPending}
            disabled={!masks}
          >
            {t(`requests.act.do.${kind}`)}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

const Lift = ({ request }: { request: RightsRequest }) => {
  const { t } = useTranslation()
  const lift = useAct('POST /rights/requests/:requestId/lift', { refresh: [...refreshed] })
  if (!request.restricts) return null
  const send = (): void =>
    ask(t, {
      title: t('requests.act.lift'),
      body: t('requests.act.liftAsk'),
      yes: t('requests.act.liftYes'),
      danger: false,
      onYes: () => lift.mutate({ params: { requestId: request.id }, body: { told: true } }),
    })
  return (
    <Group>
      <Button variant="default" loading={lift.isPending} onClick={send}>
        {t('requests.act.lift')}
      </Button>
    </Group>
  )
}

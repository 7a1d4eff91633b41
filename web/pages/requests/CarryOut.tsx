import { Button, Group, Select, Stack, Text, Textarea } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { RightsReport, RightsRequest } from '../../../contract/models/rights.ts'
import { base } from '../../api.ts'
import { ask } from '../../kit/confirm.tsx'
import { submitting } from '../../kit/form.ts'
import { useFormat } from '../../kit/format.ts'
import { IconDownload } from '../../kit/icons.tsx'
import { Notice, ProblemNotice } from '../../kit/states.tsx'
import { useAct, useApi } from '../../queries.ts'
import { type Passage, Silenced, spanOf } from '../calls/package/Passages.tsx'
import { usePurposeName } from '../../purposes.ts'
import { refreshed, Step } from './Handling.tsx'
import styles from './requests.module.css'

type Props = { request: RightsRequest; mayWrite: boolean }
type Grounds = 'accuracy' | 'unlawful' | 'claims' | 'objection'
const allGrounds: Grounds[] = ['accuracy', 'unlawful', 'claims', 'objection']
const released: readonly string[] = ['access', 'copy', 'portability']
const final: readonly string[] = ['erasure', 'objection']

/** The one step that does what was asked, and what came of it. */
export const CarryOut = ({ request, mayWrite }: Props) => {
  const { t } = useTranslation()
  const format = useFormat()
  const { kind, actedAt, report, releasedUntil } = request
  return (
    <Step title={t('requests.act.title')} lead={t(`requests.act.${kind}`)}>
      {actedAt && <Notice tone="good">{t('requests.act.done', { at: format.dateTime(actedAt) })}</Notice>}
      {report && <Report report={report} />}
      {releasedUntil && (
        <Stack gap="xs">
          <Text size="sm">{t('requests.act.released', { day: format.day(releasedUntil.slice(0, 10)) })}</Text>
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
      {mayWrite && request.identity && (!actedAt || released.includes(kind)) && <ActForm request={request} />}
    </Step>
  )
}

const ActForm = ({ request }: { request: RightsRequest }) => {
  const { t } = useTranslation()
  const { kind } = request
  const [grounds, setGrounds] = useState<Grounds>('accuracy')
  const [text, setText] = useState(request.details ?? '')
  const [silenced, setSilenced] = useState<Passage[]>([])
  const call = useApi(
    'GET /calls/:callId',
    { params: { callId: request.callId } },
    { enabled: released.includes(kind) },
  ).data
  const act = useAct('POST /rights/requests/:requestId/act', { refresh: [...refreshed], announceProblem: false })
  const spans = silenced.map((passage) => ({ passage, span: spanOf(passage) }))
  const valid = spans.every(({ span }) => span !== null)
  const masks = spans.flatMap(({ passage, span }) =>
    span ? [{ ...span, ...(passage.lane !== null && { lane: passage.lane }) }] : [],
  )
  const run = (): void =>
    act.mutate({
      params: { requestId: request.id },
      body: { masks, ...(kind === 'restriction' && { grounds }), ...(kind === 'rectification' && { text }) },
    })
  const send = (): void => {
    if (!valid) return
    if (!final.includes(kind)) return run()
    ask(t, {
      title: t(`requests.act.do.${kind}`),
      body: t(`requests.act.${kind}`),
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
        {released.includes(kind) && (
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
            disabled={!valid}
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
  const rights = useApi('GET /calls/:callId/rights', { params: { callId: request.callId } })
  const lift = useAct('POST /rights/requests/:requestId/lift', { refresh: [...refreshed] })
  if (!rights.data?.restrictions.some(({ requestId }) => requestId === request.id)) return null
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

const Report = ({ report }: { report: RightsReport }) => {
  const { t } = useTranslation()
  const format = useFormat()
  const name = usePurposeName()
  const ended = [...new Set(report.ended.map(({ purpose }) => purpose))]
  const lines = [
    ...ended.map((purpose) => t('requests.report.ended', { purpose: name(purpose) })),
    ...report.kept.map(({ purpose, article, lastDay, why }) =>
      t('requests.report.kept', {
        purpose: name(purpose),
        day: format.day(lastDay),
        article,
        why: t(`requests.report.why.${why}`),
      }),
    ),
    ...report.failed.map(({ purpose }) => t('requests.report.failed', { purpose: name(purpose) })),
  ]
  return (
    <>
      <h4>{t('requests.report.title')}</h4>
      {lines.length === 0 && <Text size="sm">{t('requests.report.nothing')}</Text>}
      <ul className={styles.report}>
        {lines.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
      {report.destroyed && <Text size="sm">{t('requests.report.destroyed')}</Text>}
    </>
  )
}

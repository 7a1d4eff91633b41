import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import type { SpeechEngines, SpeechQueue } from '../../../contract/models/transcripts.ts'
import { textOf } from '../../i18n.ts'
import { DataTable, type Column } from '../../kit/DataTable.tsx'
import { useFormat } from '../../kit/format.ts'
import { Page, Section } from '../../kit/Page.tsx'
import { Notice, Ready, Tag } from '../../kit/states.tsx'
import { useAct, useApi } from '../../queries.ts'
import { CaptionSpeedSection } from './CaptionSpeedSection.tsx'

const readAgainMs = 5000

/** Which engine writes down which language, and what waits for it. */
export const SpeechPage = () => {
  const { t } = useTranslation()
  const engines = useApi('GET /speech/engines', undefined, { refetchInterval: readAgainMs })
  const queue = useApi('GET /speech/queue', undefined, { refetchInterval: readAgainMs })
  return (
    <Page title={t('speech.title')} lead={t('speech.lead')}>
      <Ready query={engines}>{(found) => <Engines engines={found} />}</Ready>
      <CaptionSpeedSection />
      <Ready query={queue}>{(found) => <Queue queue={found} />}</Ready>
    </Page>
  )
}

type Row = SpeechEngines['languages'][number]

const Engines = ({ engines }: { engines: SpeechEngines }) => {
  const { t } = useTranslation()
  const columns: Column<Row>[] = [
    { key: 'language', header: t('speech.language'), main: true, cell: (row) => t(`spoken.${row.language}`) },
    { key: 'after', header: t('speech.after'), cell: (row) => <Engine serving={row.batch} /> },
    { key: 'during', header: t('speech.during'), cell: (row) => <Engine serving={row.live} /> },
    {
      key: 'todo',
      header: t('speech.todo'),
      cell: (row) => (row.step ? t(`speech.steps.${row.step}`, { dir: engines.modelsDir }) : '–'),
    },
  ]
  const wrong = [
    ...engines.refused.map(({ folder, reason }) => ({ what: folder, why: reason })),
    ...engines.failed.map(({ engine, reason }) => ({ what: engine, why: reason })),
  ]
  return (
    <>
      <Section title={t('speech.engines')}>
        <DataTable
          caption={t('speech.engines')}
          columns={columns}
          rows={engines.languages}
          rowKey={(row) => row.language}
        />
        <p className="quiet">
          {t('speech.folder', { dir: engines.modelsDir })}{' '}
          {t('speech.detector', { engine: engines.detector.engine, model: engines.detector.model })}
        </p>
      </Section>
      <Section title={t('speech.meaning')}>
        <Meaning meaning={engines.meaning} />
      </Section>
      {wrong.length > 0 && (
        <Section title={t('speech.refused')} lead={t('speech.refusedLead')}>
          <DataTable
            caption={t('speech.refused')}
            columns={[
              { key: 'what', header: t('speech.what'), main: true, cell: (row) => row.what },
              { key: 'why', header: t('speech.why'), cell: (row) => row.why },
            ]}
            rows={wrong}
            rowKey={(row) => `${row.what} ${row.why}`}
          />
        </Section>
      )}
    </>
  )
}

/** Who says what turns mean, and how far it is. */
const Meaning = ({ meaning }: Pick<SpeechEngines, 'meaning'>) => {
  const { t } = useTranslation()
  const format = useFormat()
  if (!meaning) return <p className="quiet">{t('speech.meaningNone')}</p>
  const { model, host, read, all, failure } = meaning
  return (
    <>
      <p>
        {t('speech.meaningBy', { model, host })}{' '}
        {t('speech.meaningRead', { read: format.number(read), all: format.number(all) })}
      </p>
      {failure !== null && (
        <Notice tone="warn">{t('speech.meaningFailed', { why: textOf(t, `problems.${failure}`) ?? failure })}</Notice>
      )}
    </>
  )
}

const Engine = ({ serving }: { serving: Row['batch'] }) => {
  const { t } = useTranslation()
  if (!serving) return <Tag tone="warn">{t('speech.nobody')}</Tag>
  const { realTimeFactor, liveCalls } = serving
  return (
    <div>
      {serving.engine} {serving.model} {serving.demo && <Tag tone="warn">{t('speech.demo')}</Tag>}
      <div className="quiet under">
        {realTimeFactor === null
          ? t('speech.unmeasured')
          : t('speech.factor', { factor: Number(realTimeFactor.toPrecision(2)) })}
        {liveCalls !== null && ` · ${t('speech.carries', { count: liveCalls })}`}
      </div>
    </div>
  )
}

const Queue = ({ queue }: { queue: SpeechQueue }) => {
  const { t } = useTranslation()
  const format = useFormat()
  const retry = useAct('POST /speech/queue/:callId/retry', {
    refresh: ['GET /speech/queue'],
    done: t('speech.retried'),
  })
  const counts = [
    queue.waiting > 0 && t('speech.waiting', { n: format.number(queue.waiting) }),
    queue.running > 0 && t('speech.running', { n: format.number(queue.running) }),
    queue.withoutEngine > 0 && t('speech.withoutEngine', { n: format.number(queue.withoutEngine) }),
    queue.failed > 0 && t('speech.failedCount', { n: format.number(queue.failed) }),
  ].filter((text) => text !== false)
  const columns: Column<SpeechQueue['failures'][number]>[] = [
    {
      key: 'call',
      header: t('speech.call'),
      main: true,
      cell: (row) => (
        <Link to="/calls/$callId" params={{ callId: row.callId }}>
          {format.dateTime(row.startedAt)}
        </Link>
      ),
    },
    {
      key: 'why',
      header: t('speech.why'),
      cell: (row) =>
        textOf(t, `transcript.reasons.${row.reason}`) ?? t('transcript.reasons.engine', { code: row.reason }),
    },
    {
      key: 'retry',
      header: t('speech.retry'),
      kind: 'actions',
      cell: (row) => (
        <Button
          variant="default"
          size="xs"
          loading={retry.isPending}
          onClick={() => retry.mutate({ params: { callId: row.callId } })}
        >
          {t('speech.retry')}
        </Button>
      ),
    },
  ]
  return (
    <Section title={t('speech.queue')}>
      {counts.length === 0 && <Notice>{t('speech.allDone')}</Notice>}
      {counts.length > 0 && <p>{counts.join(' · ')}</p>}
      {queue.now.map(({ callId, doneMs, speechMs }) => (
        <p key={callId}>
          <Link to="/calls/$callId" params={{ callId }}>
            {t('speech.call')}
          </Link>{' '}
          {t('speech.now', { done: format.clock(doneMs), all: format.clock(speechMs) })}
        </p>
      ))}
      {queue.failures.length > 0 && (
        <DataTable caption={t('speech.failed')} columns={columns} rows={queue.failures} rowKey={(row) => row.callId} />
      )}
    </Section>
  )
}

import { useTranslation } from 'react-i18next'
import type { Reply } from '../../api.ts'
import { CopyField } from '../../kit/copy.tsx'
import { DataTable } from '../../kit/DataTable.tsx'
import { useFormat } from '../../kit/format.ts'
import { Page, Section } from '../../kit/Page.tsx'
import { Notice, Ready, Tag } from '../../kit/states.tsx'
import { useApi } from '../../queries.ts'
import { LogAlarm } from './LogAlarm.tsx'
import styles from './evidence.module.css'

export type Status = Reply<'GET /log/status'>

const readAgainMs = 15_000

/** How far the proof reaches: the log, its time stamps and witnesses, and what strangers need to follow it. */
export const EvidencePage = () => {
  const { t } = useTranslation()
  const status = useApi('GET /log/status', undefined, { refetchInterval: readAgainMs })
  return (
    <Page title={t('proof.title')} lead={t('proof.lead')}>
      <Ready query={status}>{(log) => <Whole log={log} />}</Ready>
      <Logs />
    </Page>
  )
}

const Whole = ({ log }: { log: Status }) => {
  const { t } = useTranslation()
  return (
    <>
      {log.alarm && <LogAlarm alarm={log.alarm} queued={log.queued} />}
      <Section title={t('proof.log.title')} lead={t('proof.log.lead')}>
        <Signed log={log} />
      </Section>
      <Section title={t('proof.stamps.title')} lead={t(`proof.level.${log.stamps.level}`)}>
        <Stamps stamps={log.stamps} />
      </Section>
      <Section title={t('proof.witnesses.title')} lead={t('proof.witnesses.lead')}>
        <Witnesses witnesses={log.witnesses} />
      </Section>
    </>
  )
}

const Signed = ({ log }: { log: Status }) => {
  const { t } = useTranslation()
  const format = useFormat()
  if (!log.checkpoint) return <Notice>{t('proof.log.none')}</Notice>
  return (
    <>
      <p className={styles.flat}>
        {t('proof.log.signed', {
          size: format.number(log.checkpoint.size),
          at: format.dateTime(log.checkpoint.signedAt),
        })}{' '}
        {log.queued > 0 && t('proof.log.queued', { count: log.queued })}
      </p>
      {log.vkey && <CopyField label={t('proof.log.key')} value={log.vkey} />}
    </>
  )
}

const Stamps = ({ stamps }: { stamps: Status['stamps'] }) => {
  const { t } = useTranslation()
  const format = useFormat()
  const { last, failure, late } = stamps
  return (
    <>
      {late && (
        <Notice tone="bad" title={t('proof.stamps.late')}>
          {t('proof.stamps.lateHelp')}
        </Notice>
      )}
      {failure && (
        <Notice tone="warn" title={t('proof.stamps.failing', { since: format.dateTime(failure.since) })}>
          {t('proof.stamps.why', { code: failure.reason ?? failure.code, count: failure.tries })}
        </Notice>
      )}
      <p className={styles.flat}>
        {last
          ? t('proof.stamps.last', {
              at: format.dateTime(last.stampedAt),
              authority: last.authority,
              size: format.number(last.size),
            })
          : t(stamps.level === 'self' ? 'proof.stamps.self' : 'proof.stamps.none')}
      </p>
    </>
  )
}

const Witnesses = ({ witnesses }: { witnesses: Status['witnesses'] }) => {
  const { t } = useTranslation()
  const format = useFormat()
  if (witnesses.length === 0) return <p className={`quiet ${styles.flat}`}>{t('proof.witnesses.none')}</p>
  return (
    <DataTable
      caption={t('proof.witnesses.title')}
      rows={witnesses}
      rowKey={({ name }) => name}
      columns={[
        { key: 'name', header: t('proof.witnesses.name'), main: true, cell: ({ name }) => name },
        {
          key: 'upTo',
          header: t('proof.witnesses.upTo'),
          cell: ({ at, size }) =>
            at ? t('proof.witnesses.saw', { size: format.number(size), at: format.dateTime(at) }) : '–',
        },
        {
          key: 'state',
          header: t('proof.witnesses.state'),
          cell: ({ problem }) =>
            problem ? <Tag tone="warn">{problem}</Tag> : <Tag tone="good">{t('proof.witnesses.agrees')}</Tag>,
        },
      ]}
    />
  )
}

/** All logs, a year each: what others need to follow them with their own tools. */
const Logs = () => {
  const { t } = useTranslation()
  const format = useFormat()
  const logs = useApi('GET /log')
  return (
    <Section title={t('proof.logs.title')} lead={t('proof.logs.lead')}>
      <Ready query={logs}>
        {({ items }) => (
          <DataTable
            caption={t('proof.logs.title')}
            rows={items}
            rowKey={({ name }) => name}
            columns={[
              { key: 'name', header: t('proof.logs.name'), main: true, cell: ({ name }) => name },
              {
                key: 'entries',
                header: t('proof.logs.entries'),
                kind: 'end',
                cell: ({ size }) => format.number(size),
              },
              {
                key: 'address',
                header: t('proof.logs.address'),
                cell: ({ prefix }) => <code>{`${globalThis.location.origin}${prefix}`}</code>,
              },
              { key: 'state', header: t('proof.logs.state'), cell: (log) => <LogState log={log} /> },
            ]}
          />
        )}
      </Ready>
    </Section>
  )
}

const LogState = ({ log: { endedAt, abandoned } }: { log: Reply<'GET /log'>['items'][number] }) => {
  const { t } = useTranslation()
  const format = useFormat()
  if (abandoned) return <Tag tone="bad">{t('proof.logs.abandoned')}</Tag>
  if (endedAt) return <Tag>{t('proof.logs.ended', { at: format.day(endedAt.slice(0, 10)) })}</Tag>
  return <Tag tone="good">{t('proof.logs.written')}</Tag>
}

import { Button } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import type { CallerPurpose, CallerView } from '../../../contract/models/rights.ts'
import { apiFile, type ApiProblem } from '../../api.ts'
import { currentLocale, textOf } from '../../i18n.ts'
import { useFormat } from '../../kit/format.ts'
import { IconDownload } from '../../kit/icons.tsx'
import { saveFile } from '../../kit/save.ts'
import { Notice, ProblemNotice, Tag } from '../../kit/states.tsx'
import styles from './caller.module.css'

/** What is kept of the call, why and until when, what is missing, and who listened. */
export const Told = ({ view }: { view: CallerView }) => {
  const { t } = useTranslation()
  return (
    <>
      <State view={view} />
      <Part title={t(view.state === 'destroyed' ? 'caller.wasKeptFor' : 'caller.keptFor')}>
        <ul className={styles.purposes}>
          {view.purposes.map((purpose) => (
            <Purpose key={purpose.key} purpose={purpose} />
          ))}
        </ul>
        {view.purposes.length === 0 && <p>{t('caller.nothingKept')}</p>}
      </Part>
      <Listened view={view} />
      <Gaps view={view} />
      <Annotations view={view} />
    </>
  )
}

const Part = ({ title, children }: { title: string; children: ReactNode }) => (
  <section className={styles.part} aria-label={title}>
    <h2>{title}</h2>
    {children}
  </section>
)

const State = ({ view: { state, destroyed, held, restricted } }: { view: CallerView }) => {
  const { t } = useTranslation()
  const format = useFormat()
  if (destroyed)
    return (
      <Notice tone="good" title={t('caller.destroyed', { when: format.dateTime(destroyed.at) })}>
        {t('caller.destroyedHelp', { day: format.day(destroyed.copiesEnd) })}
      </Notice>
    )
  return (
    <>
      {state === 'in_progress' && <Notice>{t('caller.inProgress')}</Notice>}
      {restricted && <Notice>{t('requests.restricted')}</Notice>}
      {held && (
        <Notice tone="warn" title={t('caller.held')}>
          {t('caller.heldHelp')}
        </Notice>
      )}
    </>
  )
}

const Purpose = ({ purpose }: { purpose: CallerPurpose }) => {
  const { t } = useTranslation()
  const format = useFormat()
  const locale = currentLocale()
  const ended = purpose.endedAt && purpose.reason
  return (
    <li>
      <div className={styles.purposeHead}>
        <strong>{purpose.name?.[locale] ?? purpose.key}</strong>
        {purpose.state === 'live' ? (
          <Tag>{t('caller.until', { day: format.day(purpose.lastDay) })}</Tag>
        ) : (
          <Tag tone="good">{t('caller.ended')}</Tag>
        )}
      </div>
      {purpose.description && <p>{purpose.description[locale]}</p>}
      {purpose.audioLastDay && (
        <p className="quiet">{t('caller.audioUntil', { day: format.day(purpose.audioLastDay) })}</p>
      )}
      {ended && (
        <p className="quiet">
          {t('caller.endedBecause', { when: format.dateTime(purpose.endedAt ?? ''), why: t(`caller.why.${ended}`) })}
        </p>
      )}
      <p className="quiet">{purpose.ai ? t('caller.ai', { what: purpose.ai[locale] }) : t('caller.noAi')}</p>
      {purpose.consent === 'no' && purpose.state === 'live' && (
        <p className="quiet">{t('caller.saidNo', { article: purpose.article })}</p>
      )}
    </li>
  )
}

const Listened = ({ view: { listened, purposes } }: { view: CallerView }) => {
  const { t } = useTranslation()
  const format = useFormat()
  const locale = currentLocale()
  const nameOf = (key: string | null): string | null =>
    key && (purposes.find((p) => p.key === key)?.name?.[locale] ?? key)
  return (
    <Part title={t('caller.whoListened')}>
      {listened.length === 0 && <p>{t('caller.nobody')}</p>}
      <ul className={styles.lines}>
        {listened.map((one, i) => (
          <li key={i}>
            <strong>{textOf(t, `people.roles.${one.role}`) ?? t('caller.program')}</strong>
            {one.export && ` (${t('caller.exported')})`}
            <br />
            <span className="quiet">{[format.dateTime(one.at), nameOf(one.purpose)].filter(Boolean).join(' · ')}</span>
          </li>
        ))}
      </ul>
    </Part>
  )
}

const Gaps = ({ view: { gaps } }: { view: CallerView }) => {
  const { t } = useTranslation()
  const format = useFormat()
  if (gaps.length === 0) return null
  return (
    <Part title={t('caller.missing')}>
      <ul className={styles.lines}>
        {gaps.map(({ kind, ms }) => (
          <li key={kind}>
            {t(`caller.gap.${kind}`)} <span className="quiet">({format.clock(ms)})</span>
          </li>
        ))}
      </ul>
    </Part>
  )
}

/** What the caller says is wrong, as it stands beside the recording. */
const Annotations = ({ view: { annotations } }: { view: CallerView }) => {
  const { t } = useTranslation()
  const format = useFormat()
  if (annotations.length === 0) return null
  return (
    <Part title={t('requests.annotations')}>
      {annotations.map(({ at, text }) => (
        <p key={at}>
          {format.dateTime(at)}: {text}
        </p>
      ))}
    </Part>
  )
}

/** The caller's rights, what was asked already, and whom to turn to. */
export const Whom = ({ view, token }: { view: CallerView; token: string }) => {
  const { company, requests } = view
  const { t } = useTranslation()
  const format = useFormat()
  const contacts = company && [
    ...new Set(
      [company.callers.phone, company.callers.email, company.email, company.dpo.email, company.dpo.phone].filter(
        Boolean,
      ),
    ),
  ]
  return (
    <Part title={t('caller.rights')}>
      {requests.map((r) => (
        <div key={r.id}>
          <p>
            {t(r.state === 'open' ? 'caller.requestOpen' : 'caller.requestClosed', {
              what: t(`caller.request.${r.kind}`),
              day: format.day(r.dueOn),
            })}
          </p>
          {r.releasedUntil && <Fetch token={token} requestId={r.id} until={r.releasedUntil} />}
        </div>
      ))}
      <p>{t('caller.rightsHelp')}</p>
      {company && (
        <p>
          {[company.name, company.address].filter(Boolean).join(', ')}
          {contacts?.map((c) => (
            <span key={c} className={styles.contact}>
              {c}
            </span>
          ))}
        </p>
      )}
      <p>{t('caller.complain', { authority: company?.authority || t('caller.theAuthority') })}</p>
    </Part>
  )
}

/** What was asked for and is ready. */
const Fetch = ({ token, requestId, until }: { token: string; requestId: string; until: string }) => {
  const { t } = useTranslation()
  const format = useFormat()
  const get = useMutation<Blob, ApiProblem>({
    mutationFn: () => apiFile('POST /caller/package', { body: { token, requestId } }),
    onSuccess: (file) => saveFile('verbale.zip', file),
  })
  return (
    <>
      <Button
        variant="default"
        size="lg"
        fullWidth
        leftSection={<IconDownload />}
        loading={get.isPending}
        onClick={() => get.mutate()}
      >
        {t('requests.fetch')}
      </Button>
      <p className="quiet">{t('requests.fetchUntil', { day: format.day(until.slice(0, 10)) })}</p>
      <ProblemNotice problem={get.error} />
    </>
  )
}

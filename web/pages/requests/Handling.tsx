import { Anchor, Button, Group, Radio, Select, Stack, Text, Textarea } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import type { RightsRequest } from '../../../contract/models/rights.ts'
import { base } from '../../api.ts'
import { submitting } from '../../kit/form.ts'
import { useFormat } from '../../kit/format.ts'
import { Notice, ProblemNotice } from '../../kit/states.tsx'
import { useAct, useMay } from '../../queries.ts'
import { CarryOut } from './CarryOut.tsx'
import styles from './requests.module.css'

export const refreshed = ['GET /rights/requests', 'GET /calls/:callId/rights', 'GET /calls/:callId/terms'] as const

/** One request from its arrival to its answer. */
export const Handling = ({ request }: { request: RightsRequest }) => {
  const { t } = useTranslation()
  const format = useFormat()
  const mayWrite = useMay('governance.write') && request.state === 'open'
  return (
    <Stack gap="lg">
      <div>
        <Text size="sm">
          {t(`requests.channels.${request.channel}`)} · {format.dateTime(request.askedAt)} · {t('caller.dueOn')}{' '}
          {format.day(request.dueOn)}
        </Text>
        <Link to="/calls/$callId" params={{ callId: request.callId }}>
          {t('accesses.open')}
        </Link>
        {request.details && <blockquote className={styles.words}>{request.details}</blockquote>}
        {request.extension && (
          <Text size="sm">
            {t('requests.extension.was', {
              at: format.dateTime(request.extension.at),
              reason: request.extension.reason,
            })}
          </Text>
        )}
      </div>
      <Identity request={request} mayWrite={mayWrite} />
      <CarryOut request={request} mayWrite={mayWrite} />
      <Letters request={request} />
      {mayWrite && !request.extension && <Extend request={request} />}
      {mayWrite && <Close request={request} />}
      {request.state === 'closed' && request.outcome && (
        <Notice title={t(`requests.close.${request.decision ?? 'done'}`)}>{request.outcome}</Notice>
      )}
    </Stack>
  )
}

export const Step = ({ title, lead, children }: { title: string; lead?: string; children: ReactNode }) => (
  <section className={styles.step} aria-label={title}>
    <h3>{title}</h3>
    {lead && <p className="quiet small">{lead}</p>}
    {children}
  </section>
)

type StepProps = { request: RightsRequest; mayWrite: boolean }
const methods = ['document', 'call_back', 'knowledge'] as const

const Identity = ({ request, mayWrite }: StepProps) => {
  const { t } = useTranslation()
  const format = useFormat()
  const [method, setMethod] = useState<(typeof methods)[number] | ''>('')
  const save = useAct('POST /rights/requests/:requestId/identity', { refresh: [...refreshed], announceProblem: false })
  const { identity } = request
  if (identity)
    return (
      <Step title={t('requests.identity.title')}>
        <Notice tone="good">
          {t('requests.identity.known', {
            how: t(`requests.identity.methods.${identity.method}`),
            at: format.dateTime(identity.at),
          })}
        </Notice>
      </Step>
    )
  if (!mayWrite) return null
  const send = (): void => {
    if (method) save.mutate({ params: { requestId: request.id }, body: { method } })
  }
  return (
    <Step title={t('requests.identity.title')} lead={t('requests.identity.lead')}>
      <form onSubmit={submitting(send)}>
        <Stack gap="xs">
          <Radio.Group
            aria-label={t('requests.identity.title')}
            value={method}
            onChange={(v) => setMethod(v as (typeof methods)[number])}
          >
            <Stack gap={8}>
              {methods.map((one) => (
                <Radio key={one} value={one} label={t(`requests.identity.methods.${one}`)} />
              ))}
            </Stack>
          </Radio.Group>
          <ProblemNotice problem={save.error} />
          <Group>
            <Button type="submit" disabled={!method} loading={save.isPending}>
              {t('requests.identity.save')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Step>
  )
}

const languages = ['it', 'fr', 'en'] as const

const Letters = ({ request }: { request: RightsRequest }) => {
  const { t } = useTranslation()
  const kinds = [
    'received' as const,
    ...(request.extension ? ['extended' as const] : []),
    ...(request.actedAt || request.decision === 'refused' ? ['answer' as const] : []),
  ]
  const href = (kind: string, language: string): string =>
    `${base}/rights/requests/${request.id}/letter?kind=${kind}&language=${language}`
  return (
    <Step title={t('requests.letters.title')} lead={t('requests.letters.lead')}>
      <ul className={styles.letters}>
        {kinds.map((kind) => (
          <li key={kind}>
            <Anchor href={href(kind, request.language)} download>
              {t(`requests.letters.${kind}`)}
            </Anchor>
            {languages
              .filter((language) => language !== request.language)
              .map((language) => (
                <Anchor key={language} href={href(kind, language)} download size="sm">
                  {language.toUpperCase()}
                </Anchor>
              ))}
          </li>
        ))}
      </ul>
    </Step>
  )
}

const Extend = ({ request }: { request: RightsRequest }) => {
  const { t } = useTranslation()
  const [asking, setAsking] = useState(false)
  const [months, setMonths] = useState<'1' | '2'>('2')
  const [reason, setReason] = useState('')
  const extend = useAct('POST /rights/requests/:requestId/extend', { refresh: [...refreshed], announceProblem: false })
  const send = (): void =>
    extend.mutate({ params: { requestId: request.id }, body: { months: months === '1' ? 1 : 2, reason } })
  return (
    <Step title={t('requests.extension.title')} lead={t('requests.extension.lead')}>
      {asking ? (
        <form onSubmit={submitting(send)}>
          <Stack gap="xs">
            <Select
              label={t('requests.extension.months')}
              allowDeselect={false}
              data={[
                { value: '1', label: t('requests.extension.one') },
                { value: '2', label: t('requests.extension.two') },
              ]}
              value={months}
              onChange={(v) => setMonths(v as '1' | '2')}
            />
            <Textarea
              label={t('requests.extension.reason')}
              required
              minLength={5}
              maxLength={2000}
              autosize
              minRows={2}
              value={reason}
              onChange={(e) => setReason(e.currentTarget.value)}
            />
            <ProblemNotice problem={extend.error} />
            <Group>
              <Button type="submit" loading={extend.isPending}>
                {t('requests.extension.save')}
              </Button>
            </Group>
          </Stack>
        </form>
      ) : (
        <Group>
          <Button variant="default" onClick={() => setAsking(true)}>
            {t('requests.extension.title')}…
          </Button>
        </Group>
      )}
    </Step>
  )
}

const articles = ['12(5)', '12(6)', '15(4)', '17(3)(b)', '17(3)(e)', '20(1)', '21(1)'] as const
type Decision = NonNullable<RightsRequest['decision']>

const Close = ({ request }: { request: RightsRequest }) => {
  const { t } = useTranslation()
  const [chosen, setDecision] = useState<Decision | null>(null)
  const decision = chosen ?? (request.actedAt ? 'done' : 'refused')
  const [article, setArticle] = useState<(typeof articles)[number] | null>(null)
  const [outcome, setOutcome] = useState('')
  const close = useAct('POST /rights/requests/:requestId/close', { refresh: [...refreshed], announceProblem: false })
  const send = (): void =>
    close.mutate({
      params: { requestId: request.id },
      body: { decision, outcome, ...(decision !== 'done' && article && { article }) },
    })
  return (
    <Step title={t('caller.close')}>
      <form onSubmit={submitting(send)}>
        <Stack gap="xs">
          <Select
            label={t('requests.close.decision')}
            allowDeselect={false}
            data={(['done', 'partly', 'refused'] as const).map((value) => ({
              value,
              label: t(`requests.close.${value}`),
            }))}
            value={decision}
            onChange={(v) => setDecision(v as Decision)}
          />
          {decision !== 'done' && (
            <Select
              label={t('requests.close.article')}
              required
              data={articles.map((value) => ({ value, label: t(`requests.close.articles.${value}`) }))}
              value={article}
              onChange={(v) => setArticle(v as (typeof articles)[number] | null)}
            />
          )}
          <Textarea
            label={t('caller.whatWasDone')}
            required
            minLength={5}
            maxLength={2000}
            autosize
            minRows={2}
            value={outcome}
            onChange={(e) => setOutcome(e.currentTarget.value)}
          />
          <ProblemNotice problem={close.error} />
          <Group>
            <Button type="submit" variant="default" loading={close.isPending}>
              {t('caller.close')}
            </Button>
          </Group>
        </Stack>
      </form>
    </Step>
  )
}

import { Anchor, Button, Group, Select, Stack, Text, Textarea } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { RightsRequest } from '../../../contract/models/rights.ts'
import { base } from '../../api.ts'
import { submitting } from '../../kit/form.ts'
import { useFormat } from '../../kit/format.ts'
import { Notice, ProblemNotice } from '../../kit/states.tsx'
import { useAct, useMay } from '../../queries.ts'
import { Calls } from './Calls.tsx'
import { CarryOut } from './CarryOut.tsx'
import { Close } from './Close.tsx'
import { released } from './due.ts'
import { type Method, Methods, refreshed, Step } from './parts.tsx'
import styles from './requests.module.css'
import { Widen } from './Widen.tsx'

/** One request from its arrival to its answer. */
export const Handling = ({ request }: { request: RightsRequest }) => {
  const { t } = useTranslation()
  const format = useFormat()
  const mayWrite = useMay('governance.write') && request.state === 'open'
  const calls = request.scope === 'caller' && <Calls request={request} mayWrite={mayWrite} />
  // whose audio is given is chosen before it is released
  const looksFirst = released.includes(request.kind)
  return (
    <Stack gap="lg">
      <div>
        <Text size="sm">
          {t(`requests.channels.${request.channel}`)} · {format.dateTime(request.askedAt)} · {t('caller.dueOn')}{' '}
          {format.day(request.dueOn)}
        </Text>
        {request.scope === 'caller' && <Text size="sm">{t('requests.about.all', { count: request.calls.all })}</Text>}
        {request.callId && (
          <Link to="/calls/$callId" params={{ callId: request.callId }}>
            {t('accesses.open')}
          </Link>
        )}
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
      {mayWrite && request.identity && request.scope === 'call' && !request.actedAt && <Widen request={request} />}
      {looksFirst && calls}
      <CarryOut request={request} mayWrite={mayWrite} />
      {!looksFirst && calls}
      <Letters request={request} />
      {mayWrite && !request.extension && <Extend request={request} />}
      {mayWrite && <Close request={request} />}
      {request.state === 'closed' && request.outcome && (
        <Notice title={t(`requests.close.${request.decision ?? 'done'}`)}>{request.outcome}</Notice>
      )}
    </Stack>
  )
}

type StepProps = { request: RightsRequest; mayWrite: boolean }

const Identity = ({ request, mayWrite }: StepProps) => {
  const { t } = useTranslation()
  const format = useFormat()
  const [method, setMethod] = useState<Method | ''>('')
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
          <Methods value={method} onChange={setMethod} />
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

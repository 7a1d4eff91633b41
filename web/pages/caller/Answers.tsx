import { Button, Radio, Stack } from '@mantine/core'
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { CallerOutcome, CallerView, WorkingCopy } from '../../../contract/models/rights.ts'
import { currentLocale } from '../../i18n.ts'
import { submitting } from '../../kit/form.ts'
import { useFormat } from '../../kit/format.ts'
import { Notice, ProblemNotice } from '../../kit/states.tsx'
import { useAct } from '../../queries.ts'
import styles from './caller.module.css'
import { OtherRequest } from './OtherRequest.tsx'

type Kind = 'object' | 'withdraw'
type Said = { outcomes: CallerOutcome[]; workingCopy: WorkingCopy }
type AnswersProps = { token: string; view: CallerView; onAnswered: (view: CallerView) => void }

/** The three things a caller can do, each a press and a confirmation away, and what came of them. */
export const Answers = ({ token, view, onAnswered }: AnswersProps) => {
  const { t } = useTranslation()
  const format = useFormat()
  const [kind, setKind] = useState<Kind | 'other' | null>(null)
  const [said, setSaid] = useState<Said | null>(null)
  const copy = useAct('POST /caller/request', { announceProblem: false })
  const choose = (next: Kind | 'other'): void => {
    setSaid(null)
    setKind(next)
  }
  const done = (what: Said, seen: CallerView): void => {
    setKind(null)
    setSaid(what)
    onAnswered(seen)
  }
  // what was said may have ended everything: its outcome is shown all the same
  if (view.state === 'destroyed') return said && <Outcomes {...said} />
  return (
    <section className={styles.answers} aria-label={t('caller.youCan')}>
      <h2>{t('caller.youCan')}</h2>
      <ProblemNotice problem={copy.error} />
      {copy.data && (
        <div className={styles.outcomes}>
          <Notice tone="good" live title={t('caller.copyAsked')}>
            {t('caller.copyBy', { day: format.day(copy.data.request.dueOn) })}
          </Notice>
        </div>
      )}
      {said && <Outcomes {...said} />}
      {kind === 'other' ? (
        <OtherRequest token={token} onDone={() => setKind(null)} onCancel={() => setKind(null)} />
      ) : kind ? (
        <Confirm key={kind} kind={kind} token={token} view={view} onDone={done} onCancel={() => setKind(null)} />
      ) : (
        <Stack gap={10}>
          <Button size="lg" className={styles.big} fullWidth onClick={() => choose('object')}>
            {t('caller.object')}
          </Button>
          <Button size="lg" className={styles.big} fullWidth onClick={() => choose('withdraw')}>
            {t('caller.withdraw')}
          </Button>
          <Button
            size="lg"
            className={styles.big}
            fullWidth
            variant="default"
            loading={copy.isPending}
            onClick={() => copy.mutate({ body: { token, kind: 'copy', language: currentLocale() } })}
          >
            {t('caller.copy')}
          </Button>
          <Button size="lg" className={styles.big} fullWidth variant="subtle" onClick={() => choose('other')}>
            {t('requests.button')}
          </Button>
        </Stack>
      )}
    </section>
  )
}

type ConfirmProps = {
  kind: Kind
  token: string
  view: CallerView
  onDone: (said: Said, view: CallerView) => void
  onCancel: () => void
}
const everything = ''

const Confirm = ({ kind, token, view, onDone, onCancel }: ConfirmProps) => {
  const { t } = useTranslation()
  const locale = currentLocale()
  const [purpose, setPurpose] = useState(everything)
  const heading = useRef<HTMLHeadingElement>(null)
  // the buttons are gone: the keyboard goes on here
  useEffect(() => heading.current?.focus(), [])
  const act = useAct(kind === 'object' ? 'POST /caller/object' : 'POST /caller/withdraw', {
    announceProblem: false,
    onDone: ({ view: seen, ...said }) => onDone(said, seen),
  })
  const live = view.purposes.filter((p) => p.state === 'live')
  return (
    <form onSubmit={submitting(() => act.mutate({ body: { token, purpose: purpose || null } }))}>
      <Stack>
        <h3 ref={heading} tabIndex={-1} className={styles.ask}>
          {t(`caller.${kind}`)}
        </h3>
        <p className={styles.help}>{t(`caller.${kind}Help`)}</p>
        <Radio.Group label={t('caller.forWhat')} value={purpose} onChange={setPurpose}>
          <Stack gap={12} mt={8}>
            <Radio value={everything} label={t('caller.everything')} />
            {live.map((p) => (
              <Radio key={p.key} value={p.key} label={p.name?.[locale] ?? p.key} />
            ))}
          </Stack>
        </Radio.Group>
        <ProblemNotice problem={act.error} />
        <Button type="submit" size="lg" className={styles.big} fullWidth loading={act.isPending}>
          {t(`caller.${kind}Yes`)}
        </Button>
        <Button variant="default" size="lg" className={styles.big} fullWidth onClick={onCancel}>
          {t('common.cancel')}
        </Button>
      </Stack>
    </form>
  )
}

const tones = { ended: 'good', soon: 'good', held: 'warn', stays: 'warn' } as const

const Outcomes = ({ outcomes, workingCopy }: Said) => {
  const { t } = useTranslation()
  const locale = currentLocale()
  return (
    <output className={styles.outcomes}>
      <Notice tone="good" title={t('caller.written')}>
        {outcomes.length === 0 && t('caller.nothingToEnd')}
      </Notice>
      {outcomes.map((one) => (
        <Notice key={one.purpose} tone={tones[one.became]} title={one.name?.[locale] ?? one.purpose}>
          {t(`caller.became.${one.became}`)}
          {one.article && <span className={styles.article}>{one.article}</span>}
        </Notice>
      ))}
      {outcomes.length > 0 && workingCopy !== 'none' && (
        <Notice tone={workingCopy === 'held' ? 'warn' : 'good'} title={t('caller.workingCopy.title')}>
          {t(`caller.workingCopy.${workingCopy}`)}
        </Notice>
      )}
    </output>
  )
}

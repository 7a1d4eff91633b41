import { Button } from '@mantine/core'
import { useEffect, useLayoutEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Caption, CaptionState } from '../../../contract/models/captions.ts'
import type { LiveCall } from '../../../contract/models/calls.ts'
import { useFormat } from '../../kit/format.ts'
import { Notice, ProblemNotice, Tag } from '../../kit/states.tsx'
import { textOf } from '../../i18n.ts'
import { useMe } from '../../queries.ts'
import { useCaptions } from './captions.ts'
import styles from './captions.module.css'

/** What is said while a call goes on. The agent's own call is followed at once; others when somebody asks for it. */
export const Captions = ({ call }: { call: LiveCall }) => {
  const { t } = useTranslation()
  const me = useMe()
  const [asked, setAsked] = useState(false)
  if (!call.purposes.includes('assist')) return null
  if (call.agentId !== me.id && !asked)
    return (
      <div>
        <Button variant="default" onClick={() => setAsked(true)}>
          {t('captions.follow')}
        </Button>
        <p className="quiet">{t('captions.followHelp')}</p>
      </div>
    )
  return <Following callId={call.id} masked={call.status === 'masked'} />
}

const Following = ({ callId, masked }: { callId: string; masked: boolean }) => {
  const { t } = useTranslation()
  const { followed, problem } = useCaptions(callId)
  if (problem) return <ProblemNotice problem={problem} />
  if (!followed) return null
  const { captions, state } = followed
  return (
    <section className={styles.panel} aria-label={t('captions.title')}>
      <State state={state} />
      {captions.length === 0 && state.mode !== 'none' && <p className="quiet">{t('captions.nothing')}</p>}
      {captions.length > 0 && <Log captions={captions} language={state.language} />}
      {masked && <output className={styles.masked}>{t('captions.masked')}</output>}
    </section>
  )
}

const State = ({ state: { mode, reason, engine, relieved, demo, behindMs } }: { state: CaptionState }) => {
  const { t } = useTranslation()
  if (mode === 'none') return <Notice tone="warn">{t(`captions.reasons.${reason ?? 'no_engine'}`)}</Notice>
  const source = engine?.startsWith('source:')
  return (
    <>
      <p className="quiet">
        {source ? t('captions.bySource') : engine ? t('captions.byEngine', { engine }) : t('captions.waiting')}{' '}
        {demo && <Tag tone="warn">{t('speech.demo')}</Tag>}
      </p>
      {relieved && <Notice tone="warn">{t('captions.relieved')}</Notice>}
      {mode !== 'full' && (
        <Notice tone="warn">{t(`captions.mode.${mode}`, { seconds: Math.round(behindMs / 1000) })}</Notice>
      )}
    </>
  )
}

/** Follows the newest line as long as it is at its end. */
const Log = ({ captions, language }: { captions: Caption[]; language: string | null }) => {
  const { t } = useTranslation()
  const format = useFormat()
  const box = useRef<HTMLDivElement>(null)
  const atEnd = useRef(true)
  useLayoutEffect(() => {
    const log = box.current
    if (log && atEnd.current) log.scrollTop = log.scrollHeight
  }, [captions])
  useEffect(() => {
    const log = box.current
    const heed = (): void => {
      if (log) atEnd.current = log.scrollHeight - log.scrollTop - log.clientHeight < 40
    }
    log?.addEventListener('scroll', heed, { passive: true })
    return () => log?.removeEventListener('scroll', heed)
  }, [])
  return (
    <div
      className={styles.log}
      ref={box}
      role="log"
      aria-label={t('captions.title')}
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls, so the keyboard must reach it
      tabIndex={0}
      lang={language ?? undefined}
    >
      {captions.map((caption) => (
        <p key={caption.id} data-role={caption.role} data-final={caption.final}>
          <span className={styles.who}>
            {t(`calls.role.${caption.role}`)} <span className="quiet">{format.clock(caption.fromMs)}</span>
          </span>
          <span>
            <Marked caption={caption} />
          </span>
        </p>
      ))}
    </div>
  )
}

const Marked = ({ caption: { text, marks } }: { caption: Caption }) => {
  const { t } = useTranslation()
  const parts = []
  let at = 0
  for (const mark of marks) {
    parts.push(
      text.slice(at, mark.at),
      <span key={mark.at} className={styles.mark}>
        {textOf(t, `transcript.marks.${mark.type}`) ?? t('captions.number')}
      </span>,
    )
    at = mark.at + mark.length
  }
  return [...parts, text.slice(at)]
}

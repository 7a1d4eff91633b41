import { Button, Skeleton } from '@mantine/core'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { ApiProblem } from '../api.ts'
import { IconInfo, IconWarning, IconCheck } from './icons.tsx'
import styles from './kit.module.css'
import { problemText } from './problem.ts'

export type Tone = 'neutral' | 'accent' | 'good' | 'warn' | 'bad'
const toneIcons = { neutral: IconInfo, accent: IconInfo, good: IconCheck, warn: IconWarning, bad: IconWarning }

/** A note that stays on the page. Tone is told by icon and words, colour only helps. */
export const Notice = (props: {
  tone?: Tone
  title?: string
  children?: ReactNode
  action?: ReactNode
  live?: boolean
}) => {
  const { tone = 'neutral', title, children, action, live } = props
  const Icon = toneIcons[tone]
  return (
    <div className={styles.notice} data-tone={tone} role={live ? 'alert' : undefined}>
      <Icon className={styles.noticeIcon} />
      <div className={styles.noticeText}>
        {title && <strong>{title}</strong>}
        {children && <div>{children}</div>}
      </div>
      {action}
    </div>
  )
}

/** Asking again changes nothing about what the server refused. */
const isRefusal = (problem: unknown): boolean =>
  problem instanceof ApiProblem && problem.status >= 400 && problem.status < 500

/** A problem shown where it happened, with a way to try again. */
export const ProblemNotice = ({ problem, retry }: { problem: unknown; retry?: () => unknown }) => {
  const { t } = useTranslation()
  if (!problem) return null
  const again = retry && !isRefusal(problem) && (
    <Button variant="default" size="xs" onClick={() => void retry()}>
      {t('common.retry')}
    </Button>
  )
  return (
    <Notice tone="bad" live action={again}>
      {problemText(problem, t)}
    </Notice>
  )
}

/** Nothing here yet: says so, and what to do next. */
export const Empty = (props: { icon?: ReactNode; title: string; children?: ReactNode; action?: ReactNode }) => (
  <div className={styles.empty}>
    {props.icon && <div className={styles.emptyIcon}>{props.icon}</div>}
    <h3>{props.title}</h3>
    {props.children && <p className="quiet">{props.children}</p>}
    {props.action}
  </div>
)

export const Loading = ({ lines = 5 }: { lines?: number }) => {
  const { t } = useTranslation()
  return (
    <output aria-label={t('common.loading')} className={styles.loading}>
      {Array.from({ length: lines }, (_, i) => (
        <Skeleton key={i} height={i === 0 ? 28 : 18} width={`${92 - ((i * 17) % 35)}%`} radius="sm" />
      ))}
    </output>
  )
}

type Query<T> = { data: T | undefined; error: unknown; isPending: boolean; refetch: () => unknown }

/** Shows a query's waiting, its problem, or its data. */
export function Ready<T>({ query, children }: { query: Query<T>; children: (data: T) => ReactNode }) {
  if (query.data !== undefined) return children(query.data)
  if (query.error) return <ProblemNotice problem={query.error} retry={query.refetch} />
  return <Loading />
}

/** A short state in words: `<Tag tone="warn">In pause</Tag>`. */
export const Tag = ({ tone = 'neutral', icon, children }: { tone?: Tone; icon?: ReactNode; children: ReactNode }) => (
  <span className={styles.tag} data-tone={tone}>
    {icon}
    {children}
  </span>
)

import { Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { RightsReport, RightsTotals } from '../../../contract/models/rights.ts'
import { useFormat } from '../../kit/format.ts'
import { usePurposeName } from '../../purposes.ts'
import styles from './requests.module.css'

/** What became of every purpose of one call. */
export const Report = ({ report }: { report: RightsReport }) => {
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
    ...(report.workingCopy === 'none' ? [] : [t(`requests.report.workingCopy.${report.workingCopy}`)]),
  ]
  return (
    <>
      <h4>{t('requests.report.title')}</h4>
      {lines.length === 0 && !report.destroyed && <Text size="sm">{t('requests.report.nothing')}</Text>}
      <Lines lines={lines} />
      {report.destroyed && <Text size="sm">{t('requests.report.destroyed')}</Text>}
    </>
  )
}

/** The same of many calls together. */
export const Totals = ({ totals }: { totals: RightsTotals }) => {
  const { t } = useTranslation()
  const format = useFormat()
  const name = usePurposeName()
  const { ended, kept, failed, workingCopy, destroyed } = totals
  const calls = (count: number): string => t('requests.calls.count', { count })
  const copies = (['destroyed', 'held', 'soon'] as const).filter((what) => workingCopy[what] > 0)
  const lines: [string, number][] = [
    ...ended.map(({ purpose, calls: n }): [string, number] => [
      t('requests.report.ended', { purpose: name(purpose) }),
      n,
    ]),
    ...kept.map(({ purpose, article, lastDay, why, calls: n }): [string, number] => [
      t('requests.report.kept', {
        purpose: name(purpose),
        day: format.day(lastDay),
        article,
        why: t(`requests.report.why.${why}`),
      }),
      n,
    ]),
    ...failed.map(({ purpose, calls: n }): [string, number] => [
      t('requests.report.failed', { purpose: name(purpose) }),
      n,
    ]),
    ...copies.map((what): [string, number] => [t(`requests.report.workingCopy.${what}`), workingCopy[what]]),
    ...(destroyed > 0 ? [[t('requests.report.gone'), destroyed] as [string, number]] : []),
  ]
  return (
    <>
      <Text size="sm">{t('requests.calls.progress', { done: totals.done, all: totals.calls })}</Text>
      <Lines lines={lines.map(([text, n]) => `${text} · ${calls(n)}`)} />
    </>
  )
}

const Lines = ({ lines }: { lines: string[] }) => (
  <ul className={styles.report}>
    {lines.map((line) => (
      <li key={line}>{line}</li>
    ))}
  </ul>
)

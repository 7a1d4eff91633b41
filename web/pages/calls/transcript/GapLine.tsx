import { useTranslation } from 'react-i18next'
import type { GapKind } from '../../../../contract/models/calls.ts'
import { useFormat } from '../../../kit/format.ts'
import styles from './transcript.module.css'

type GapLineProps = { gap: GapKind; fromMs: number; toMs: number }

/** Where audio is left out, there is nothing to read either: says why, and for how long. */
export const GapLine = ({ gap, fromMs, toMs }: GapLineProps) => {
  const { t } = useTranslation()
  const format = useFormat()
  const ms = toMs - fromMs
  const seconds = ms < 10_000 ? ms / 1000 : Math.round(ms / 1000)
  const length = ms < 60_000 ? t('calls.seconds', { n: format.number(seconds) }) : format.clock(ms)
  return (
    <p className={styles.gap} data-gap={gap}>
      {t('transcript.left', { what: t(`calls.gap.${gap}`), length })}
    </p>
  )
}

import { useTranslation } from 'react-i18next'
import type { CaptionSpeed } from '../../../contract/models/captions.ts'
import { DataTable } from '../../kit/DataTable.tsx'
import { useFormat } from '../../kit/format.ts'
import { Section } from '../../kit/Page.tsx'
import { Notice, Ready } from '../../kit/states.tsx'
import { useApi } from '../../queries.ts'

const stages = ['capture', 'vad', 'engine', 'redaction', 'delivery'] as const
const readAgainMs = 3000

/** Where the time of captions goes, and which stage is slow when they are late. */
export const CaptionSpeedSection = () => {
  const { t } = useTranslation()
  const speed = useApi('GET /speech/captions', undefined, { refetchInterval: readAgainMs })
  return (
    <Section title={t('speech.captions')} lead={t('speech.captionsLead')}>
      <Ready query={speed}>
        {(found) => (
          <>
            <Speed speed={found} />
            <Masks masks={found.masks} />
          </>
        )}
      </Ready>
    </Section>
  )
}

const Speed = ({ speed }: { speed: CaptionSpeed }) => {
  const { t } = useTranslation()
  const format = useFormat()
  if (speed.captions === 0) return <Notice>{t('speech.noCaptions')}</Notice>
  const ms = (value: number): string => t('speech.ms', { n: format.number(Math.round(value)) })
  const rows = [
    ...stages.map((name) => ({ name: t(`speech.stage.${name}`), ...speed.stages[name] })),
    { name: t('speech.stage.ours'), ...speed.ours },
    { name: t('speech.stage.total'), ...speed.total },
  ]
  return (
    <>
      {speed.slow && <Notice tone="warn">{t('speech.slow', { stage: t(`speech.stage.${speed.slow}`) })}</Notice>}
      {speed.behind > 0 && <Notice tone="warn">{t('speech.behind', { count: speed.behind })}</Notice>}
      <DataTable
        caption={t('speech.captions')}
        columns={[
          { key: 'stage', header: t('speech.stageName'), main: true, cell: (row) => row.name },
          { key: 'p50', header: t('speech.half'), cell: (row) => ms(row.p50) },
          { key: 'p95', header: t('speech.most'), cell: (row) => ms(row.p95) },
        ]}
        rows={rows}
        rowKey={(row) => row.name}
      />
      <p className="quiet">{t('speech.captionsOf', { count: speed.captions })}</p>
    </>
  )
}

/** How much card and bank data was left out while it was said, and how much was found only afterwards. */
const Masks = ({ masks: { maskedLiveMs, foundLaterMs, callsWithMiss } }: { masks: CaptionSpeed['masks'] }) => {
  const { t } = useTranslation()
  const format = useFormat()
  const all = maskedLiveMs + foundLaterMs
  if (all === 0) return null
  return (
    <p>
      {t('speech.masks', {
        live: format.clock(maskedLiveMs),
        later: format.clock(foundLaterMs),
        share: format.number(Math.round((1000 * foundLaterMs) / all) / 10),
        count: callsWithMiss,
      })}
    </p>
  )
}

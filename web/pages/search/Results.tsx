import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import type { SearchHit } from '../../../contract/models/transcripts.ts'
import { useFormat } from '../../kit/format.ts'
import { IconSearch } from '../../kit/icons.tsx'
import { Section } from '../../kit/Page.tsx'
import { Empty } from '../../kit/states.tsx'
import styles from './search.module.css'

type ResultsProps = {
  found: { items: SearchHit[]; next: string | null; purpose: string }
  onMore: () => void
  busy: boolean
}

/** Quotes, each with the way to its place in the call. */
export const Results = ({ found: { items, next, purpose }, onMore, busy }: ResultsProps) => {
  const { t } = useTranslation()
  const format = useFormat()
  if (items.length === 0 && !next)
    return (
      <Empty icon={<IconSearch size={26} />} title={t('search.none')}>
        {t('search.noneHelp')}
      </Empty>
    )
  return (
    <Section title={t('search.results')}>
      <ol className={styles.hits}>
        {items.map((hit) => (
          <li key={`${hit.callId} ${hit.index}`}>
            <div className={styles.where}>
              <Link
                to="/calls/$callId"
                params={{ callId: hit.callId }}
                search={{ turn: hit.index, purpose }}
                // to open it is an access: not before somebody goes there
                preload={false}
              >
                {t('search.call', { when: format.dateTime(hit.startedAt) })}
              </Link>
              <span className="quiet">
                {[hit.queue, t(`calls.role.${hit.role}`), format.clock(hit.fromMs)].filter(Boolean).join(' · ')}
              </span>
            </div>
            <p lang={hit.language}>
              {hit.quote.map((part, i) =>
                // oxlint-disable-next-line react/no-array-index-key -- the parts of a quote never change
                part.found ? <mark key={i}>{part.text}</mark> : <span key={i}>{part.text}</span>,
              )}
            </p>
          </li>
        ))}
      </ol>
      {next && (
        <Button variant="default" onClick={onMore} loading={busy}>
          {t('search.more')}
        </Button>
      )}
    </Section>
  )
}

import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { CredentialView, SourceView } from '../../../contract/models/sources.ts'
import { IconSource } from '../../kit/icons.tsx'
import { Page } from '../../kit/Page.tsx'
import { Empty, ProblemNotice, Ready } from '../../kit/states.tsx'
import { useApi } from '../../queries.ts'
import { CredentialDrawer } from './CredentialDrawer.tsx'
import { NewCredential, type Made } from './NewCredential.tsx'
import { SourceCard } from './SourceCard.tsx'
import styles from './sources.module.css'

/** Where calls come from: addresses to give to the telephone platforms, and the secrets they show. */
export const SourcesPage = () => {
  const { t } = useTranslation()
  const sources = useApi('GET /sources', undefined, { refetchInterval: 15_000 })
  const credentials = useApi('GET /sources/credentials')
  const [adding, setAdding] = useState<SourceView | null>(null)
  const [made, setMade] = useState<Made | null>(null)
  const ofSource = (source: SourceView): CredentialView[] =>
    credentials.data?.items.filter(({ protocol }) => protocol === source.protocol) ?? []
  return (
    <Page title={t('sources.title')} lead={t('sources.lead')}>
      <ProblemNotice problem={credentials.error} retry={credentials.refetch} />
      <Ready query={sources}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty icon={<IconSource size={26} />} title={t('sources.empty')}>
              {t('sources.emptyHelp')}
            </Empty>
          ) : (
            <div className={styles.list}>
              {items.map((source) => (
                <SourceCard
                  key={source.protocol}
                  source={source}
                  credentials={ofSource(source)}
                  onAdd={() => setAdding(source)}
                />
              ))}
            </div>
          )
        }
      </Ready>
      {adding && <CredentialDrawer source={adding} onClose={() => setAdding(null)} onMade={setMade} />}
      <NewCredential made={made} onClose={() => setMade(null)} />
    </Page>
  )
}

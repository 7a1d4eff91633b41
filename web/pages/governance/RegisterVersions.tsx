import { useTranslation } from 'react-i18next'
import { useFormat } from '../../kit/format.ts'
import { Section } from '../../kit/Page.tsx'
import { Ready, Tag } from '../../kit/states.tsx'
import { useApi } from '../../queries.ts'
import styles from './governance.module.css'

/** Every register ever in force: when, by whom and why. */
export const RegisterVersions = ({ current }: { current: number }) => {
  const { t } = useTranslation()
  const format = useFormat()
  const versions = useApi('GET /purposes/versions')
  const people = useApi('GET /people').data?.items ?? []
  const author = (id: string | null): string =>
    id ? (people.find((person) => person.id === id)?.name ?? t('policy.unknownAgent')) : t('policy.atInstallation')
  return (
    <Section title={t('governance.purposes.versions')}>
      <Ready query={versions}>
        {({ items }) => (
          <ol className={styles.versions} reversed>
            {items.map(({ version, note, publishedAt, publishedBy }) => (
              <li key={version}>
                <strong>{t('policy.versions.name', { version })}</strong>{' '}
                {version === current && <Tag tone="good">{t('policy.versions.current')}</Tag>}
                <div className="quiet small">
                  {format.dateTime(publishedAt)} · {author(publishedBy)}
                </div>
                {/* The first version's note is the program's own, in English. */}
                {publishedBy && <div className="small">{note}</div>}
              </li>
            ))}
          </ol>
        )}
      </Ready>
    </Section>
  )
}

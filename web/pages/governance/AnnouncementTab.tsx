import { SegmentedControl } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Locale } from '../../../contract/models/common.ts'
import type { AnnouncementTexts, AnnouncementVersion } from '../../../contract/models/consent.ts'
import { currentLocale, localeNames, locales } from '../../i18n.ts'
import { CopyButton } from '../../kit/copy.tsx'
import { useFormat } from '../../kit/format.ts'
import { Section } from '../../kit/Page.tsx'
import { Empty, Notice, Ready, Tag } from '../../kit/states.tsx'
import { useApi } from '../../queries.ts'
import styles from './governance.module.css'
import { capital } from './names.ts'

/** What callers are told: the text in force, what it still lacks, and every text before. */
export const AnnouncementTab = () => {
  const { t } = useTranslation()
  const format = useFormat()
  const announcements = useApi('GET /announcements')
  return (
    <Ready query={announcements}>
      {({ current, items, missing }) => (
        <>
          <Section title={t('governance.announcement.title')} lead={t('governance.announcement.lead')}>
            {missing.length > 0 && (
              <Notice tone="warn" title={t('governance.announcement.missing')}>
                {format.list(missing.map((what) => t(`governance.announcement.missingOf.${what}`)))}
              </Notice>
            )}
            {current ? (
              <Texts texts={current.texts} />
            ) : (
              <Empty title={t('governance.announcement.none')}>{t('governance.announcement.noneHelp')}</Empty>
            )}
          </Section>
          {items.length > 0 && (
            <Section title={t('governance.announcement.versions')}>
              <ol className={styles.versions} reversed>
                {items.map((item) => (
                  <Version key={item.version} item={item} current={item.version === current?.version} />
                ))}
              </ol>
            </Section>
          )}
        </>
      )}
    </Ready>
  )
}

type VersionProps = { item: AnnouncementVersion; current: boolean }

const Version = ({ item, current }: VersionProps) => {
  const { t } = useTranslation()
  const format = useFormat()
  return (
    <li>
      <details>
        <summary>
          {t('policy.versions.name', { version: item.version })}{' '}
          <span className="quiet small">
            {t('governance.announcement.since', { when: format.dateTime(item.since) })}
          </span>{' '}
          {current && <Tag tone="good">{t('policy.versions.current')}</Tag>}
        </summary>
        <Texts texts={item.texts} />
      </details>
    </li>
  )
}

type Mode = keyof AnnouncementTexts
type Length = 'short' | 'long'

/** One text of twelve: by language, by what is asked of the caller, by length. */
const Texts = ({ texts }: { texts: AnnouncementTexts }) => {
  const { t } = useTranslation()
  const [locale, setLocale] = useState<Locale>(currentLocale)
  const [mode, setMode] = useState<Mode>('objection')
  const [length, setLength] = useState<Length>('short')
  const spoken = texts[mode][locale]
  return (
    <div className={styles.texts}>
      <div className={styles.choices}>
        <SegmentedControl<Locale>
          aria-label={t('common.language')}
          data={locales.map((value) => ({ value, label: localeNames[value] }))}
          value={locale}
          onChange={setLocale}
        />
        <SegmentedControl<Mode>
          aria-label={t('governance.announcement.mode')}
          data={(['objection', 'opt_in'] as const).map((value) => ({
            value,
            label: capital(t(`governance.announcement.modes.${value}`)),
          }))}
          value={mode}
          onChange={setMode}
        />
        <SegmentedControl<Length>
          aria-label={t('governance.announcement.length')}
          data={(['short', 'long'] as const).map((value) => ({
            value,
            label: capital(t(`governance.announcement.${value}`)),
          }))}
          value={length}
          onChange={setLength}
        />
      </div>
      <blockquote lang={locale} className={styles.spoken}>
        {spoken[length]}
      </blockquote>
      <div className={styles.choices}>
        <CopyButton value={spoken[length]}>{t('governance.announcement.copy')}</CopyButton>
        {length === 'short' && (
          <span className="quiet small">{t('governance.announcement.seconds', { count: spoken.seconds })}</span>
        )}
      </div>
    </div>
  )
}

import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { IconForbid } from '../kit/icons.tsx'
import { Page } from '../kit/Page.tsx'
import { Empty, ProblemNotice } from '../kit/states.tsx'
import styles from './layout.module.css'

/** An address that leads nowhere. */
export const NotFound = () => {
  const { t } = useTranslation()
  return (
    <main className={styles.alone}>
      <h1>{t('common.notFound')}</h1>
      <p className="quiet">{t('common.notFoundHelp')}</p>
      <p>
        <Link to="/">{t('common.toStart')}</Link>
      </p>
    </main>
  )
}

/** A page that failed while being shown. */
export const Broken = ({ error }: { error: unknown }) => {
  const { t } = useTranslation()
  return (
    <main className={styles.alone}>
      <h1>{t('common.broken')}</h1>
      <ProblemNotice problem={error} />
      <p>
        <Button onClick={() => globalThis.location.reload()}>{t('common.reload')}</Button>
      </p>
    </main>
  )
}

/** The page of someone whose role may not see it. */
export const NotAllowed = () => {
  const { t } = useTranslation()
  return (
    <Page title={t('common.notAllowedPage')}>
      <Empty icon={<IconForbid size={26} />} title={t('common.notAllowed')}>
        {t('common.notAllowedHelp')}
      </Empty>
    </Page>
  )
}

import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { ProblemNotice } from '../kit/states.tsx'
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

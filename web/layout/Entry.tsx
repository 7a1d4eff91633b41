import { useEffect, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import styles from './layout.module.css'
import { Logo } from './Logo.tsx'
import { LanguageMenu, SchemeToggle } from './Preferences.tsx'

/** The frame of the pages before the sign-in: one card, the language, nothing else. */
export const Entry = ({ title, lead, children }: { title: string; lead?: ReactNode; children: ReactNode }) => {
  const { t } = useTranslation()
  useEffect(() => {
    document.title = `${title} · ${t('common.product')}`
  }, [title, t])
  return (
    <div className={styles.entry}>
      <header className={styles.entryHead}>
        <span className={styles.brand}>
          <Logo />
          {t('common.product')}
        </span>
        <div className={styles.headEnd}>
          <LanguageMenu />
          <SchemeToggle />
        </div>
      </header>
      <main className={styles.entryMain}>
        <div className={styles.entryCard}>
          <header>
            <h1>{title}</h1>
            {lead && <p className="quiet">{lead}</p>}
          </header>
          {children}
        </div>
      </main>
      <footer className={styles.entryFoot}>{t('common.tagline')}</footer>
    </div>
  )
}

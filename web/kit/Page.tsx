import { useEffect, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import styles from './kit.module.css'

type PageProps = {
  title: string
  /** One sentence under the title: what this page is for. */
  lead?: ReactNode
  /** Buttons at the right of the title. */
  actions?: ReactNode
  /** `reading`: a narrow column for forms and text. */
  width?: 'full' | 'reading'
  children: ReactNode
}

/** A page of the shell: its heading, what it is for, what can be done, and the document's title. */
export const Page = ({ title, lead, actions, width = 'full', children }: PageProps) => {
  const { t } = useTranslation()
  useEffect(() => {
    document.title = `${title} · ${t('common.product')}`
  }, [title, t])
  return (
    <div className={styles.page} data-width={width}>
      <header className={styles.pageHead}>
        <div className={styles.pageTitle}>
          <h1>{title}</h1>
          {lead && <p className="quiet">{lead}</p>}
        </div>
        {actions && <div className={styles.pageActions}>{actions}</div>}
      </header>
      {children}
    </div>
  )
}

type SectionProps = { title: string; lead?: ReactNode; actions?: ReactNode; children: ReactNode }

/** A titled part of a page on its own surface. */
export const Section = ({ title, lead, actions, children }: SectionProps) => (
  <section className={styles.section} aria-label={title}>
    <header className={styles.sectionHead}>
      <div>
        <h2>{title}</h2>
        {lead && <p className="quiet">{lead}</p>}
      </div>
      {actions}
    </header>
    {children}
  </section>
)

import { useId } from 'react'
import { useTranslation } from 'react-i18next'
import type { SecurityControl, SecurityStatus } from '../../../contract/models/security.ts'
import { currentLocale } from '../../i18n.ts'
import { useFormat } from '../../kit/format.ts'
import { type Tone, Tag } from '../../kit/states.tsx'
import { valueText } from './security.ts'
import styles from './security.module.css'

const tones: Record<SecurityStatus, Tone> = { shown: 'good', attention: 'warn', outside: 'neutral' }

/** A control: its number, what it is about, what was measured, and how anybody checks it. */
export const SecurityCard = ({ control }: { control: SecurityControl }) => {
  const { t } = useTranslation()
  const locale = currentLocale()
  const id = useId()
  const { clause, formerly, uncertain, subject, status, evidence, checks, provide } = control
  return (
    <article className={styles.card} aria-labelledby={id}>
      <header className={styles.head}>
        <h3 id={id}>
          <span className={styles.clause}>{clause}</span> {subject[locale]}
        </h3>
        <Tag tone={tones[status]}>{t(`governance.security.statuses.${status}`)}</Tag>
        {formerly && (
          <p className="quiet small">
            {t('governance.security.formerly', { clause: formerly })}
            {uncertain && `, ${t('governance.security.uncertain')}`}
          </p>
        )}
      </header>
      {evidence.length > 0 && <Measures evidence={evidence} />}
      {provide && (
        <p className={styles.provide}>
          <strong>{t('governance.security.provide')}</strong>
          {provide[locale]}
        </p>
      )}
      {checks.length > 0 && (
        <details className={styles.checks}>
          <summary>
            {t('governance.security.checks')}
            <span className="visually-hidden"> ({clause})</span>
          </summary>
          <ul>
            {checks.map((check) => (
              <li key={check.en}>{check[locale]}</li>
            ))}
          </ul>
        </details>
      )}
    </article>
  )
}

const Measures = ({ evidence }: { evidence: SecurityControl['evidence'] }) => {
  const { t } = useTranslation()
  const format = useFormat()
  const locale = currentLocale()
  return (
    <dl className={styles.measures}>
      {evidence.map(({ key, label, value, good }) => (
        <div key={key} data-bad={good === false || undefined}>
          <dt>{label[locale]}</dt>
          <dd>
            {valueText(value, { t, format, locale })}
            {good === false && <Tag tone="warn">{t('governance.security.bad')}</Tag>}
          </dd>
        </div>
      ))}
    </dl>
  )
}

import { Link, useLocation } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { Notice } from '../kit/states.tsx'
import { useApi, useMay } from '../queries.ts'
import styles from './layout.module.css'

const readAgainMs = 60_000

/** What those who answer for the recordings must not miss, on whatever page they are: proof that stands still, a clock that lies. */
export const Alarms = () => {
  const { t } = useTranslation()
  const { pathname } = useLocation()
  const mayLog = useMay('access.read')
  const mayTerms = useMay('governance.read')
  const log = useApi('GET /log/status', undefined, { enabled: mayLog, refetchInterval: readAgainMs }).data
  const retention = useApi('GET /retention/status', undefined, { enabled: mayTerms, refetchInterval: readAgainMs }).data
  const told = [
    log?.alarm && { to: '/evidence', text: t('proof.alarm.short') },
    log?.stamps.late && { to: '/evidence', text: t('proof.stamps.late') },
    retention?.alarm && { to: '/retention', text: t(`retention.alarm.${retention.alarm}.title`) },
  ].filter((one) => one !== null && one !== undefined && one !== false)
  // the page that tells all about it needs no pointer to itself
  const elsewhere = told.filter(({ to }) => to !== pathname)
  if (elsewhere.length === 0) return null
  return (
    <div className={styles.alarms}>
      {elsewhere.map(({ to, text }) => (
        <Notice key={text} tone="bad" live action={<Link to={to}>{t('nav.lookAt')}</Link>}>
          {text}
        </Notice>
      ))}
    </div>
  )
}

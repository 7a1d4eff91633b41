import { Link } from '@tanstack/react-router'
import type { FC } from 'react'
import { useTranslation } from 'react-i18next'
import { mayDo, type Permission, type Role } from '../../contract/permissions.ts'
import {
  IconAccount,
  IconCalls,
  IconEye,
  IconHeadset,
  IconHourglass,
  IconKey,
  IconPeople,
  IconPolicy,
  IconSeal,
  IconSearch,
  IconShield,
  IconSource,
  IconTeam,
  IconWords,
} from '../kit/icons.tsx'
import { useHasDraft } from '../pages/policy/draft.ts'
import styles from './layout.module.css'

type Entry = { to: string; name: NavName; icon: FC<{ size?: number }>; may?: Permission; only?: Role }
type NavName =
  | 'calls'
  | 'search'
  | 'myCall'
  | 'heard'
  | 'policy'
  | 'governance'
  | 'retention'
  | 'evidence'
  | 'accesses'
  | 'requests'
  | 'sources'
  | 'speech'
  | 'people'
  | 'teams'
  | 'tokens'
  | 'account'
type Group = { name: 'groupCalls' | 'groupRules' | 'groupSetup' | 'groupSelf'; entries: Entry[] }

const groups: Group[] = [
  {
    name: 'groupCalls',
    entries: [
      { to: '/my-call', name: 'myCall', icon: IconHeadset, may: 'calls.control', only: 'agent' },
      { to: '/heard', name: 'heard', icon: IconEye, only: 'agent' },
      { to: '/calls', name: 'calls', icon: IconCalls, may: 'calls.read' },
      { to: '/search', name: 'search', icon: IconSearch, may: 'calls.read' },
    ],
  },
  {
    name: 'groupRules',
    entries: [
      { to: '/policy', name: 'policy', icon: IconPolicy, may: 'policy.read' },
      { to: '/governance', name: 'governance', icon: IconShield, may: 'governance.read' },
      { to: '/retention', name: 'retention', icon: IconHourglass, may: 'governance.read' },
      { to: '/evidence', name: 'evidence', icon: IconSeal, may: 'access.read' },
      { to: '/requests', name: 'requests', icon: IconAccount, may: 'governance.read' },
      { to: '/accesses', name: 'accesses', icon: IconEye, may: 'access.search' },
    ],
  },
  {
    name: 'groupSetup',
    entries: [
      { to: '/sources', name: 'sources', icon: IconSource, may: 'sources.manage' },
      { to: '/speech', name: 'speech', icon: IconWords, may: 'sources.manage' },
      { to: '/people', name: 'people', icon: IconPeople, may: 'people.read' },
      { to: '/teams', name: 'teams', icon: IconTeam, may: 'people.read' },
      { to: '/tokens', name: 'tokens', icon: IconKey, may: 'tokens.manage' },
    ],
  },
  { name: 'groupSelf', entries: [{ to: '/account', name: 'account', icon: IconAccount }] },
]

const shown = (role: Role, { may, only }: Entry): boolean => (!may || mayDo(role, may)) && (!only || only === role)

/** The pages a role may see, in groups. */
export const Nav = ({ role, onGo }: { role: Role; onGo: () => void }) => {
  const { t } = useTranslation()
  const hasDraft = useHasDraft()
  return (
    <nav aria-label={t('nav.main')} className={styles.nav}>
      {groups.map(({ name, entries }) => {
        const visible = entries.filter((entry) => shown(role, entry))
        if (visible.length === 0) return null
        return (
          <div key={name}>
            <div id={`nav-${name}`} className={styles.navGroup}>
              {t(`nav.${name}`)}
            </div>
            <ul aria-labelledby={`nav-${name}`} className={styles.navList}>
              {visible.map(({ to, name: label, icon: Icon }) => (
                <li key={to}>
                  <Link to={to} className={styles.navLink} onClick={onGo}>
                    <Icon />
                    <span>
                      {t(`nav.${label}`)}{' '}
                      {label === 'policy' && hasDraft && <span className={styles.navNote}>{t('nav.draft')}</span>}
                    </span>
                  </Link>
                </li>
              ))}
            </ul>
          </div>
        )
      })}
    </nav>
  )
}

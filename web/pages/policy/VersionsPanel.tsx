import { Button } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { PolicyRule, PolicyVersion } from '../../../contract/models/policy.ts'
import { IconRestore } from '../../kit/icons.tsx'
import { Ready, Tag } from '../../kit/states.tsx'
import { useApi } from '../../queries.ts'
import { ChangeList } from './ChangeList.tsx'
import { changesBetween } from './diff.ts'
import type { Staff } from './names.ts'
import styles from './policy.module.css'

type Props = { policy: PolicyVersion; staff: Staff; onRestore: ((rules: PolicyRule[]) => void) | null }

/** Every version ever in force: who, when, why, and what it changed. */
export const VersionsPanel = ({ policy, staff, onRestore }: Props) => {
  const { t } = useTranslation()
  const versions = useApi('GET /policy/versions')
  return (
    <div className={styles.panel}>
      <p className="quiet small">{t('policy.versions.help')}</p>
      <Ready query={versions}>
        {({ items }) => (
          <ol className={styles.versions} reversed>
            {items.map((version, i) => (
              <Version
                key={version.version}
                version={version}
                before={items[i + 1]?.rules ?? []}
                current={version.version === policy.version}
                {...{ staff, onRestore }}
              />
            ))}
          </ol>
        )}
      </Ready>
    </div>
  )
}

type VersionProps = Omit<Props, 'policy'> & { version: PolicyVersion; before: PolicyRule[]; current: boolean }

const Version = ({ version, before, current, staff, onRestore }: VersionProps) => {
  const { t } = useTranslation()
  const { names } = staff
  const changes = changesBetween(before, version.rules)
  return (
    <li>
      <div className={styles.versionHead}>
        <strong>{t('policy.versions.name', { version: version.version })}</strong>
        {current && <Tag tone="good">{t('policy.versions.current')}</Tag>}
      </div>
      <div className="quiet small">
        {names.format.dateTime(version.publishedAt)} ·{' '}
        {version.publishedBy ? names.agent(version.publishedBy) : t('policy.atInstallation')}
      </div>
      {version.publishedBy && version.note !== '' && <p className={styles.versionNote}>{version.note}</p>}
      <details>
        <summary>{t('policy.versions.changes', { count: changes.length })}</summary>
        <ChangeList changes={changes} names={names} />
      </details>
      {onRestore && !current && (
        <Button
          variant="default"
          size="xs"
          leftSection={<IconRestore size={16} />}
          onClick={() => onRestore(version.rules)}
        >
          {t('policy.versions.restore')}
          <span className="visually-hidden"> ({version.version})</span>
        </Button>
      )}
    </li>
  )
}

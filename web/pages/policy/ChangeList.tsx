import { useTranslation } from 'react-i18next'
import { Tag, type Tone } from '../../kit/states.tsx'
import type { Change } from './diff.ts'
import styles from './policy.module.css'
import { ruleInWords, type Names } from './words.ts'

const tones: Record<Change['kind'], Tone> = { added: 'good', removed: 'bad', changed: 'warn', moved: 'neutral' }

/** What one version changes of another, in words: before and after where a rule was rewritten. */
export const ChangeList = ({ changes, names }: { changes: Change[]; names: Names }) => {
  const { t } = useTranslation()
  if (changes.length === 0) return <p className="quiet small">{t('policy.noChanges')}</p>
  return (
    <ul className={styles.changes}>
      {changes.map((change) => (
        <li key={`${change.kind} ${change.rule.id}`}>
          <div>
            <Tag tone={tones[change.kind]}>{t(`policy.changes.${change.kind}`)}</Tag>{' '}
            <strong>{change.rule.name}</strong>
          </div>
          {change.kind === 'changed' && (
            <p>
              <del>{ruleInWords(change.before, t, names)}</del>
            </p>
          )}
          {change.kind !== 'moved' && (
            <p>
              {change.kind === 'removed' ? (
                <del>{ruleInWords(change.rule, t, names)}</del>
              ) : (
                <ins>{ruleInWords(change.rule, t, names)}</ins>
              )}
            </p>
          )}
        </li>
      ))}
    </ul>
  )
}

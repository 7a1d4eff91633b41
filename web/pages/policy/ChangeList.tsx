import { useTranslation } from 'react-i18next'
import { Tag, type Tone } from '../../kit/states.tsx'
import type { Change } from './diff.ts'
import styles from './policy.module.css'
import { nameInWords, ruleInWords, type Names } from './words.ts'

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
            <Tag tone={tones[change.kind]}>{t(`policy.changes.${change.kind}`)}</Tag> <RuleName change={change} />
          </div>
          {change.kind !== 'moved' && <Words change={change} names={names} />}
        </li>
      ))}
    </ul>
  )
}

const RuleName = ({ change }: { change: Change }) => {
  const { t } = useTranslation()
  return (
    <>
      {change.kind === 'changed' && change.before.name !== change.rule.name && (
        <>
          <del>{nameInWords(change.before.name, t)}</del>{' '}
        </>
      )}
      <strong>{nameInWords(change.rule.name, t)}</strong>
    </>
  )
}

/** Before and after; nothing where the words stayed, as when only the name changed. */
const Words = ({ change, names }: { change: Change; names: Names }) => {
  const { t } = useTranslation()
  const now = ruleInWords(change.rule, t, names)
  const before = change.kind === 'changed' ? ruleInWords(change.before, t, names) : null
  if (before === now) return null
  return (
    <>
      {before !== null && (
        <p>
          <del>{before}</del>
        </p>
      )}
      <p>{change.kind === 'removed' ? <del>{now}</del> : <ins>{now}</ins>}</p>
    </>
  )
}

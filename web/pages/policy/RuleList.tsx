import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { PolicyRule, PolicyWarning } from '../../../contract/models/policy.ts'
import { IconPolicy } from '../../kit/icons.tsx'
import { Empty } from '../../kit/states.tsx'
import { changesBetween } from './diff.ts'
import styles from './policy.module.css'
import { RuleCard } from './RuleCard.tsx'
import { newRuleId } from './templates.ts'
import { nameInWords, type Names } from './words.ts'

type Props = {
  rules: PolicyRule[]
  published: PolicyRule[]
  warnings: PolicyWarning[]
  names: Names
  /** What a writer may do; `null` for readers. */
  edit: { change: (rules: PolicyRule[]) => void; open: (rule: PolicyRule) => void } | null
}

/** The rules in the order they are tried, and what happens to a call none of them matches. */
export const RuleList = ({ rules, published, warnings, names, edit }: Props) => {
  const { t } = useTranslation()
  const { move, said } = useMoves(rules, edit?.change ?? null)
  const changes = new Map(changesBetween(published, rules).map((change) => [change.rule.id, change.kind]))
  const copy = (rule: PolicyRule): void =>
    edit?.open({
      ...rule,
      id: newRuleId(),
      name: t('policy.copyName', { name: nameInWords(rule.name, t) }).slice(0, 120),
    })
  const remove = (rule: PolicyRule): void => edit?.change(rules.filter(({ id }) => id !== rule.id))
  return (
    <section aria-label={t('policy.rules')} className={styles.rules}>
      <p className={styles.order}>
        {t('policy.firstWins')} {edit && rules.length > 1 && <span className="quiet">{t('policy.reorderHelp')}</span>}
      </p>
      {rules.length === 0 ? (
        <Empty icon={<IconPolicy size={26} />} title={t('policy.empty')}>
          {edit ? t('policy.emptyHelp') : t('policy.emptyReader')}
        </Empty>
      ) : (
        <ol className={styles.list}>
          {rules.map((rule, index) => (
            <RuleCard
              key={rule.id}
              rule={rule}
              place={{ index, count: rules.length }}
              change={changes.get(rule.id) ?? null}
              warnings={warnings.filter(({ ruleId }) => ruleId === rule.id)}
              names={names}
              edit={edit && { move, copy, remove, open: edit.open }}
            />
          ))}
        </ol>
      )}
      {rules.length > 0 && <p className={styles.rest}>{t('policy.rest')}</p>}
      <output className="visually-hidden">{said}</output>
    </section>
  )
}

/** Moves a rule by one place, says where it went, and keeps the keyboard on the control that was used. */
const useMoves = (rules: PolicyRule[], change: ((rules: PolicyRule[]) => void) | null) => {
  const { t } = useTranslation()
  const [said, setSaid] = useState('')
  const focusNext = useRef<string | null>(null)
  useEffect(() => {
    if (focusNext.current === null) return
    const control = document.getElementById(focusNext.current)
    const usable = control instanceof HTMLButtonElement && !control.disabled
    if (usable) control.focus()
    else control?.closest('li')?.querySelector<HTMLButtonElement>('button:not(:disabled)')?.focus()
    focusNext.current = null
  })
  const move = (rule: PolicyRule, by: -1 | 1, controlId: string): void => {
    const from = rules.findIndex(({ id }) => id === rule.id)
    const to = from + by
    if (!change || to < 0 || to >= rules.length) return
    const next = rules.filter(({ id }) => id !== rule.id)
    next.splice(to, 0, rule)
    focusNext.current = controlId
    setSaid(t('policy.movedTo', { name: nameInWords(rule.name, t), place: to + 1, count: rules.length }))
    change(next)
  }
  return { move, said }
}

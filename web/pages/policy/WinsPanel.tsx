import { Button, Stack } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { CallCircumstances, Decision, Explanation, PolicyRule } from '../../../contract/models/policy.ts'
import { textOf, type T } from '../../i18n.ts'
import { submitting } from '../../kit/form.ts'
import { IconCheck, IconClose } from '../../kit/icons.tsx'
import { useFormat } from '../../kit/format.ts'
import { Notice, ProblemNotice } from '../../kit/states.tsx'
import { usePurposeName } from '../../purposes.ts'
import { useAct } from '../../queries.ts'
import { useCountriesAsking } from '../calls/DecisionWords.tsx'
import { CircumstanceFields } from './CircumstanceFields.tsx'
import type { Staff } from './names.ts'
import styles from './policy.module.css'
import { nameInWords, type Names } from './words.ts'

type RuleVerdict = Explanation['verdicts'][number]
type Props = { rules: PolicyRule[]; isDraft: boolean; staff: Staff }

const anyCall = (): CallCircumstances => ({
  protocol: 'siprec',
  direction: 'inbound',
  queue: null,
  agentId: null,
  teamIds: [],
  callerCountry: null,
  agentCountry: null,
  startedAt: new Date().toISOString(),
})

/** Which rule wins for a call one imagines, and why the others do not. */
export const WinsPanel = ({ rules, isDraft, staff }: Props) => {
  const { t } = useTranslation()
  const [circumstances, setCircumstances] = useState(anyCall)
  const explain = useAct('POST /policy/explain', { announceProblem: false })
  const set = (part: Partial<CallCircumstances>): void => {
    setCircumstances({ ...circumstances, ...part })
    explain.reset()
  }
  const send = (): void => explain.mutate({ body: { ...(isDraft && { rules }), circumstances } })
  return (
    <div className={styles.panel}>
      <p className="quiet small">{isDraft ? t('policy.wins.helpDraft') : t('policy.wins.help')}</p>
      <form onSubmit={submitting(send)}>
        <Stack gap="sm">
          <CircumstanceFields value={circumstances} set={set} staff={staff} />
          <Button type="submit" loading={explain.isPending}>
            {t('policy.wins.ask')}
          </Button>
        </Stack>
      </form>
      <ProblemNotice problem={explain.error} />
      {explain.data && <Outcome explanation={explain.data} names={staff.names} />}
    </div>
  )
}

const Outcome = ({ explanation, names }: { explanation: Explanation; names: Names }) => {
  const { t } = useTranslation()
  const { decision, verdicts } = explanation
  const stricter = useStricter(explanation)
  const winner = verdicts.find(({ ruleId }) => ruleId === decision.ruleId)
  return (
    <div aria-live="polite" className={styles.outcome}>
      <Notice
        tone={decision.record ? 'good' : 'neutral'}
        title={winner ? t('policy.wins.winner', { name: nameInWords(winner.name, t) }) : t('policy.wins.noWinner')}
      >
        {[decisionText(decision, t, names), ...stricter].join(' ')}
      </Notice>
      <ol className={styles.verdicts}>
        {verdicts.map((verdict) => (
          <li key={verdict.ruleId} data-wins={verdict === winner}>
            {verdict.matched ? <IconCheck size={16} /> : <IconClose size={16} />}
            <span>
              <strong>{nameInWords(verdict.name, t)}</strong>
              <span className="quiet">{verdictText(verdict, verdict === winner, t, names)}</span>
            </span>
          </li>
        ))}
      </ol>
    </div>
  )
}

/** What purposes in force and the law of the countries make stricter than the rule says. */
const useStricter = ({ decision, dropped }: Explanation): string[] => {
  const { t } = useTranslation()
  const format = useFormat()
  const purposeName = usePurposeName()
  const countries = useCountriesAsking()
  return [
    ...(dropped.length > 0 ? [t('policy.wins.dropped', { purposes: format.list(dropped.map(purposeName)) })] : []),
    ...(decision.consentBy ? [t('calls.why.consentBy', { countries: countries(decision.consentBy) })] : []),
  ]
}

const decisionText = (decision: Decision, t: T, { format }: Names): string => {
  const { reason, draw, percent, mode } = decision
  if (reason === 'drawn' || reason === 'not_drawn')
    return draw === null
      ? t('policy.wins.reason.random', { percent: format.share((percent ?? 0) / 100) })
      : t(`policy.wins.reason.${reason}`, { draw: format.number(draw), percent: format.number(percent ?? 0) })
  if (reason === 'rule') return t(`policy.wins.mode.${mode}`)
  return t(`policy.wins.reason.${reason}`)
}

const verdictText = (verdict: RuleVerdict, wins: boolean, t: T, { format }: Names): string => {
  if (wins) return t('policy.wins.thisWins')
  if (verdict.matched) return t('policy.wins.tooLate')
  const failed = verdict.failed.map((condition) => textOf(t, `policy.failed.${condition}`) ?? condition)
  return t('policy.wins.failed', { count: failed.length, conditions: format.list(failed) })
}

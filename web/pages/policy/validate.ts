import type { PolicyRule } from '../../../contract/models/policy.ts'

/** Fields of the editor a message may stand beside. */
export type Field =
  | 'name'
  | 'percent'
  | 'legalBasis'
  | 'purposes'
  | 'days'
  | 'hours'
  | 'timeZone'
  | 'resume'
  | 'reachBack'
export type Wrong = Partial<Record<Field, true>>

const knownZone = (timeZone: string): boolean => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}
const within = (n: number, low: number, high: number): boolean => Number.isFinite(n) && n >= low && n <= high

/** What must be put right before a rule may join the draft. */
export const wrongIn = (rule: PolicyRule): Wrong => {
  const { action, when, pause } = rule
  const records = action.kind !== 'never'
  const checks: Record<Field, boolean> = {
    name: rule.name.trim() !== '',
    percent: action.kind !== 'random' || within(action.percent, 0, 100),
    legalBasis: action.kind !== 'all' || rule.legalBasis !== null,
    purposes: !records || rule.purposes.length > 0,
    days: !when.hours || when.hours.days.length > 0,
    hours: !when.hours || (when.hours.from !== '' && when.hours.to !== '' && when.hours.from !== when.hours.to),
    timeZone: !when.hours || knownZone(when.hours.timeZone),
    resume: within(pause.autoResumeSeconds, 0, 3600) && Number.isInteger(pause.autoResumeSeconds),
    reachBack: within(pause.reachBackSeconds, 0, 5),
  }
  const fields = Object.keys(checks) as Field[]
  return Object.fromEntries(fields.filter((field) => !checks[field]).map((field) => [field, true]))
}

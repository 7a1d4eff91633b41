import type { PolicyRule } from '../../contract/models/policy.ts'
import { Problem } from '../platform/problem.ts'
import { knownTimeZone } from './hours.ts'

export type Flaw = { code: string; ruleId: string; detail: string }

/** What makes a rule impossible to publish, in order. */
function flawsOf(rule: PolicyRule): Omit<Flaw, 'ruleId'>[] {
  const { action, purposes, when } = rule
  const bad: [boolean, string, string][] = [
    [
      action.kind === 'all' && rule.legalBasis === null,
      'policy_basis_missing',
      'records every call: say which legal basis allows it',
    ],
    [
      action.kind === 'never' && purposes.length > 0,
      'policy_never_has_purposes',
      'records nothing, so it cannot serve a purpose',
    ],
    [
      action.kind !== 'never' && purposes.length === 0,
      'policy_purposes_missing',
      'records, so it needs at least one purpose',
    ],
    [new Set(purposes).size < purposes.length, 'policy_purpose_repeated', 'names a purpose twice'],
    [
      action.kind === 'random' && !(action.percent >= 0 && action.percent <= 100),
      'policy_percent',
      'has a share outside 0 to 100',
    ],
    [
      when.hours !== null && !knownTimeZone(when.hours.timeZone),
      'policy_time_zone',
      'names a time zone that does not exist',
    ],
    [
      when.hours !== null && new Set(when.hours.days).size < when.hours.days.length,
      'policy_day_repeated',
      'names a weekday twice',
    ],
  ]
  return bad.filter(([is]) => is).map(([, code, detail]) => ({ code, detail }))
}

/** Everything that keeps rules from being published. */
export function flaws(rules: readonly PolicyRule[]): Flaw[] {
  const repeated = rules.filter((rule, i) => rules.findIndex((other) => other.id === rule.id) < i)
  const twice = repeated.map((rule) => ({
    code: 'policy_rule_repeated',
    ruleId: rule.id,
    detail: 'has the id of another rule',
  }))
  return [...twice, ...rules.flatMap((rule) => flawsOf(rule).map((flaw) => ({ ...flaw, ruleId: rule.id })))]
}

/** Throws the first flaw as Problem (422) with params `rule` (its position from 1) and `ruleId`. */
export function requirePublishable(rules: readonly PolicyRule[]): void {
  const [first] = flaws(rules)
  if (!first) return
  const position = rules.findLastIndex((rule) => rule.id === first.ruleId) + 1
  throw new Problem(first.code, 422, `rule ${position} ${first.detail}`, { rule: position, ruleId: first.ruleId })
}

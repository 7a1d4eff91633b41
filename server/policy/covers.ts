import type { Hours, PolicyRule, RuleConditions } from '../../contract/models/policy.ts'
import { globMatches } from './glob.ts'

const within = <T>(wider: readonly T[], narrower: readonly T[]): boolean =>
  wider.length === 0 || (narrower.length > 0 && narrower.every((value) => wider.includes(value)))

/** A `*` of the narrower pattern can only be met by a `*` of the wider one, so matching its text is enough. */
const queuesWithin = (wider: readonly string[], narrower: readonly string[]): boolean =>
  wider.length === 0 ||
  (narrower.length > 0 && narrower.every((text) => wider.some((pattern) => globMatches(pattern, text))))

function hoursWithin(wider: Hours | null, narrower: Hours | null): boolean {
  if (wider === null) return true
  if (narrower === null || wider.timeZone !== narrower.timeZone) return false
  return wider.from === narrower.from && wider.to === narrower.to && within(wider.days, narrower.days)
}

/** Whether every call meeting `narrower` certainly meets `wider` too. May miss a cover; never claims one wrongly. */
export const covers = (wider: RuleConditions, narrower: RuleConditions): boolean =>
  within(wider.protocols, narrower.protocols) &&
  within(wider.directions, narrower.directions) &&
  queuesWithin(wider.queues, narrower.queues) &&
  within(wider.agents, narrower.agents) &&
  within(wider.teams, narrower.teams) &&
  within(wider.callerCountries, narrower.callerCountries) &&
  within(wider.agentCountries, narrower.agentCountries) &&
  hoursWithin(wider.hours, narrower.hours)

/** The earlier rule that always wins over this one, if any. */
export const shadowOf = (rules: readonly PolicyRule[], index: number): PolicyRule | undefined =>
  rules.slice(0, index).find((earlier) => covers(earlier.when, rules[index]!.when))

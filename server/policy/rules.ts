import type { CallCircumstances, Decision, PolicyRule, RuleConditions } from '../../contract/models/policy.ts'
import type { PurposeKey } from '../../contract/models/common.ts'
import { globMatches } from './glob.ts'
import { withinHours } from './hours.ts'

/** Keyed hash of a text, at least 6 bytes (the vault's `selectionHash`). */
export type SelectionHash = (input: string) => Buffer

export type Condition = keyof RuleConditions
export type Verdict = { ruleId: string; name: string; matched: boolean; failed: Condition[] }

const nothing: Pick<Decision, 'purposes' | 'legalBasis' | 'draw' | 'percent'> = {
  purposes: [] as PurposeKey[],
  legalBasis: null,
  draw: null,
  percent: null,
}
const noPause = { agent: false, platform: false, detector: false, autoResumeSeconds: 0, reachBackSeconds: 0 }

/** An empty list asks nothing; an unknown value is in no list. */
const oneOf = <T>(list: readonly T[], value: T | null): boolean =>
  list.length === 0 || (value !== null && list.includes(value))

const tests: { [C in Condition]: (when: RuleConditions, call: CallCircumstances) => boolean } = {
  protocols: (when, call) => oneOf(when.protocols, call.protocol),
  directions: (when, call) => oneOf(when.directions, call.direction),
  queues: (when, { queue }) =>
    when.queues.length === 0 || (queue !== null && when.queues.some((pattern) => globMatches(pattern, queue))),
  agents: (when, call) => oneOf(when.agents, call.agentId),
  teams: (when, call) => when.teams.length === 0 || call.teamIds.some((team) => when.teams.includes(team)),
  callerCountries: (when, call) => oneOf(when.callerCountries, call.callerCountry),
  agentCountries: (when, call) => oneOf(when.agentCountries, call.agentCountry),
  hours: (when, call) => when.hours === null || withinHours(when.hours, Date.parse(call.startedAt)),
}
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of the record above
const conditions = Object.keys(tests) as Condition[]

/** The conditions a call does not meet. */
export const failedConditions = (when: RuleConditions, call: CallCircumstances): Condition[] =>
  conditions.filter((c) => !tests[c](when, call))

const applies = (rule: PolicyRule, call: CallCircumstances): boolean =>
  conditions.every((c) => tests[c](rule.when, call))

/** Every rule's own verdict, whatever the rules before it say. */
export const verdictsOf = (rules: readonly PolicyRule[], call: CallCircumstances): Verdict[] =>
  rules.map((rule) => {
    const failed = failedConditions(rule.when, call)
    return { ruleId: rule.id, name: rule.name, matched: failed.length === 0, failed }
  })

/**
 * The draw of a call: the first 48 bits of the keyed hash of its id as a share of 2^48, times 100; 0 <= draw < 100.
 * It depends on the id alone, so whoever holds the key can repeat it, and nobody without the key can foresee it.
 */
export const drawOf = (selectionHash: SelectionHash, callId: string): number =>
  (selectionHash(`verbale/policy/draw/v1\0${callId}`).readUIntBE(0, 6) / 2 ** 48) * 100

export type Draw = { callId: string | null; selectionHash: SelectionHash }

/**
 * What a policy does with a call: the first rule whose conditions all hold decides; without one nothing is recorded.
 * `callId` null (explaining without a call): `random` is left undrawn, `record` then says whether it could be.
 */
export function decideBy(
  policy: { version: number; rules: readonly PolicyRule[] },
  call: CallCircumstances,
  draw: Draw,
): Decision {
  const rule = policy.rules.find((r) => applies(r, call))
  const policyVersion = policy.version
  if (!rule)
    return {
      policyVersion,
      ruleId: null,
      mode: 'never',
      record: false,
      reason: 'no_rule',
      ...nothing,
      pause: noPause,
      consent: 'opt_in',
    }
  const shared = { policyVersion, ruleId: rule.id, mode: rule.action.kind, pause: rule.pause, consent: rule.consent }
  const recorded = {
    ...shared,
    ...nothing,
    record: true,
    reason: 'rule',
    purposes: rule.purposes,
    legalBasis: rule.legalBasis,
  } as const
  if (rule.action.kind === 'never') return { ...shared, ...nothing, record: false, reason: 'never' }
  if (rule.action.kind !== 'random') return recorded
  const { percent } = rule.action
  if (draw.callId === null)
    return percent > 0
      ? { ...recorded, percent }
      : { ...shared, ...nothing, record: false, reason: 'not_drawn', percent }
  const drawn = drawOf(draw.selectionHash, draw.callId)
  if (drawn < percent) return { ...recorded, reason: 'drawn', draw: drawn, percent }
  return { ...shared, ...nothing, record: false, reason: 'not_drawn', draw: drawn, percent }
}

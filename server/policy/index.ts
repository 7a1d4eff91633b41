import type { Kysely } from 'kysely'
import type {
  CallCircumstances,
  Decision,
  Explanation,
  PolicyRule,
  PolicyVersion,
} from '../../contract/models/policy.ts'
import type { Clock } from '../platform/clock.ts'
import type { AnyTransaction } from '../platform/db/index.ts'
import type { Handlers } from '../platform/http/handlers.ts'
import { Problem } from '../platform/problem.ts'
import { firstNote, firstRules } from './first.ts'
import { decideBy, verdictsOf, type SelectionHash } from './rules.ts'
import { securityFacts } from './security.ts'
import { simulate, type PastCall } from './simulate.ts'
import { createStore, type PolicyStore, type PolicyTables, type StoredVersion, type PublishedVersion } from './store.ts'
import { requirePublishable } from './validate.ts'
import { warningsOf, type Known } from './warnings.ts'

export { drawOf, type SelectionHash } from './rules.ts'
export type { PastCall } from './simulate.ts'
export type { PolicyTables } from './store.ts'
export type { Known } from './warnings.ts'

export type Govern = (decision: Decision, circumstances: CallCircumstances) => Decision

/** The routes of the contract this room answers. */
export type PolicyKeys =
  | 'GET /policy'
  | 'GET /policy/versions'
  | 'POST /policy/versions'
  | 'POST /policy/check'
  | 'POST /policy/explain'
  | 'POST /policy/simulate'

export type PolicyDeps = {
  db: Kysely<PolicyTables>
  clock: Clock
  /** Keyed hash for draws that can be audited. */
  selectionHash: SelectionHash
  /** Ended calls of a span, for simulation. */
  pastCalls: (from: Date, to: Date) => AsyncIterable<PastCall>
  /** What purposes in force and the law of the countries make of the rules' decision: only ever stricter. */
  govern?: Govern
  /** Lets warnings tell of agents, teams and purposes that are gone. */
  directory?: Known
  /** Tells of a version in the transaction that publishes it. `rulesSha256`: hexadecimal, of the rules as JSON. */
  published?: (tx: AnyTransaction, version: PublishedVersion) => Promise<void>
  /** Run after another version came into force. */
  changed?: () => Promise<void>
}

export type Policy = {
  routes: Handlers<PolicyKeys>
  /** The rules in force. In memory. */
  rules(): readonly PolicyRule[]
  /** What the policy in force, governed, does with a call. In memory; never waits. */
  decide(callId: string, circumstances: CallCircumstances): Decision
  /** The same with every rule's verdict. Draft rules are version 0; without a call id `random` stays undrawn. */
  explain(ask: {
    rules?: PolicyRule[] | undefined
    circumstances: CallCircumstances
    callId?: string | undefined
  }): Explanation
  /** The number of the version in force. In memory. */
  inForce(): number
  /** The policy in force and its versions, in numbers. */
  securityFacts(): ReturnType<typeof securityFacts>
  /** A rule's name in the version that decided, or null when there is no such rule. */
  ruleName(version: number, ruleId: string): Promise<string | null>
  /** A published version; null when there is no such version. */
  version(version: number): Promise<{ version: number; publishedAt: string; rules: PolicyRule[] } | null>
}

/** Loads the policy in force, publishing the first version on a new installation. */
export async function createPolicy(deps: PolicyDeps): Promise<Policy> {
  const { clock, selectionHash, pastCalls, directory, govern = (decision) => decision } = deps
  const store = createStore(deps.db, deps.published)
  let current = await newestOrFirst(store, clock)
  const known = new Map<number, PolicyRule[]>()
  const rulesOf = async (version: number): Promise<PolicyRule[]> => {
    const rules = known.get(version) ?? (await store.one(version))?.rules
    // versions never change, so they may be kept; a few only, since each can be large
    if (known.size > 50) known.clear()
    if (rules) known.set(version, rules)
    return rules ?? []
  }

  const view = ({ publishedAt, ...rest }: StoredVersion): PolicyVersion => ({
    ...rest,
    publishedAt: publishedAt.toISOString(),
    warnings: warningsOf(rest.rules, directory),
  })
  const explain: Policy['explain'] = ({ rules, circumstances, callId }) => {
    const policy = rules ? { version: 0, rules } : current
    const byRules = decideBy(policy, circumstances, { callId: callId ?? null, selectionHash })
    const decision = govern(byRules, circumstances)
    const dropped = byRules.purposes.filter((purpose) => !decision.purposes.includes(purpose))
    return { decision, verdicts: verdictsOf(policy.rules, circumstances), dropped }
  }
  const publish = async (next: StoredVersion): Promise<PolicyVersion> => {
    requirePublishable(next.rules)
    const appended = await store.append(next)
    const newest = appended ? next : await store.newest()
    if (newest && newest.version > current.version) current = newest
    if (!appended)
      throw new Problem(
        'policy_changed',
        409,
        'somebody published another version meanwhile; look at it and publish again',
        { version: current.version },
      )
    await deps.changed?.()
    return view(next)
  }

  return {
    routes: {
      'GET /policy': async () => view(current),
      'GET /policy/versions': async () => ({ items: (await store.all()).map(view) }),
      'POST /policy/versions': async ({ actor, body: { rules, note, basedOn } }) =>
        publish({ version: basedOn + 1, rules, note, publishedAt: new Date(clock.now()), publishedBy: actor.personId }),
      'POST /policy/check': async ({ body }) => ({ warnings: warningsOf(body.rules, directory) }),
      'POST /policy/explain': async ({ body }) => explain(body),
      'POST /policy/simulate': async ({ body }) => simulate({ ...body, pastCalls, selectionHash, govern }),
    },
    rules: () => current.rules,
    inForce: () => current.version,
    securityFacts: () => securityFacts({ current, warnings: warningsOf(current.rules, directory) }),
    decide: (callId, circumstances) =>
      govern(decideBy(current, circumstances, { callId, selectionHash }), circumstances),
    explain,
    async ruleName(version, ruleId) {
      const rules = version === current.version ? current.rules : await rulesOf(version)
      return rules.find((rule) => rule.id === ruleId)?.name ?? null
    },
    async version(version) {
      const found = await store.one(version)
      return found && { version, publishedAt: found.publishedAt.toISOString(), rules: found.rules }
    },
  }
}

async function newestOrFirst(store: PolicyStore, clock: Clock): Promise<StoredVersion> {
  const first = {
    version: 1,
    rules: firstRules(),
    note: firstNote,
    publishedAt: new Date(clock.now()),
    publishedBy: null,
  }
  const newest = await store.newest()
  if (newest) return newest
  return (await store.append(first)) ? first : ((await store.newest()) ?? first)
}

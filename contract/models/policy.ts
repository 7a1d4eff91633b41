import { z } from 'zod'
import { legalBases } from '../rules.ts'
import { Country, Id, Instant, PurposeKey } from './common.ts'

export const LegalBasis = z.enum(legalBases)
export type LegalBasis = z.infer<typeof LegalBasis>

export const CaptureProtocol = z.enum(['siprec', 'audiohook', 'twilio', 'stream', 'audiosocket', 'upload', 'vcon'])
export type CaptureProtocol = z.infer<typeof CaptureProtocol>
export const CallDirection = z.enum(['inbound', 'outbound', 'internal'])
export type CallDirection = z.infer<typeof CallDirection>

/** Days are ISO weekdays (1 = Monday); times are HH:MM in `timeZone` (IANA). `to` before `from` crosses midnight. */
export const Hours = z.object({
  days: z.array(z.number().int().min(1).max(7)).min(1),
  from: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/),
  to: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/),
  timeZone: z.string().max(60),
})
export type Hours = z.infer<typeof Hours>

/** A rule applies when every condition given holds; an empty list is no condition. */
export const RuleConditions = z.object({
  protocols: z.array(CaptureProtocol).default([]),
  directions: z.array(CallDirection).default([]),
  /** Queue or skill names; `*` stands for any run of characters; letter case does not matter. */
  queues: z.array(z.string().min(1).max(120)).default([]),
  agents: z.array(Id).default([]),
  teams: z.array(Id).default([]),
  callerCountries: z.array(Country).default([]),
  agentCountries: z.array(Country).default([]),
  hours: Hours.nullable().default(null),
})
export type RuleConditions = z.infer<typeof RuleConditions>

export const RuleAction = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('all') }),
  z.object({ kind: z.literal('random'), percent: z.number().min(0).max(100) }),
  z.object({ kind: z.literal('agent') }),
  z.object({ kind: z.literal('contract_window') }),
  z.object({ kind: z.literal('never') }),
])
export type RuleAction = z.infer<typeof RuleAction>

export const PauseRule = z.object({
  /** Who may pause: the agent's button, the platform, and (from a later release) a detector of card data. */
  agent: z.boolean(),
  platform: z.boolean(),
  detector: z.boolean(),
  /** Recording resumes by itself after this many seconds; 0 = only by hand. */
  autoResumeSeconds: z.number().int().min(0).max(3600),
  /** How far a pause reaches back into what is still in memory, in seconds. As much again could be lost in a power cut. */
  reachBackSeconds: z.number().min(0).max(5),
})
export type PauseRule = z.infer<typeof PauseRule>

export const PolicyRule = z
  .object({
    id: Id,
    name: z.string().min(1).max(120),
    when: RuleConditions,
    action: RuleAction,
    /** Required for `all`; the law or contract it rests on goes in `legalText`. */
    legalBasis: LegalBasis.nullable(),
    legalText: z.string().max(500),
    purposes: z.array(PurposeKey),
    pause: PauseRule,
    /** `objection`: recorded unless the caller says no. `opt_in`: recorded only from the caller's yes. */
    consent: z.enum(['objection', 'opt_in']),
  })
  .meta({ id: 'PolicyRule' })
export type PolicyRule = z.infer<typeof PolicyRule>

export const PolicyWarning = z.object({
  ruleId: Id.nullable(),
  code: z.string(),
  params: z.record(z.string(), z.union([z.string(), z.number()])),
})
export type PolicyWarning = z.infer<typeof PolicyWarning>

export const PolicyVersion = z
  .object({
    version: z.number().int(),
    rules: z.array(PolicyRule),
    note: z.string(),
    publishedAt: Instant,
    publishedBy: Id.nullable(),
    warnings: z.array(PolicyWarning),
  })
  .meta({ id: 'PolicyVersion' })
export type PolicyVersion = z.infer<typeof PolicyVersion>

/** What a policy decides on. Nothing here names a caller. */
export const CallCircumstances = z.object({
  protocol: CaptureProtocol,
  direction: CallDirection.nullable(),
  queue: z.string().nullable(),
  agentId: Id.nullable(),
  teamIds: z.array(Id),
  callerCountry: Country.nullable(),
  agentCountry: Country.nullable(),
  startedAt: Instant,
})
export type CallCircumstances = z.infer<typeof CallCircumstances>

export const RuleVerdict = z.object({ ruleId: Id, name: z.string(), matched: z.boolean(), failed: z.array(z.string()) })

export const Decision = z
  .object({
    policyVersion: z.number().int(),
    ruleId: Id.nullable(),
    mode: z.enum(['all', 'random', 'agent', 'contract_window', 'never']),
    /** Whether this call is to be recorded at all; false for `never` and for calls the draw left out. */
    record: z.boolean(),
    /** `no_purpose`: every purpose of the rule is switched off in the register. */
    reason: z.enum(['no_rule', 'never', 'drawn', 'not_drawn', 'rule', 'no_purpose']),
    /** For `random`: the audited draw, 0 <= draw < 100, below `percent` = recorded. */
    draw: z.number().nullable(),
    percent: z.number().nullable(),
    purposes: z.array(PurposeKey),
    legalBasis: LegalBasis.nullable(),
    pause: PauseRule,
    consent: z.enum(['objection', 'opt_in']),
    /** Whose country asks for a yes although the rule does not. */
    consentBy: z
      .array(z.object({ who: z.enum(['caller', 'agent', 'controller']), country: z.string().nullable() }))
      .optional(),
  })
  .meta({ id: 'Decision' })
export type Decision = z.infer<typeof Decision>

/** `dropped`: purposes of the rule that are switched off, unknown, or keep nothing: nothing is recorded for them. */
export const Explanation = z.object({
  decision: Decision,
  verdicts: z.array(RuleVerdict),
  dropped: z.array(PurposeKey),
})
export type Explanation = z.infer<typeof Explanation>

export const SimulationRow = z.object({
  teamId: Id.nullable(),
  calls: z.number().int(),
  recorded: z.number().int(),
  /** Calls under `agent` or `contract_window`, where a person decides; counted apart, not as recorded. */
  byPerson: z.number().int(),
  minutes: z.number(),
  recordedMinutes: z.number(),
})
export const Simulation = z
  .object({
    calls: z.number().int(),
    from: Instant,
    to: Instant,
    teams: z.array(SimulationRow),
    purposes: z.array(z.object({ purpose: PurposeKey, calls: z.number().int(), minutes: z.number() })),
    rules: z.array(z.object({ ruleId: Id.nullable(), calls: z.number().int() })),
    /** How many calls would be decided otherwise than they were. */
    changed: z.number().int(),
  })
  .meta({ id: 'Simulation' })
export type Simulation = z.infer<typeof Simulation>

/** What rules are made of, for the page too: no schema, so that none reaches its bundle. */

import type { RuleConditions } from './models/policy.ts'

/** GDPR Art. 6(1)(a) to (f). */
export const legalBases = [
  'consent',
  'contract',
  'legal_obligation',
  'vital_interests',
  'public_task',
  'legitimate_interests',
] as const

/** The purposes every installation has; others are the organisation's own. In the order in which people ask for them. */
export const builtInPurposes: readonly string[] = ['evidence', 'training', 'analytics', 'assist']

/** No condition: every call. */
export const anyCall: RuleConditions = {
  protocols: [],
  directions: [],
  queues: [],
  agents: [],
  teams: [],
  callerCountries: [],
  agentCountries: [],
  hours: null,
}

/**
 * The name of the rule a new installation starts with. Nobody there wrote it, so the page shows it in the reader's
 * language; any other name is somebody's own words.
 */
export const firstRuleName = 'Recordings added by staff'

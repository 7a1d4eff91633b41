import type { CallCircumstances, Decision } from '../../contract/models/policy.ts'
import type { PurposeKey } from '../../contract/models/common.ts'
import type { ConsentMode } from './organisation/jurisdiction.ts'

export type Governing = {
  /** Whether a purpose is in force and keeps anything. */
  inForce: (purpose: string) => boolean
  consentMode: (
    places: { callerCountry: string | null; agentCountry: string | null },
    purposes: readonly string[],
  ) => ConsentMode
}

/**
 * What the law of the countries concerned makes of the recording policy's decision: purposes that are switched off are dropped,
 * and silence is no consent where one country asks for a yes. Only ever stricter than the policy. Pure.
 */
export function governed(
  decision: Decision,
  { callerCountry, agentCountry }: CallCircumstances,
  by: Governing,
): Decision {
  if (!decision.record) return decision
  const purposes = decision.purposes.filter((purpose) => purpose === 'assist' || by.inForce(purpose))
  if (!purposes.some((purpose) => purpose !== 'assist') && decision.purposes.some((p) => p !== 'assist'))
    return { ...decision, record: false, reason: 'no_purpose', purposes: [] as PurposeKey[] }
  const { mode, decidedBy } = by.consentMode({ callerCountry, agentCountry }, purposes)
  if (mode !== 'opt_in') return { ...decision, purposes }
  return { ...decision, purposes, consent: 'opt_in', consentBy: decidedBy }
}

import type { LegalBasis } from '../../../contract/models/policy.ts'
import type { PurposeEntry } from '../../../contract/models/retention.ts'

/**
 * The legal basis of a purpose of a call (GDPR art. 6): one for each purpose, never one for all. A rule that rests on consent makes
 * everything it records rest on it; what else a rule declares is why the call is recorded as proof; other purposes rest on what the
 * register says.
 */
export function basisOf(entry: PurposeEntry | null, declared: LegalBasis | null): LegalBasis | null {
  if (declared === 'consent') return 'consent'
  if (entry?.material === 'original' && declared) return declared
  return entry?.legalBasis ?? declared
}

import type { SecurityStandard, SecurityStatus } from '../../../../contract/models/security.ts'
import type { CheckKey, ControlKey } from '../controls.ts'
import type { ConsentKind, EndReason } from '../facts.ts'
import type { MeasureKey } from '../measures.ts'

/** Controls this product cannot show. */
export type OutsideKey =
  | 'suppliers'
  | 'incidents'
  | 'vulnerabilities'
  | 'backup'
  | 'test_data'
  | 'impact'
  | 'third_parties'

export type StateCode =
  | 'yes'
  | 'no'
  | 'none'
  | 'none_needed'
  | 'unknown'
  | 'self'
  | 'tsa'
  | 'qualified'
  | 'tls'
  | 'proxy'
  | 'local'
  | 'plain'
  | 'clock_back'
  | 'clock_ahead'
  | 'person'
  | 'product'
  | 'nobody'

export type SecurityWords = {
  title: string
  intro: string
  summary: string
  standards: Record<SecurityStandard, string>
  statuses: Record<SecurityStatus, string>
  formerly: string
  uncertain: string
  /** Headers of the overview. */
  clause: string
  subject: string
  status: string
  /** Headers of the table of evidence. */
  evidence: string
  value: string
  measuredAt: string
  bad: string
  checks: string
  provide: string
  partOf: string
  days: string
  never: string
  nothing: string
  page: string
  /** What each control is about, in our own words. */
  subjects: Record<ControlKey, string>
  measures: Record<MeasureKey, string>
  states: Record<StateCode, string>
  consents: Record<ConsentKind, string>
  reasons: Record<EndReason, string>
  checkSteps: Record<CheckKey, string>
  /** What the organisation provides where this product shows nothing. */
  toProvide: Record<OutsideKey, string>
}

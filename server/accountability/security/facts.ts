import type { Role } from '../../../contract/permissions.ts'
import type { Words } from '../../../contract/models/retention.ts'

/* What the rooms measure of themselves. Times in ms since 1970, null where there is none yet; days UTC. */

export type PeopleFacts = {
  active: number
  enrolled: number
  passkeys: number
  dormant: number
  administrators: number
  administratorsEnrolled: number
  administratorsDormant: number
  tokens: number
  tokensUnused: number
  tokensOwnerless: number
  sessions: number
  sessionsOfGone: number
  invitations: number
  blocked: number
  byRole: readonly { role: Role; n: number }[]
  passwords: string
}

export type VaultFacts = {
  cipher: string
  keyHash: string
  epochKeyAgeMs: number
  epochKeys: number
  renditions: number
  erased: number
  withoutPurpose: number
  withoutPurposeHeld: number
  unfinished: number
}

export type LogFacts = {
  entries: number
  abandoned: number
  queued: number
  checkpointMs: number | null
  checkedMs: number | null
  alarm: string | null
  signature: string | null
  witnesses: number
  witnessesFailing: number
  level: 'self' | 'tsa' | 'qualified'
  stampedMs: number | null
  stampFailing: boolean
}

export type CaptureFacts = {
  calls: number
  destroyed: number
  notRecorded: number
  alerted: number
  accesses: number
  oldestMs: number | null
  /** Access records older than this should be gone. */
  oldestAllowedMs: number
  refused: number
  exports: number
  withoutPurpose: number
  masked: number
  uploadsAbandoned: number
  credentials: number
}

export type EndReason = 'clock' | 'withdrawal' | 'objection' | 'erasure' | 'confirmation' | 'decision' | 'restored'

export type RetentionFacts = {
  live: readonly { name: Words; terms: number }[]
  overdue: number
  overdueHeld: number
  unknownPurpose: number
  withoutBasis: number
  beyondCeiling: number
  unheeded: number
  ended: readonly { reason: EndReason; n: number }[]
  certificates: number
  finals: number
  finalsLate: number
  holds: number
  releasesAsked: number
  sweptMs: number | null
  day: string | null
  clockAlarm: 'clock_back' | 'clock_ahead' | null
}

export type ConsentKind = 'given' | 'refused' | 'withdrawn' | 'objected'

/** Who published the version in force: a named person, the product at installation, or a program. */
export type Publisher = 'person' | 'product' | 'nobody'

export type RulesFacts = {
  register: number
  registerMs: number
  registerBy: Publisher
  purposes: number
  purposesWithText: number
  purposesWithSoftware: number
  announcement: number | null
  announcementMissing: number
  agreements: readonly { country: string; n: number }[]
  consents: readonly { kind: ConsentKind; n: number }[]
  /** Facts about the controller that the law wants and nobody said yet. */
  controllerMissing: number
}

export type PolicyFacts = {
  version: number
  publishedMs: number
  publishedBy: Publisher
  rules: number
  atOdds: number
  withoutPause: number
  warnings: number
}

export type RightsFacts = {
  open: number
  overdue: number
  /** Of the last 12 months: answered, answered by the day they were due, answered by a person. */
  closed: number
  inTime: number
  closedByPerson: number
  extended: number
  copies: number
  restrictions: number
  links: number
}

export type InstallationFacts = {
  product: string
  node: string
  postgres: string
  migrations: number
  newestMigration: string
  /** Whether data and epoch keys lie on different disks; null when that could not be seen. */
  apart: boolean | null
  /** How people reach the page: `tls` ours, `proxy` an HTTPS address before us, `local` this machine only, `plain` in clear. */
  transport: 'tls' | 'proxy' | 'local' | 'plain'
  protocols: readonly string[]
}

/** What one room measured, and when. */
export type Measured<Facts> = Facts & { atMs: number }

export type SecurityFacts = {
  people: Measured<PeopleFacts>
  vault: Measured<VaultFacts>
  log: Measured<LogFacts>
  capture: Measured<CaptureFacts>
  retention: Measured<RetentionFacts>
  rules: Measured<RulesFacts>
  policy: Measured<PolicyFacts>
  rights: Measured<RightsFacts>
  installation: Measured<InstallationFacts>
}

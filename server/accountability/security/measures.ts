import type { Words } from '../../../contract/models/retention.ts'
import { permissions, roles } from '../../../contract/permissions.ts'
import { locales } from '../format.ts'
import { type Language, registerWords } from '../words.ts'
import type {
  InstallationFacts,
  LogFacts,
  Measured,
  PeopleFacts,
  PolicyFacts,
  Publisher,
  RightsFacts,
  RulesFacts,
  SecurityFacts,
  VaultFacts,
} from './facts.ts'
import { captureMeasures, retentionMeasures } from './measures-kept.ts'
import { all, counts, day, days, instant, none, number, type Reading, type Readings, state, text } from './reading.ts'
import { supportedUntil } from './support.ts'
import { inWords } from './words/index.ts'

const DAY_MS = 86_400_000
/** Keys of the keystore are renewed daily, everything is recomputed daily: twice that is too long ago. */
const twoDaysMs = 2 * DAY_MS
/** Epoch keys of seven days, today's, and one that the hourly rotation has not met yet. */
const mostEpochKeys = 9

/** `aes-256-gcm` → `AES-256-GCM`, `sha512` → `SHA-512`. */
const capital = (algorithm: string): string => algorithm.toUpperCase().replace(/^SHA(?=\d)/, 'SHA-')
const publisher = (by: Publisher): Reading => state(by, by === 'product' ? null : by === 'person')
const country = (code: string): Words => {
  const name = (language: Language): string =>
    new Intl.DisplayNames(locales[language], { type: 'region' }).of(code) ?? code
  return { it: name('it'), fr: name('fr'), en: name('en') }
}

const people = {
  staff: (f) => number(f.active),
  second_factor: (f) => all(f.enrolled, f.active),
  passkeys: (f) => number(f.passkeys),
  dormant: (f) => none(f.dormant),
  sessions_of_gone: (f) => none(f.sessionsOfGone),
  administrators: (f) => ({
    ...all(f.administratorsEnrolled, f.administrators),
    good: f.administratorsEnrolled > 0 && f.administratorsEnrolled === f.administrators,
  }),
  administrators_dormant: (f) => none(f.administratorsDormant),
  roles: () => number(roles.length),
  permissions: () => number(permissions.length),
  staff_by_role: (f) =>
    counts(
      f.byRole.map(({ role, n }) => ({
        name: {
          it: registerWords.it.roles[role] ?? role,
          fr: registerWords.fr.roles[role] ?? role,
          en: registerWords.en.roles[role] ?? role,
        },
        n,
      })),
    ),
  tokens: (f) => number(f.tokens),
  tokens_unused: (f) => none(f.tokensUnused),
  tokens_ownerless: (f) => none(f.tokensOwnerless),
  sessions: (f) => number(f.sessions),
  invitations: (f) => number(f.invitations),
  blocked: (f) => number(f.blocked),
  passwords: (f) => text(f.passwords),
} satisfies Readings<Measured<PeopleFacts>>

const vault = {
  cipher: (f) => text(capital(f.cipher)),
  derivation: (f) => text(`HKDF-${capital(f.keyHash)}`),
  epoch_key_age: (f) => days(f.epochKeyAgeMs, f.epochKeyAgeMs < twoDaysMs),
  epoch_keys: (f) => number(f.epochKeys, f.epochKeys > 0 && f.epochKeys <= mostEpochKeys),
  renditions: (f) => number(f.renditions),
  renditions_erased: (f) => number(f.erased),
  without_purpose: (f) => none(f.withoutPurpose),
  without_purpose_held: (f) => number(f.withoutPurposeHeld),
  destructions_unfinished: (f) => none(f.unfinished),
} satisfies Readings<Measured<VaultFacts>>

const log = {
  log_entries: (f) => number(f.entries),
  log_queued: (f) => number(f.queued),
  log_checkpoint: (f) => instant(f.checkpointMs, f.checkpointMs !== null),
  log_checked: (f) => instant(f.checkedMs, f.checkedMs !== null && f.atMs - f.checkedMs < twoDaysMs),
  log_alarm: (f) => (f.alarm === null ? state('none', true) : text(f.alarm, false)),
  log_abandoned: (f) => number(f.abandoned),
  signature: (f) => (f.signature === null ? state('none', false) : text(f.signature)),
  witnesses: (f) => number(f.witnesses),
  witnesses_failing: (f) => none(f.witnessesFailing),
  stamp_level: (f) => state(f.level, f.level !== 'self'),
  stamped: (f) => instant(f.stampedMs, f.level === 'self' ? null : f.stampedMs !== null && !f.stampFailing),
} satisfies Readings<Measured<LogFacts>>

const rules = {
  register: (f) => number(f.register),
  register_at: (f) => instant(f.registerMs),
  register_by: (f) => publisher(f.registerBy),
  purposes_text: (f) => all(f.purposesWithText, f.purposes),
  purposes_software: (f) => number(f.purposesWithSoftware),
  announcement: (f) => (f.announcement === null ? state('none_needed') : number(f.announcement)),
  announcement_missing: (f) => none(f.announcementMissing),
  agreements: (f) => counts(f.agreements.map(({ country: code, n }) => ({ name: country(code), n }))),
  consents: (f) => counts(f.consents.map(({ kind, n }) => ({ name: inWords((w) => w.consents[kind]), n }))),
  controller_missing: (f) => none(f.controllerMissing),
} satisfies Readings<Measured<RulesFacts>>

const policy = {
  policy: (f) => number(f.version),
  policy_at: (f) => instant(f.publishedMs),
  policy_by: (f) => publisher(f.publishedBy),
  rules: (f) => number(f.rules),
  rules_at_odds: (f) => none(f.atOdds),
  rules_without_pause: (f) => none(f.withoutPause),
  rules_warnings: (f) => number(f.warnings),
} satisfies Readings<Measured<PolicyFacts>>

const rights = {
  requests_open: (f) => number(f.open),
  requests_overdue: (f) => none(f.overdue),
  requests_in_time: (f) => all(f.inTime, f.closed),
  requests_extended: (f) => number(f.extended),
  requests_by_person: (f) => all(f.closedByPerson, f.closed),
  copies: (f) => number(f.copies),
  restrictions: (f) => number(f.restrictions),
  links: (f) => number(f.links),
} satisfies Readings<Measured<RightsFacts>>

function support(what: 'node' | 'postgres', { atMs, ...f }: Measured<InstallationFacts>): Reading {
  const until = supportedUntil(what, f[what])
  return until === null ? state('unknown') : day(until, new Date(atMs).toISOString().slice(0, 10) <= until)
}

const installation = {
  product: (f) => text(f.product),
  node: (f) => text(f.node),
  node_support: (f) => support('node', f),
  postgres: (f) => text(f.postgres),
  postgres_support: (f) => support('postgres', f),
  migrations: (f) => text(`${f.migrations} (${f.newestMigration})`),
  transport: (f) => state(f.transport, f.transport !== 'plain'),
  epoch_keys_apart: (f) => state(f.apart === null ? 'unknown' : f.apart ? 'yes' : 'no', f.apart === true),
  protocols: (f) => (f.protocols.length === 0 ? state('none') : text(f.protocols.join(', '))),
} satisfies Readings<Measured<InstallationFacts>>

const tables = {
  people,
  vault,
  log,
  capture: captureMeasures,
  retention: retentionMeasures,
  rules,
  policy,
  rights,
  installation,
}
type Tables = typeof tables

/** Everything that can be measured. */
export type MeasureKey = { [Room in keyof Tables]: keyof Tables[Room] }[keyof Tables] | 'certified'

/** Reads everything off the facts. Pure. */
export function readAll(facts: SecurityFacts): Record<MeasureKey, Reading & { atMs: number }> {
  const readings = Object.entries(tables).flatMap(([room, table]) => {
    const measured = facts[room as keyof Tables]
    return Object.entries(table as Readings<typeof measured>).map(
      ([key, read]) => [key, { ...read(measured), atMs: measured.atMs }] as const,
    )
  })
  const { retention: ended, capture: recorded } = facts
  // what one room destroyed and the other certified must be the same calls
  const certified = {
    ...all(Math.min(ended.certificates, recorded.destroyed), recorded.destroyed),
    atMs: ended.atMs,
  }
  return { ...Object.fromEntries(readings), certified } as Record<MeasureKey, Reading & { atMs: number }>
}

import type { CaptureFacts, Measured, RetentionFacts } from './facts.ts'
import { counts, day, instant, none, number, type Readings, state } from './reading.ts'
import { inWords } from './words/index.ts'

const DAY_MS = 86_400_000

/** What was recorded and given out. */
export const captureMeasures = {
  calls: (f) => number(f.calls),
  not_recorded: (f) => number(f.notRecorded),
  calls_destroyed: (f) => number(f.destroyed),
  alerts: (f) => number(f.alerted),
  accesses: (f) => number(f.accesses),
  // the hourly sweep may not have come yet
  accesses_oldest: (f) => instant(f.oldestMs, f.oldestMs === null || f.oldestMs >= f.oldestAllowedMs - DAY_MS),
  refused: (f) => number(f.refused),
  exports: (f) => number(f.exports),
  accesses_without_purpose: (f) => none(f.withoutPurpose),
  masked: (f) => number(f.masked),
  uploads_abandoned: (f) => none(f.uploadsAbandoned),
  credentials: (f) => number(f.credentials),
} satisfies Readings<Measured<CaptureFacts>>

/** What is kept, until when, and how it ended. */
export const retentionMeasures = {
  terms: (f) => counts(f.live.map(({ name, terms }) => ({ name, n: terms }))),
  terms_unknown: (f) => none(f.unknownPurpose),
  terms_without_basis: (f) => none(f.withoutBasis),
  terms_overdue: (f) => none(f.overdue),
  terms_overdue_held: (f) => number(f.overdueHeld),
  beyond_ceiling: (f) => none(f.beyondCeiling),
  unheeded: (f) => none(f.unheeded),
  ended: (f) => counts(f.ended.map(({ reason, n }) => ({ name: inWords((w) => w.reasons[reason]), n }))),
  certificates: (f) => number(f.certificates),
  finals: (f) => number(f.finals),
  finals_late: (f) => none(f.finalsLate),
  holds: (f) => number(f.holds),
  releases_asked: (f) => number(f.releasesAsked),
  swept: (f) => instant(f.sweptMs, f.sweptMs !== null && f.atMs - f.sweptMs < 2 * DAY_MS),
  clock_day: (f) => day(f.day, f.day !== null),
  clock_alarm: (f) => state(f.clockAlarm ?? 'none', f.clockAlarm === null),
} satisfies Readings<Measured<RetentionFacts>>

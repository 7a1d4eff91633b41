import type { ListenPurpose } from '../../contract/models/calls.ts'
import type { PurposeKey } from '../../contract/models/policy.ts'
import type { Role } from '../../contract/permissions.ts'

/**
 * The purposes Verbale starts with: how long each is kept and which roles may listen under it. Retention is the design's
 * default and the law's ceiling (CNIL: recordings for training at most 6 months).
 */
export const purposes: Record<PurposeKey, { months: number; listeners: readonly Role[] }> = {
  evidence: { months: 60, listeners: ['privacy_officer', 'supervisor', 'administrator'] },
  training: { months: 6, listeners: ['agent', 'supervisor', 'quality_manager', 'administrator'] },
  analytics: { months: 12, listeners: [] },
  assist: { months: 0, listeners: [] },
}

/** Purposes that hold audio of their own. */
export const audioPurposes: readonly ListenPurpose[] = ['evidence', 'training']

export const mayListen = (role: string, purpose: ListenPurpose): boolean =>
  (purposes[purpose].listeners as readonly string[]).includes(role)

/** Under evidence a reason must be given; under training the purpose says enough. */
export const needsReason = (purpose: ListenPurpose): boolean => purpose === 'evidence'

/**
 * The last day (UTC) on which a purpose may use what began at `startMs`: the day before the same day of the month, `months`
 * later (the month's last day when it has none), so that the term is never exceeded; never before the first day.
 */
export function lastDayOf(purpose: PurposeKey, startMs: number): Date {
  const { months } = purposes[purpose]
  const start = new Date(startMs)
  const first = Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + months, 1)
  const lastDay = new Date(
    Date.UTC(new Date(first).getUTCFullYear(), new Date(first).getUTCMonth() + 1, 0),
  ).getUTCDate()
  const day = Math.min(start.getUTCDate(), lastDay)
  const today = Date.UTC(start.getUTCFullYear(), start.getUTCMonth(), start.getUTCDate())
  return new Date(Math.max(today, Date.UTC(new Date(first).getUTCFullYear(), new Date(first).getUTCMonth(), day - 1)))
}

/** The purposes whose time has not run out for something that began at `startMs`. */
export const livePurposes = <P extends PurposeKey>(asked: readonly P[], startMs: number, nowMs: number): P[] =>
  asked.filter((purpose) => purpose === 'assist' || lastDayOf(purpose, startMs).getTime() + 86_400_000 > nowMs)

/** The last day of the rendition as captured: `days` days from its beginning, both counted. */
export function lastProcessingDay(startMs: number, days: number): Date {
  const start = new Date(startMs)
  return new Date(
    Date.UTC(start.getUTCFullYear(), start.getUTCMonth(), start.getUTCDate() + Math.max(1, Math.round(days)) - 1),
  )
}

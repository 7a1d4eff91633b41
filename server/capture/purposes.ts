import type { ListenPurpose } from '../../contract/models/calls.ts'
import type { PurposeKey } from '../../contract/models/policy.ts'
import type { Role } from '../../contract/permissions.ts'

/**
 * The purposes Verbale starts with: how long each is kept and which roles may listen under it. Retention is the design's
 * default and the law's ceiling (CNIL: recordings for training at most 6 months).
 */
export const purposes: Record<'processing' | PurposeKey, { months: number; days: number; listeners: readonly Role[] }> = {
  processing: { months: 0, days: 7, listeners: [] },
  evidence: { months: 60, days: 0, listeners: ['privacy_officer', 'supervisor', 'administrator'] },
  training: { months: 6, days: 0, listeners: ['agent', 'supervisor', 'quality_manager', 'administrator'] },
  analytics: { months: 12, days: 0, listeners: [] },
  assist: { months: 0, days: 0, listeners: [] },
}

/** Purposes that hold audio of their own. */
export const audioPurposes: readonly ListenPurpose[] = ['evidence', 'training']

export const mayListen = (role: string, purpose: ListenPurpose): boolean => (purposes[purpose].listeners as readonly string[]).includes(role)

/** Under evidence a reason must be given; under training the purpose says enough. */
export const needsReason = (purpose: ListenPurpose): boolean => purpose === 'evidence'

/**
 * The day a purpose ends for something that began at `startMs`: the same day of the month `months` later (the month's last
 * day when it has none), plus `days`. UTC. That day is the first without it.
 */
export function expiryOf(purpose: keyof typeof purposes, startMs: number): Date {
  const { months, days } = purposes[purpose]
  const start = new Date(startMs)
  const first = Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + months, 1)
  const lastDay = new Date(Date.UTC(new Date(first).getUTCFullYear(), new Date(first).getUTCMonth() + 1, 0)).getUTCDate()
  const day = Math.min(start.getUTCDate(), lastDay)
  return new Date(Date.UTC(new Date(first).getUTCFullYear(), new Date(first).getUTCMonth(), day + days))
}

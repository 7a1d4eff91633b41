import type { ListenPurpose } from '../../contract/models/calls.ts'
import type { PurposeKey } from '../../contract/models/policy.ts'
import type { Keeping } from './keeping.ts'

const DAY_MS = 86_400_000

/** Purposes that hold audio of their own. */
export const audioPurposes: readonly ListenPurpose[] = ['evidence', 'training']

/** Under evidence a reason must be given; under training the purpose says enough. */
export const needsReason = (purpose: ListenPurpose): boolean => purpose === 'evidence'

/** The purposes whose time has not run out for something that began at `startMs`. */
export const livePurposes = (
  lastDay: Keeping['lastDay'],
  asked: readonly PurposeKey[],
  of: { startMs: number; country: string | null; nowMs: number },
): PurposeKey[] =>
  asked.filter((purpose) => {
    if (purpose === 'assist') return true
    const last = lastDay(purpose, of.startMs, of.country)
    return last !== null && last.getTime() + DAY_MS > of.nowMs
  })

/** The last day of the rendition as captured: `days` days from its beginning, both counted. */
export function lastProcessingDay(startMs: number, days: number): Date {
  const start = new Date(startMs)
  return new Date(
    Date.UTC(start.getUTCFullYear(), start.getUTCMonth(), start.getUTCDate() + Math.max(1, Math.round(days)) - 1),
  )
}

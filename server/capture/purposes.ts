import type { PurposeKey } from '../../contract/models/common.ts'
import type { AudioMaterial, Material } from '../../contract/models/retention.ts'
import type { Keeping } from './keeping.ts'

const DAY_MS = 86_400_000

/** What of a call's audio a purpose keeps; null when it keeps none. */
export const audioOf = (material: Material): AudioMaterial | null =>
  material === 'original' || material === 'masked' ? material : null

/** Of a call as it was said a reason must be given; of what is masked the purpose says enough. */
export const needsReason = (material: AudioMaterial | null): boolean => material === 'original'

/** The purposes whose time has not run out for something that began at `startMs`. */
export const livePurposes = (
  termOf: Keeping['termOf'],
  asked: readonly PurposeKey[],
  of: { startMs: number; country: string | null; nowMs: number },
): PurposeKey[] =>
  asked.filter((purpose) => {
    if (purpose === 'assist') return true
    const term = termOf(purpose, of.startMs, of.country)
    return term !== null && isOpen(term.lastDay, of.nowMs)
  })

/** Whether a last day (UTC) is not over. */
export const isOpen = (lastDay: Date, nowMs: number): boolean => lastDay.getTime() + DAY_MS > nowMs

/** The last day of the rendition as captured: `days` days from its beginning, both counted. */
export function lastProcessingDay(startMs: number, days: number): Date {
  const start = new Date(startMs)
  return new Date(
    Date.UTC(start.getUTCFullYear(), start.getUTCMonth(), start.getUTCDate() + Math.max(1, Math.round(days)) - 1),
  )
}

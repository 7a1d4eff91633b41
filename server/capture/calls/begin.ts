import type { Decision, PurposeKey } from '../../../contract/models/policy.ts'
import { newId } from '../../platform/ids.ts'
import type { PurposeName } from '../../vault/index.ts'
import type { Keeping } from '../keeping.ts'
import { audioPurposes } from '../purposes.ts'

/** What a call that begins is to be kept for: one entry a purpose, with its last day and the id of its rendition-to-be. */
export type Kept = { purpose: PurposeKey; lastDay: Date; renditionId: string | null }

export function keptFor(
  lastDay: Keeping['lastDay'],
  { purposes, startMs, country }: { purposes: readonly PurposeKey[]; startMs: number; country: string | null },
): Kept[] {
  return purposes.flatMap((purpose) => {
    const last = lastDay(purpose, startMs, country)
    if (!last) return []
    return [
      { purpose, lastDay: last, renditionId: (audioPurposes as readonly string[]).includes(purpose) ? newId() : null },
    ]
  })
}

/** The purposes that may open the call's card, beside `processing`. */
export const cardWraps = (kept: Kept[]): { purpose: PurposeName; expiresOn: Date }[] =>
  kept.map(({ purpose, lastDay }) => ({ purpose, expiresOn: lastDay }))

export const termsFor = (kept: Kept[], decision: Pick<Decision, 'legalBasis'>) =>
  kept.map(({ purpose, renditionId, lastDay }) => ({ purpose, renditionId, lastDay, basis: decision.legalBasis }))

/** Rows of the renditions that jobs make later. */
export const pendingRows = (callId: string, kept: Kept[], format: (purpose: PurposeKey) => string) =>
  kept.flatMap(({ purpose, renditionId, lastDay }) =>
    renditionId
      ? [
          {
            call_id: callId,
            purpose,
            rendition_id: renditionId,
            format: format(purpose),
            state: 'pending' as const,
            expires_on: lastDay.toISOString().slice(0, 10),
          },
        ]
      : [],
  )

import type { PurposeKey } from '../../../contract/models/common.ts'
import type { Decision } from '../../../contract/models/policy.ts'
import type { AudioMaterial } from '../../../contract/models/retention.ts'
import { newId } from '../../platform/ids.ts'
import type { Keeping } from '../keeping.ts'
import { audioOf, isOpen } from '../purposes.ts'

/** What a call that begins is to be kept for: one entry a purpose, with its last day and its rendition-to-be, if it keeps audio. */
export type Kept = {
  purpose: PurposeKey
  lastDay: Date
  audio: { renditionId: string; material: AudioMaterial; lastDay: Date } | null
}

export function keptFor(
  termOf: Keeping['termOf'],
  of: { purposes: readonly PurposeKey[]; startMs: number; country: string | null; nowMs: number },
): Kept[] {
  return of.purposes.flatMap((purpose) => {
    const term = termOf(purpose, of.startMs, of.country)
    if (!term) return []
    const material = audioOf(term.material)
    // of an old recording the audio's time may be over, while that of what is drawn from it is not
    const holds = material !== null && isOpen(term.audioLastDay, of.nowMs)
    return [
      {
        purpose,
        lastDay: term.lastDay,
        audio: holds ? { renditionId: newId(), material, lastDay: term.audioLastDay } : null,
      },
    ]
  })
}

/** The purposes that may open the call's card, beside `processing`. */
export const cardWraps = (kept: Kept[]): { purpose: string; expiresOn: Date }[] =>
  kept.map(({ purpose, lastDay }) => ({ purpose, expiresOn: lastDay }))

export const termsFor = (kept: Kept[], decision: Pick<Decision, 'legalBasis'>) =>
  kept.map(({ purpose, audio, lastDay }) => ({
    purpose,
    renditionId: audio?.renditionId ?? null,
    lastDay,
    audioLastDay: audio && audio.lastDay < lastDay ? audio.lastDay : null,
    basis: decision.legalBasis,
  }))

/** Rows of the renditions that jobs make later. */
export const pendingRows = (callId: string, kept: Kept[], format: (material: AudioMaterial) => string) =>
  kept.flatMap(({ purpose, audio }) =>
    audio
      ? [
          {
            call_id: callId,
            purpose,
            rendition_id: audio.renditionId,
            material: audio.material,
            format: format(audio.material),
            state: 'pending' as const,
            expires_on: audio.lastDay.toISOString().slice(0, 10),
          },
        ]
      : [],
  )

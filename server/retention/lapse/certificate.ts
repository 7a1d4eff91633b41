import type { LapseReason } from '../terms/store.ts'

/** What one room destroyed of a call: names of what it kept and how many of each. No personal data. */
export type Receipt = { room: string; erased: Record<string, number> }

/** Evidence of the destruction of everything kept of a call. Ids, days and counts only. */
export type Certificate = {
  callId: string
  at: string
  terms: {
    purpose: string
    segment: number
    basis: string | null
    lastDay: string
    endedAt: string
    reason: LapseReason
  }[]
  /** Renditions whose keys were destroyed with their bytes. */
  renditions: string[]
  receipts: Receipt[]
  /** `puncture`: the key's secret was destroyed in the keystore, and tested not to be derivable. */
  method: 'puncture'
  /** Copies of the keystore older than this can be opened by nobody. */
  keystoreCopiesEnd: string
}

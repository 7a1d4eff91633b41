import type { ConsentChannel, ConsentKind, ConsentValue } from '../../../contract/models/consent.ts'
import type { z } from 'zod'

/** A consent or objection as it was written down. Null call or purpose: all of them. */
export type Consent = {
  id: string
  callId: string | null
  purpose: string | null
  value: z.infer<typeof ConsentValue>
  /** Null when nobody was asked. */
  kind: ConsentKind | null
  channel: ConsentChannel
  atMs: number
  announcement: number | null
}

export type About = { callId: string | null; purpose: string }
export type InForce = { value: Consent['value']; record: Consent | null }

export const valueOf = (kind: ConsentKind | null): Consent['value'] =>
  kind === null ? 'not_asked' : kind === 'given' ? 'yes' : 'no'

/** In the order in which they were said; of one instant, in the order in which they were written down. */
const inOrder = (a: Consent, b: Consent): number => a.atMs - b.atMs || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)

/** Whether a later yes undoes an objection: a yes to everything does not undo an objection to one purpose. */
const undoes = (yes: Consent, objection: Consent): boolean => objection.purpose === null || yes.purpose !== null

/**
 * What counts for a purpose, of everything one caller said:
 *
 * 1. Considered is what names the purpose or none, and names the call asked about or none. Without a call, only what was said of
 *    all calls.
 * 2. Not having been asked answers nothing.
 * 3. The latest answer counts, whether it was given for the call or for all calls: who withdraws everything withdraws for calls
 *    already made too, and a yes in a later call counts for that call alone.
 * 4. An objection (GDPR art. 21) stays through every later yes that is not about the same: one to a purpose until a yes that
 *    names that purpose, one to everything until any yes.
 */
export function standing(records: readonly Consent[], about: About): InForce {
  const answers = records
    .filter((one) => one.value !== 'not_asked')
    .filter((one) => one.purpose === null || one.purpose === about.purpose)
    .filter((one) => one.callId === null || one.callId === about.callId)
    .toSorted(inOrder)
  const latest = answers.at(-1)
  if (!latest) return { value: 'not_asked', record: null }
  if (latest.value === 'no') return { value: 'no', record: latest }
  const objection = answers.findLast(
    (one, i) => one.kind === 'objected' && !answers.slice(i + 1).some((yes) => yes.value === 'yes' && undoes(yes, one)),
  )
  return objection ? { value: 'no', record: objection } : { value: 'yes', record: latest }
}

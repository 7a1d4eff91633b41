import type { LegalBasis } from '../../../contract/models/policy.ts'
import { type Consent, standing } from './standing.ts'

/** A purpose of a call: on which basis, until when (ISO 8601; null: no end is known). */
export type CallPurpose = { purpose: string; basis: LegalBasis; until: string | null }

/** The body of a vCon attachment `lawful_basis` (draft-howe-vcon-lawful-basis-00). Times are ISO 8601. */
export type LawfulBasisBody = {
  lawful_basis: LegalBasis
  expiration: string | null
  purpose_grants: { purpose: string; granted: boolean; granted_at: string; conditions?: string[] }[]
  proof_mechanisms?: {
    proof_type: 'verbal_confirmation' | 'external_system'
    timestamp: string
    proof_data: Record<string, unknown>
  }[]
  metadata?: Record<string, unknown>
}

/** Bases that a caller's no ends (GDPR art. 21). */
const objectable: readonly LegalBasis[] = ['legitimate_interests', 'public_task']

/**
 * One body for each legal basis of a call's purposes. What rests on consent is granted by a yes only; what can be objected to is
 * granted until a no; the rest is granted from the call's beginning. `expiration` is the last of its purposes' ends. Pure.
 */
export function lawfulBasesOf(
  call: { id: string; startedAt: string },
  purposes: readonly CallPurpose[],
  records: readonly Consent[],
): LawfulBasisBody[] {
  const bases = [...new Set(purposes.map((one) => one.basis))]
  return bases.map((basis) => {
    const mine = purposes.filter((one) => one.basis === basis)
    const answers = mine.map(({ purpose }) => ({ purpose, ...standing(records, { callId: call.id, purpose }) }))
    const heard = [...new Set(answers.flatMap((answer) => answer.record ?? []))]
    return {
      lawful_basis: basis,
      expiration: lastOf(mine.map((one) => one.until)),
      purpose_grants: answers.map(({ purpose, value, record }) => ({
        purpose,
        granted: basis === 'consent' ? value === 'yes' : !(objectable.includes(basis) && value === 'no'),
        granted_at: record ? new Date(record.atMs).toISOString() : call.startedAt,
      })),
      ...(heard.length > 0 && { proof_mechanisms: heard.map(proofOf) }),
    }
  })
}

const proofOf = (record: Consent): NonNullable<LawfulBasisBody['proof_mechanisms']>[number] => ({
  proof_type: record.channel === 'spoken' ? 'verbal_confirmation' : 'external_system',
  timestamp: new Date(record.atMs).toISOString(),
  proof_data: { record: record.id, channel: record.channel, announcement: record.announcement },
})

/** The latest of some ends; null when one of them is not known. */
function lastOf(ends: (string | null)[]): string | null {
  const known = ends.filter((end) => end !== null)
  return known.length < ends.length ? null : (known.toSorted().at(-1) ?? null)
}

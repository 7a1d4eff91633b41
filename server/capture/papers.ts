import type { LegalBasis, PolicyRule } from '../../contract/models/policy.ts'
import type { LawfulBasis } from './vcon/index.ts'

/** What other rooms have in writing about a call, to travel with what leaves. The composition root joins them. */
export type Papers = {
  /** A published version of the recording policy; null when there is no such version. */
  policy(version: number): Promise<{ version: number; publishedAt: string; rules: readonly PolicyRule[] } | null>
  /** A purpose as the register names it to people; null when it knows none of that key. */
  purposeName(key: string): Record<'it' | 'fr' | 'en', string> | null
  /** What the caller said, as a document. */
  consent(callId: string): Promise<object>
  /** Bodies of vCon attachments `lawful_basis`. Times are ISO 8601. */
  lawfulBases(call: { id: string; startedAt: string }): Promise<LawfulBasisPaper[]>
}

type LawfulBasisPaper = {
  lawful_basis: LegalBasis
  expiration: string | null
  purpose_grants: { purpose: string; granted: boolean; granted_at: string; conditions?: string[] }[]
  proof_mechanisms?: Record<string, unknown>[]
}

/** The same as a vCon's writer wants it. */
export const basisOfPaper = (paper: LawfulBasisPaper): LawfulBasis => ({
  basis: paper.lawful_basis,
  expiration: paper.expiration === null ? null : new Date(paper.expiration),
  grants: paper.purpose_grants.map(({ purpose, granted, granted_at, conditions = [] }) => ({
    purpose,
    granted,
    grantedAt: new Date(granted_at),
    conditions,
  })),
  party: null,
  dialog: null,
  proofs: paper.proof_mechanisms,
})

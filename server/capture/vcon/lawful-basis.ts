import { date, isObject, type JsonObject } from './json.ts'
import type { BasisName, LawfulBasis, PurposeGrant } from './types.ts'

const names: readonly string[] = [
  'consent',
  'contract',
  'legal_obligation',
  'vital_interests',
  'public_task',
  'legitimate_interests',
]

const isBasisName = (name: unknown): name is BasisName => typeof name === 'string' && names.includes(name)

/** Whether an attachment is a lawful basis: `type` in the draft, `purpose` in the core since 0.4. */
export const isLawfulBasis = (attachment: JsonObject): boolean =>
  [attachment['type'], attachment['purpose']].some((v) => v === 'lawful_basis' || v === 'lawful-basis')

const ordinal = (value: unknown): number | null =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : null

/** Reads a `lawful_basis` attachment; null when it says nothing that could be relied on. */
export function readLawfulBasis(attachment: JsonObject): LawfulBasis | null {
  try {
    const raw = attachment['body']
    const body: unknown = typeof raw === 'string' ? JSON.parse(raw) : raw
    if (!isObject(body) || !isBasisName(body['lawful_basis']) || !Array.isArray(body['purpose_grants'])) return null
    return {
      basis: body['lawful_basis'],
      expiration: date(body['expiration'], 'expiration'),
      grants: body['purpose_grants'].map(readGrant),
      party: ordinal(attachment['party']),
      dialog: ordinal(attachment['dialog']),
    }
  } catch {
    return null
  }
}

function readGrant(value: unknown): PurposeGrant {
  const grantedAt = isObject(value) ? date(value['granted_at'], 'granted_at') : null
  if (!isObject(value) || typeof value['purpose'] !== 'string' || typeof value['granted'] !== 'boolean' || !grantedAt)
    throw new Error('not a grant')
  const conditions = Array.isArray(value['conditions']) ? value['conditions'] : []
  return {
    purpose: value['purpose'],
    granted: value['granted'],
    grantedAt,
    conditions: conditions.filter((c): c is string => typeof c === 'string'),
  }
}

/** The attachment for a basis. Writes the draft's `type` and the core's `purpose`. */
export function writeLawfulBasis(basis: LawfulBasis, start: Date): JsonObject {
  return {
    type: 'lawful_basis',
    purpose: 'lawful_basis',
    start: start.toISOString(),
    party: basis.party ?? 0,
    dialog: basis.dialog ?? 0,
    encoding: 'json',
    body: {
      lawful_basis: basis.basis,
      expiration: basis.expiration?.toISOString() ?? null,
      purpose_grants: basis.grants.map((grant) => ({
        purpose: grant.purpose,
        granted: grant.granted,
        granted_at: grant.grantedAt.toISOString(),
        ...(grant.conditions.length > 0 && { conditions: grant.conditions }),
      })),
      ...(basis.proofs?.length && { proof_mechanisms: basis.proofs }),
    },
  }
}

/** Clock difference the draft tolerates between parties, ms. */
const SKEW = 5 * 60_000

/**
 * Whether a purpose is granted now. The most restrictive answer wins: one refusal or one lapsed basis that names the purpose
 * is enough for no; a purpose nobody names is not granted. Conditions are for the caller to judge.
 */
export function isGranted(bases: LawfulBasis[], purpose: string, now: number): boolean {
  const grants = bases.flatMap((basis) =>
    basis.grants
      .filter((grant) => grant.purpose === purpose)
      .map(
        (grant) =>
          grant.granted &&
          grant.grantedAt.getTime() <= now + SKEW &&
          (basis.expiration === null || basis.expiration.getTime() > now),
      ),
  )
  return grants.length > 0 && grants.every(Boolean)
}

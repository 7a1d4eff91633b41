import { z } from 'zod'
import { Country, Id, Instant } from './common.ts'
import { AgreementKind, Feature } from './retention.ts'

const Day = z.iso.date()

export const AgreementDraft = z.strictObject({
  country: Country,
  kind: AgreementKind,
  features: z.array(Feature).min(1).max(4),
  /** Empty: every team. */
  teams: z.array(Id).max(500),
  validFrom: Day,
  /** The last day; null = until revoked. */
  validTo: Day.nullable(),
  /** Where the original is found: number, date, parties. */
  reference: z.string().trim().min(1).max(500),
})
export type AgreementDraft = z.infer<typeof AgreementDraft>

export const Agreement = z
  .object({
    id: Id,
    ...AgreementDraft.shape,
    document: z.object({ sha256: z.string(), mediaType: z.string(), bytes: z.number().int() }).nullable(),
    registeredAt: Instant,
    registeredBy: Id.nullable(),
    revokedAt: Instant.nullable(),
    revokedBy: Id.nullable(),
    revokedBecause: z.string().nullable(),
    /** Whether it opens anything today. */
    inForce: z.boolean(),
  })
  .meta({ id: 'Agreement' })
export type Agreement = z.infer<typeof Agreement>

import { z } from 'zod'
import { Country, Id, Instant, PurposeKey } from './common.ts'
import { LegalBasis } from './policy.ts'
import { AgreementKind, Feature, Material, Organisation, Span, Words } from './retention.ts'

const Day = z.iso.date()

/** What nobody has said yet, and the law wants in the register. */
export const MissingFact = z.enum(['controller', 'address', 'email', 'country', 'dpo', 'authority', 'callers'])
export type MissingFact = z.infer<typeof MissingFact>

/** One purpose as a processing activity (GDPR art. 30(1)(b) to (g)). */
export const ProcessingActivity = z.object({
  purpose: PurposeKey,
  name: Words,
  description: Words,
  legalBasis: LegalBasis,
  legalText: z.string(),
  iri: z.string(),
  active: z.boolean(),
  subjects: z.array(z.enum(['callers', 'agents', 'others_heard'])),
  data: z.array(z.enum(['voice', 'masked_voice', 'text', 'numbers_and_names', 'call_facts', 'answers'])),
  /** Roles that may use what is kept. */
  recipients: z.array(z.string()),
  material: Material,
  keep: Span,
  ceiling: Span,
  ceilingText: z.string(),
  countries: z.array(z.object({ country: Country, keep: Span.nullable(), text: z.string() })),
  /** What software does beyond keeping it; null = nothing. */
  ai: Words.nullable(),
  /** What is kept at present. */
  held: z.object({ terms: z.number().int(), firstDay: Day.nullable(), lastDay: Day.nullable() }),
})
export type ProcessingActivity = z.infer<typeof ProcessingActivity>

/** The register of processing (GDPR art. 30), as the running installation tells it. */
export const ProcessingRegister = z
  .object({
    madeAt: Instant,
    versions: z.object({
      product: z.string(),
      register: z.number().int(),
      policy: z.number().int(),
      announcement: z.number().int().nullable(),
    }),
    controller: Organisation.nullable(),
    missing: z.array(MissingFact),
    activities: z.array(ProcessingActivity),
    /** Who outside is sent something, and what: hashes never tell of anybody. */
    outside: z.array(
      z.object({ who: z.enum(['time_stamps', 'witness']), host: z.string(), receives: z.literal('hashes') }),
    ),
    /** Papers about the watching of work. */
    agreements: z.array(
      z.object({
        id: Id,
        country: Country,
        kind: AgreementKind,
        features: z.array(Feature),
        validFrom: Day,
        validTo: Day.nullable(),
        inForce: z.boolean(),
      }),
    ),
  })
  .meta({ id: 'ProcessingRegister' })
export type ProcessingRegister = z.infer<typeof ProcessingRegister>

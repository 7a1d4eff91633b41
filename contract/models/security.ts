import { z } from 'zod'
import { Instant } from './common.ts'
import { Words } from './retention.ts'

export const SecurityStandard = z.enum(['iso27001_2022', 'iso27701_2025'])
export type SecurityStandard = z.infer<typeof SecurityStandard>

/**
 * `shown`: live evidence is there and good. `attention`: it is there and something is wrong or missing. `outside`: this product cannot
 * show it; the organisation has to.
 */
export const SecurityStatus = z.enum(['shown', 'attention', 'outside'])
export type SecurityStatus = z.infer<typeof SecurityStatus>

/** A value as it was measured. An `instant` or `day` that is null: never. */
export const MeasuredValue = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('number'), n: z.number() }),
  z.object({ kind: z.literal('part'), n: z.number().int(), of: z.number().int() }),
  z.object({ kind: z.literal('days'), n: z.number() }),
  z.object({ kind: z.literal('instant'), at: Instant.nullable() }),
  z.object({ kind: z.literal('day'), day: z.iso.date().nullable() }),
  z.object({ kind: z.literal('text'), text: z.string() }),
  z.object({ kind: z.literal('state'), code: z.string(), text: Words }),
  z.object({ kind: z.literal('counts'), items: z.array(z.object({ name: Words, n: z.number().int() })) }),
])
export type MeasuredValue = z.infer<typeof MeasuredValue>

/** Something measured. `good`: null when it only informs. */
export const SecurityMeasure = z.object({
  key: z.string(),
  label: Words,
  value: MeasuredValue,
  good: z.boolean().nullable(),
  at: Instant,
})
export type SecurityMeasure = z.infer<typeof SecurityMeasure>

/** A control of a standard, by its number and a subject in our own words. */
export const SecurityControl = z.object({
  key: z.string(),
  standard: SecurityStandard,
  clause: z.string(),
  /** The number in ISO/IEC 27701:2019; null for other standards. */
  formerly: z.string().nullable(),
  /** The number follows from the pattern of the others and was not confirmed. */
  uncertain: z.boolean(),
  subject: Words,
  status: SecurityStatus,
  evidence: z.array(SecurityMeasure),
  /** How anybody checks it, step by step. */
  checks: z.array(Words),
  /** What the organisation has to provide; only when it is `outside`. */
  provide: Words.nullable(),
})
export type SecurityControl = z.infer<typeof SecurityControl>

/** What the running installation shows of its security, control by control. */
export const SecurityEvidence = z
  .object({
    madeAt: Instant,
    product: z.string(),
    counts: z.object({
      shown: z.number().int(),
      attention: z.number().int(),
      outside: z.number().int(),
    }),
    controls: z.array(SecurityControl),
  })
  .meta({ id: 'SecurityEvidence' })
export type SecurityEvidence = z.infer<typeof SecurityEvidence>

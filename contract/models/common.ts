import { z } from 'zod'
import { roles } from '../permissions.ts'

export const Id = z.uuid()
/** An instant, ISO 8601 UTC. */
export const Instant = z.iso.datetime()
/** ISO 3166-1 alpha-2. */
export const Country = z.string().regex(/^[A-Z]{2}$/)
export const Locale = z.enum(['it', 'fr', 'en'])
export type Locale = z.infer<typeof Locale>
export const RoleName = z.enum(roles)
/** The key of a purpose in the register: the four every installation has, and those an organisation adds. */
export const PurposeKey = z.string().regex(/^[a-z][a-z0-9_]{2,30}$/)
export type PurposeKey = z.infer<typeof PurposeKey>
export const Ok = z.object({ ok: z.literal(true) })

/** RFC 9457. `code` is stable; `params` fill the translated message. */
export const ProblemBody = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    code: z.string(),
    detail: z.string(),
    params: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
    /** Where in the request, for validation errors. */
    fields: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: 'Problem' })
export type ProblemBody = z.infer<typeof ProblemBody>

export const page = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item), next: z.string().nullable() })

import { z } from 'zod'
import { Id, Instant } from './common.ts'
import { CaptureProtocol } from './policy.ts'

export const SourceView = z
  .object({
    protocol: CaptureProtocol,
    enabled: z.boolean(),
    /** Where to point the telephone platform. */
    addresses: z.array(z.string()),
    /** Why it is not listening, when it is not. */
    problem: z.string().nullable(),
    liveCalls: z.number().int(),
    needsCredential: z.boolean(),
  })
  .meta({ id: 'Source' })
export type SourceView = z.infer<typeof SourceView>

export const CredentialView = z
  .object({
    id: Id,
    protocol: CaptureProtocol,
    name: z.string(),
    keyId: z.string(),
    createdAt: Instant,
    lastUsedAt: Instant.nullable(),
  })
  .meta({ id: 'SourceCredential' })
export type CredentialView = z.infer<typeof CredentialView>

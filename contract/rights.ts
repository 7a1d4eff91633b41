import { z } from 'zod'
import { AccessRecord, Heard, ListenPurpose } from './models/calls.ts'
import { Id, Instant, page } from './models/common.ts'
import type { Route } from './routes.ts'

const limit = z.coerce.number().int().min(1).max(200).default(50)
const after = z.string().max(200).optional()

/** Routes of those whom recordings are about: who was given them. */
export const rightsRoutes = {
  'GET /calls/:callId/accesses': {
    summary: 'Who listened to a call, when and why',
    may: 'access.read',
    params: z.object({ callId: Id }),
    query: z.object({ limit, after }),
    reply: page(AccessRecord),
  },
  'GET /accesses': {
    summary: 'Access records, newest first; there is no other order and there are no totals',
    may: 'access.search',
    query: z.object({
      limit,
      after,
      callId: Id.optional(),
      /** The person who asked to listen. */
      actorId: Id.optional(),
      purpose: ListenPurpose.optional(),
      from: Instant.optional(),
      to: Instant.optional(),
    }),
    reply: page(AccessRecord),
  },
  'GET /me/heard': {
    summary: 'Who listened to the calls of the person signed in, when, for which purpose and why',
    may: 'signed_in',
    query: z.object({ limit }),
    reply: z.object({ items: z.array(Heard) }),
  },
} satisfies Record<string, Route>

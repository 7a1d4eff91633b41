import { z } from 'zod'
import { CaseRef } from './models/calls.ts'
import { Id } from './models/common.ts'
import type { Route } from './routes.ts'

/** Routes by which what was recorded leaves as proof. */
export const evidenceRoutes = {
  'POST /calls/:callId/package': {
    summary: 'The evidence package of a call (ASiC-E), or of a part of it, for whoever checks it without us',
    may: 'calls.export',
    params: z.object({ callId: Id }),
    body: z.object({
      /** Which of several contract windows; by default the first that is kept. */
      segment: z.number().int().min(0).optional(),
      reason: z.string().min(5).max(500),
      caseRef: CaseRef,
      /** Replaced by silence, on one lane or on all. Times are ms from the beginning of the call. */
      masks: z
        .array(
          z.object({
            lane: z.number().int().min(0).optional(),
            fromMs: z.number().min(0),
            toMs: z.number().min(0),
          }),
        )
        .max(200)
        .default([]),
      /** The only part that is given. */
      span: z.object({ fromMs: z.number().min(0), toMs: z.number().min(0) }).optional(),
    }),
    reply: z.unknown(),
  },
} satisfies Record<string, Route>

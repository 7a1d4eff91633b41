import { z } from 'zod'
import { CaptionReceipt, CaptionSpeed, LiveCaptions, SourceCaption } from './models/captions.ts'
import { Id, Ok } from './models/common.ts'
import type { Route } from './routes.ts'

const callId = z.object({ callId: Id })

/** Routes of captions while calls go on. */
export const captionRoutes = {
  'POST /calls/:callId/captions': {
    summary:
      'Follow what is said in a call in progress, for assistance; captions come on the live WebSocket; written down as an access',
    may: 'calls.read',
    params: callId,
    reply: LiveCaptions,
  },
  'DELETE /calls/:callId/captions': {
    summary: 'Follow a call no longer',
    may: 'calls.read',
    params: callId,
    reply: Ok,
  },
  'GET /calls/:callId/captions/receipt': {
    summary: 'What was kept of the captions of a call: nothing; null when there were none',
    may: 'calls.read',
    params: callId,
    reply: z.object({ receipt: CaptionReceipt.nullable() }),
  },
  'POST /captions': {
    summary:
      'Captions of the platform that sends a call in progress: partial and final pieces, by its own name of the call or ours',
    may: 'calls.add',
    body: z.strictObject({
      call: z.union([
        z.strictObject({ callId: Id }),
        z.strictObject({ protocol: z.string().max(20), session: z.string().min(1).max(256) }),
        z.strictObject({ conversation: z.string().min(1).max(256) }),
      ]),
      captions: z.array(SourceCaption).min(1).max(200),
    }),
    reply: z.object({ callId: Id, taken: z.number().int() }),
  },
  'GET /speech/captions': {
    summary: 'How fast captions are, stage by stage',
    may: 'sources.manage',
    reply: CaptionSpeed,
  },
} as const satisfies Record<string, Route>

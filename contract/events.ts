import { z } from 'zod'
import { Id } from './models/common.ts'
import { LiveCall, UploadState } from './models/calls.ts'
import { Caption, CaptionState, LiveCaptions } from './models/captions.ts'

/** What the page hears on `/api/v1/live` (WebSocket, JSON text frames). Only calls within the person's reach are sent. */
export const LiveEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('hello'), seq: z.number().int(), liveCalls: z.array(LiveCall) }),
  z.object({ type: z.literal('call.live'), seq: z.number().int(), call: LiveCall }),
  /** Something stored of a call changed: it was sealed, a rendition is ready. Read it again. */
  z.object({ type: z.literal('call.changed'), seq: z.number().int(), callId: Id }),
  z.object({ type: z.literal('call.ended'), seq: z.number().int(), callId: Id }),
  /** One of the person's own calls was given to somebody, or more of it was: read the ledger again. */
  z.object({ type: z.literal('me.heard'), seq: z.number().int(), callId: Id }),
  /** To whoever follows the call: all there is, after a connection was made anew; then what is new. */
  LiveCaptions.extend({ type: z.literal('captions.all'), seq: z.number().int() }),
  z.object({
    type: z.literal('captions'),
    seq: z.number().int(),
    callId: Id,
    captions: z.array(Caption),
    /** Ids of captions that are taken back. */
    withdrawn: z.array(z.string()),
    state: CaptionState,
  }),
  z.object({ type: z.literal('upload.changed'), seq: z.number().int(), upload: UploadState }),
])
export type LiveEvent = z.infer<typeof LiveEvent>

/** What the page says on the same WebSocket: an event is on the screen. */
export const LiveAnswer = z.object({ shown: z.number().int() })
export type LiveAnswer = z.infer<typeof LiveAnswer>

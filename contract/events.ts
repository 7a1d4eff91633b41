import { z } from 'zod'
import { Id } from './models/common.ts'
import { Call, LiveCall, UploadState } from './models/calls.ts'

/** What the page hears on `/api/v1/live` (WebSocket, JSON text frames). Only calls within the person's reach are sent. */
export const LiveEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('hello'), seq: z.number().int(), liveCalls: z.array(LiveCall) }),
  z.object({ type: z.literal('call.live'), seq: z.number().int(), call: LiveCall }),
  z.object({ type: z.literal('call.changed'), seq: z.number().int(), call: Call }),
  z.object({ type: z.literal('call.ended'), seq: z.number().int(), callId: Id }),
  z.object({ type: z.literal('upload.changed'), seq: z.number().int(), upload: UploadState }),
])
export type LiveEvent = z.infer<typeof LiveEvent>

/** What rooms announce to each other once a state change is committed. */
export type DomainEvent =
  | { type: 'call.sealed'; callId: string }
  | { type: 'upload.received'; uploadId: string }

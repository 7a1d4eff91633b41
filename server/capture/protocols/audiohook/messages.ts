import { z } from 'zod'

/** Largest text message, in characters (AudioHook: 64 KiB). */
export const MAX_TEXT = 65_535

/** All zeros: the conversation id of a connection probe. */
export const NULL_UUID = '00000000-0000-0000-0000-000000000000'

/**
 * An ISO 8601 duration of hours, minutes and seconds, in ms; AudioHook itself writes seconds only (`PT1.2S`). Null when it
 * is not one, or beyond 2^31 seconds.
 */
export function parseDuration(text: string): number | null {
  const match =
    /^PT(?:(\d{1,6})H)?(?:(\d{1,8})M)?(?:((?:\d{1,10}(?:\.\d{0,18})?|\.\d{1,18})(?:[eE]-\d{1,2})?)S)?$/.exec(text)
  if (!match || (match[1] ?? match[2] ?? match[3]) === undefined) return null
  const seconds = Number(match[1] ?? 0) * 3600 + Number(match[2] ?? 0) * 60 + Number(match[3] ?? 0)
  return seconds < 2 ** 31 ? seconds * 1000 : null
}

const uuid = z.string().regex(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i)
const sequence = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER)
const duration = z
  .string()
  .max(64)
  .transform((text, context) => {
    const ms = parseDuration(text)
    if (ms !== null) return ms
    context.addIssue({ code: 'custom', message: 'not a duration' })
    return z.NEVER
  })

/** What every client message has. `position` in ms of media. */
export const envelope = z.object({
  version: z.literal('2'),
  id: uuid,
  type: z.string().min(1).max(64),
  seq: sequence,
  serverseq: sequence,
  position: duration,
  parameters: z.record(z.string(), z.unknown()),
})
export type Envelope = z.infer<typeof envelope>

/** An offer we can take. Offers with other formats may stand beside it and are passed over. */
export const mediaOffer = z.object({
  type: z.literal('audio'),
  format: z.enum(['PCMU', 'L16']),
  channels: z
    .array(z.enum(['external', 'internal']))
    .min(1)
    .max(2)
    .refine((c) => new Set(c).size === c.length),
  rate: z.literal(8000),
})
export type MediaOffer = z.infer<typeof mediaOffer>

const record = z.record(z.string(), z.unknown())

export const openParameters = z.object({
  organizationId: uuid,
  conversationId: uuid,
  participant: z.object({
    id: z.string().max(64).optional(),
    ani: z.string().max(512).default(''),
    aniName: z.string().max(512).default(''),
    dnis: z.string().max(512).default(''),
  }),
  media: z.array(z.unknown()).max(64),
  language: z.string().max(64).optional(),
  supportedLanguages: z.boolean().optional(),
  customConfig: record.optional(),
  inputVariables: record.optional(),
})
export type OpenParameters = z.infer<typeof openParameters>

/** Longest span a source can have dropped, in ms: a week. A longer one is a fault, not a gap. */
const MAX_SPAN_MS = 7 * 86_400_000

export const spanParameters = z.object({ start: duration, discarded: duration.refine((ms) => ms <= MAX_SPAN_MS) })
export const closeParameters = z.object({ reason: z.string().max(64) })
export const errorParameters = z.object({ code: z.number().int(), message: z.string() })
export const dtmfParameters = z.object({ digit: z.string().regex(/^[0-9A-D*#]$/i) })

export type ServerMessage =
  | { type: 'opened'; parameters: { media: MediaOffer[]; startPaused: boolean; supportedLanguages?: string[] } }
  | { type: 'disconnect'; parameters: { reason: 'completed' | 'unauthorized' | 'error'; info: string } }
  | { type: 'closed' | 'pong' | 'pause' | 'resume' | 'updated'; parameters: Record<string, never> }

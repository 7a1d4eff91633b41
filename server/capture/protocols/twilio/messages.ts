import { z } from 'zod'
import type { AudioFormat } from '../../source.ts'

/** Largest text message, in characters. A media message of 20 ms has about 400. */
export const MAX_TEXT = 65_536

/** Longest stream whose timestamps are believed, in ms: a week. */
const MAX_TIMESTAMP_MS = 7 * 86_400_000

/** Numbers arrive as text from Twilio and as numbers from some who speak its dialect. */
const count = z
  .union([z.string().regex(/^\d{1,15}$/), z.number().int().min(0).max(Number.MAX_SAFE_INTEGER)])
  .transform(Number)
const id = z.string().min(1).max(256)
const params = z.record(z.string(), z.unknown())

const mediaFormat = z.object({
  encoding: z.string().max(64),
  sampleRate: z.number().int().min(8000).max(48_000).default(8000),
  channels: z.literal(1).default(1),
})

const start = z.object({
  streamSid: id.optional(),
  callSid: id.optional(),
  accountSid: z.string().max(256).optional(),
  tracks: z.array(z.string().max(32)).max(8).default([]),
  mediaFormat: mediaFormat.default({ encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 }),
  customParameters: params.default({}),
  from: z.unknown().optional(),
  to: z.unknown().optional(),
})
export type Start = z.infer<typeof start>

const media = z.object({
  track: z.string().max(32).default('inbound'),
  chunk: count.optional(),
  timestamp: count.refine((ms) => ms <= MAX_TIMESTAMP_MS).optional(),
  payload: z
    .string()
    .regex(/^[A-Za-z0-9+/_-]*={0,2}$/)
    .transform((text) => Buffer.from(text, 'base64')),
})
export type Media = z.infer<typeof media>

const dtmf = z.object({ track: z.string().max(32).default('inbound'), digit: z.string().regex(/^[0-9A-D*#]$/i) })

const head = { sequenceNumber: count.optional(), streamSid: id.optional() }
const event = z.discriminatedUnion('event', [
  z.object({ event: z.literal('connected') }),
  z.object({ event: z.literal('start'), ...head, start }),
  z.object({ event: z.literal('media'), ...head, media }),
  z.object({ event: z.literal('dtmf'), ...head, dtmf }),
  z.object({ event: z.literal('stop'), ...head }),
])
export type StreamEvent = z.infer<typeof event> | { event: 'other'; sequenceNumber?: number | undefined }

/** Names of the same things in other mouths (Telnyx, SignalWire, 2600Hz). */
const SYNONYMS: Record<string, string> = {
  sequence_number: 'sequenceNumber',
  stream_id: 'streamSid',
  stream_sid: 'streamSid',
  streamId: 'streamSid',
  call_sid: 'callSid',
  callId: 'callSid',
  call_session_id: 'callSid',
  call_control_id: 'callSid',
  account_sid: 'accountSid',
  media_format: 'mediaFormat',
  sample_rate: 'sampleRate',
  custom_parameters: 'customParameters',
}

/** Renames known synonyms, two levels deep; a name already there wins. The content of custom parameters is not touched. */
function inOneDialect(value: unknown, depth = 0): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || depth > 2) return value
  const out: Record<string, unknown> = {}
  for (const [key, inner] of Object.entries(value)) {
    const name = SYNONYMS[key] ?? key
    if (name !== key && (name in value || name in out)) continue
    out[name] = name === 'customParameters' ? inner : inOneDialect(inner, depth + 1)
  }
  return out
}

/** Reads one message. Null when it is not JSON or not of this dialect; events of other names are `other`. */
export function readEvent(text: string): StreamEvent | null {
  if (text.length > MAX_TEXT) return null
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return null
  }
  const plain = inOneDialect(json)
  const known = event.safeParse(plain)
  if (known.success) return known.data
  const other = z
    .object({ event: z.string().max(64), sequenceNumber: count.optional().catch(undefined) })
    .safeParse(plain)
  if (!other.success || event.options.some((o) => o.shape.event.value === other.data.event)) return null
  return { event: 'other', sequenceNumber: other.data.sequenceNumber }
}

/** The format of a stream; null for one we do not record. L16 is little-endian in this dialect. */
export function formatOf({ encoding, sampleRate }: z.infer<typeof mediaFormat>): AudioFormat | null {
  const name = encoding.toLowerCase().replace(/^audio\/(x-)?/, '')
  if (/^(mulaw|ulaw|pcmu)$/.test(name)) return { codec: 'PCMU', rate: sampleRate, channels: 1 }
  if (/^(alaw|pcma)$/.test(name)) return { codec: 'PCMA', rate: sampleRate, channels: 1 }
  if (/^(l16|pcm|linear16)\b/.test(name)) return { codec: 'L16', rate: sampleRate, channels: 1 }
  return name === 'g722' ? { codec: 'G722', rate: 8000, channels: 1 } : null
}

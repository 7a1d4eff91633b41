import { z } from 'zod'
import { SourceCaption } from '../../../../contract/models/captions.ts'
import type { CallFacts } from '../../source.ts'
import { ownFacts, readAsteriskText, readJson, type Dialect } from './dialects.ts'

/** Largest text message, in characters. */
export const MAX_TEXT = 65_536

/** What a text message in mid-call means. `leg` is a label; without it every leg is meant. */
export type Signal =
  | { kind: 'dtmf'; leg: string | undefined; digit: string }
  | { kind: 'hold'; leg: string | undefined; on: boolean }
  | { kind: 'pause'; on: boolean }
  | { kind: 'lost'; leg: string | undefined; ms: number }
  | { kind: 'metadata'; facts: CallFacts }
  | { kind: 'caption'; said: SourceCaption }
  | { kind: 'stop' }
  | { kind: 'ignored' }

const digit = z.string().regex(/^[0-9A-D*#]$/i)
const leg = z.string().max(64).optional()

const own = z.discriminatedUnion('type', [
  z.object({ type: z.literal('dtmf'), leg, digit }),
  z.object({ type: z.literal('hold'), leg, on: z.boolean() }),
  z.object({ type: z.literal('pause') }),
  z.object({ type: z.literal('resume') }),
  z.object({ type: z.literal('lost'), leg, ms: z.number().min(0).max(86_400_000) }),
  z.object({ type: z.literal('update') }).loose(),
  z.object({ type: z.literal('caption'), said: z.unknown() }),
  z.object({ type: z.literal('stop') }),
])

/** Reads a text message in mid-call. Null when it is malformed. */
export function readSignal(text: string, dialect: Dialect): Signal | null {
  if (text.length > MAX_TEXT) return null
  const json = readJson(text) ?? (dialect === 'asterisk' ? readAsteriskText(text) : null)
  if (!json) return null
  if (dialect === 'asterisk') return asteriskSignal(json)
  return dialect === 'verbale' ? ownSignal(json) : foreignSignal(json)
}

function ownSignal(json: Record<string, unknown>): Signal | null {
  const read = own.safeParse(json)
  if (!read.success) return null
  const message = read.data
  switch (message.type) {
    case 'dtmf':
      return { kind: 'dtmf', leg: message.leg, digit: message.digit }
    case 'hold':
      return { kind: 'hold', leg: message.leg, on: message.on }
    case 'pause':
    case 'resume':
      return { kind: 'pause', on: message.type === 'pause' }
    case 'lost':
      return { kind: 'lost', leg: message.leg, ms: message.ms }
    case 'update':
      return { kind: 'metadata', facts: ownFacts(json) }
    case 'caption': {
      // A caption that cannot be read is no reason to end a recording.
      const said = SourceCaption.safeParse(message.said)
      return said.success ? { kind: 'caption', said: said.data } : { kind: 'ignored' }
    }
    case 'stop':
      return { kind: 'stop' }
  }
}

/** Asterisk reports digits; its flow control is about audio we never send. */
function asteriskSignal(json: Record<string, unknown>): Signal {
  const pressed = digit.safeParse(json['digit'])
  return json['event'] === 'DTMF_END' && pressed.success
    ? { kind: 'dtmf', leg: undefined, digit: pressed.data }
    : { kind: 'ignored' }
}

/** jambonz reports digits as `{event: 'dtmf', dtmf: '5'}`; any other JSON is metadata somebody sent on purpose. */
function foreignSignal(json: Record<string, unknown>): Signal {
  const pressed = digit.safeParse(json['dtmf'])
  if (json['event'] === 'dtmf' && pressed.success) return { kind: 'dtmf', leg: undefined, digit: pressed.data }
  return { kind: 'metadata', facts: {} }
}

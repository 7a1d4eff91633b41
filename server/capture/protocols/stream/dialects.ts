import { z } from 'zod'
import type { AudioFormat, CallFacts, PartyRole } from '../../source.ts'
import { consentOf, countryOf, directionOf, textOf, wellKnownFacts } from '../websocket/well-known.ts'

export type Dialect = 'verbale' | 'jambonz' | 'asterisk'

/** What the first text message says, whoever wrote it. `legs` has one entry per interleaved channel, in order. */
export type Start = {
  dialect: Dialect
  sessionKey: string
  conversationKey: string | undefined
  format: AudioFormat
  legs: { label: string; role: PartyRole }[]
  facts: CallFacts
}

/** Values from the query of the address, for sources that can send no metadata. No personal data belongs there. */
export type Hints = {
  role?: string | undefined
  conversation?: string | undefined
  direction?: string | undefined
  queue?: string | undefined
}

const RATES = [8000, 12_000, 16_000, 24_000, 32_000, 44_100, 48_000]
const rate = z.coerce.number().refine((r) => RATES.includes(r))
const role = z.enum(['customer', 'agent', 'unknown'])
const record = z.record(z.string(), z.unknown())

const own = z.object({
  type: z.literal('start'),
  version: z.literal(1),
  sessionId: z.string().min(1).max(256),
  conversationId: z.string().min(1).max(256).optional(),
  audio: z.object({
    codec: z.enum(['L16', 'PCMU', 'PCMA']),
    rate: rate.default(8000),
    legs: z.array(role).min(1).max(2),
  }),
  parties: z
    .array(
      z
        .object({ role, address: z.unknown(), name: z.unknown(), country: z.unknown() })
        .partial({ address: true, name: true, country: true }),
    )
    .max(16)
    .optional(),
})

const jambonz = z.object({
  callSid: z.string().min(1).max(256).optional(),
  call_sid: z.string().min(1).max(256).optional(),
  uuid: z.string().min(1).max(256).optional(),
  sampleRate: rate,
  mixType: z.enum(['mono', 'mixed', 'stereo']).default('mono'),
  metadata: record.optional(),
})

const asterisk = z.object({
  event: z.literal('MEDIA_START'),
  connection_id: z.string().min(1).max(256),
  channel_id: z.string().max(256).optional(),
  format: z.string().max(32),
  channel_variables: record.optional(),
})

/** Reads the first text message of a stream. Null when it is in no dialect we know, or its audio is not one we record. */
export function readStart(text: string, hints: Hints = {}): Start | null {
  const json = readJson(text) ?? readAsteriskText(text)
  if (!json) return null
  return fromOwn(json) ?? fromAsterisk(json, hints) ?? fromJambonz(json, hints)
}

/** A JSON object, or null. */
export function readJson(text: string): Record<string, unknown> | null {
  try {
    const read = record.safeParse(JSON.parse(text))
    return read.success ? read.data : null
  } catch {
    return null
  }
}

/** Asterisk's plain control messages: `EVENT name:value name:value`. Null when it is not one. */
export function readAsteriskText(text: string): Record<string, unknown> | null {
  const [event = '', ...pairs] = text.trim().split(/\s+/)
  if (!/^[A-Z_]{3,64}$/.test(event) || pairs.length > 64) return null
  const fields = pairs.map((pair): [string, string] => {
    const at = pair.indexOf(':')
    return at < 0 ? ['id', pair] : [pair.slice(0, at), pair.slice(at + 1)]
  })
  return { ...Object.fromEntries(fields), event }
}

function fromOwn(json: Record<string, unknown>): Start | null {
  const read = own.safeParse(json)
  if (!read.success) return null
  const { sessionId, conversationId, audio } = read.data
  if (audio.codec !== 'L16' && audio.rate !== 8000) return null
  return {
    dialect: 'verbale',
    sessionKey: sessionId,
    conversationKey: conversationId,
    format: { codec: audio.codec, rate: audio.rate, channels: 1 },
    legs: legsOf(audio.legs),
    facts: ownFacts(json),
  }
}

/** The facts of a `start` or `update` message of our own dialect. */
export function ownFacts(json: Record<string, unknown>): CallFacts {
  const parties = own.shape.parties.safeParse(json['parties']).data
  return {
    direction: directionOf(json['direction']),
    queue: textOf(json['queue']),
    skill: textOf(json['skill']),
    agent: textOf(json['agent']),
    consent: consentOf(json['consent']),
    parties: parties?.map((p) => ({
      role: p.role,
      address: textOf(p.address),
      name: textOf(p.name),
      country: countryOf(p.country),
    })),
  }
}

function fromJambonz(json: Record<string, unknown>, hints: Hints): Start | null {
  const read = jambonz.safeParse(json)
  if (!read.success) return null
  const { callSid, call_sid, uuid, sampleRate, mixType } = read.data
  const sessionKey = callSid ?? call_sid ?? uuid
  if (!sessionKey) return null
  // Administrators write metadata beside the call's attributes (mod_audio_fork) or under `metadata` (some versions).
  const given = { ...json, ...read.data.metadata }
  const told = z.array(role).length(2).safeParse(given['legs'])
  const numbers = { from: given['from'], to: given['to'], fromName: given['callerName'] }
  return {
    dialect: 'jambonz',
    sessionKey,
    conversationKey: textOf(given['conversation']) ?? hints.conversation,
    format: { codec: 'L16', rate: sampleRate, channels: 1 },
    // `mono` is the party of the call that listens, `stereo` that party and then the far end, `mixed` everyone.
    legs:
      mixType === 'stereo'
        ? legsOf(told.data ?? ['customer', 'agent'])
        : legsOf([roleOf(given['role'] ?? hints.role, mixType === 'mono' ? 'customer' : 'unknown')]),
    facts: withHints(wellKnownFacts(given, numbers), hints),
  }
}

function fromAsterisk(json: Record<string, unknown>, hints: Hints): Start | null {
  const read = asterisk.safeParse(json)
  if (!read.success) return null
  const format = asteriskFormat(read.data.format)
  if (!format) return null
  const given = Object.fromEntries(
    Object.entries(read.data.channel_variables ?? {}).flatMap(([name, value]) =>
      /^VERBALE_/i.test(name) ? [[name.slice(8).toLowerCase(), value]] : [],
    ),
  )
  return {
    dialect: 'asterisk',
    sessionKey: read.data.channel_id ?? read.data.connection_id,
    conversationKey: textOf(given['conversation']) ?? hints.conversation,
    format,
    legs: legsOf([roleOf(given['role'] ?? hints.role, 'unknown')]),
    facts: withHints(wellKnownFacts(given), hints),
  }
}

/** Asterisk's names of codecs: `slin16` is L16 at 16 kHz. */
function asteriskFormat(name: string): AudioFormat | null {
  if (name === 'ulaw') return { codec: 'PCMU', rate: 8000, channels: 1 }
  if (name === 'alaw') return { codec: 'PCMA', rate: 8000, channels: 1 }
  if (name === 'g722') return { codec: 'G722', rate: 8000, channels: 1 }
  const [, kilo] = /^slin(12|16|24|32|44|48)?$/.exec(name) ?? []
  if (name !== 'slin' && !kilo) return null
  return { codec: 'L16', rate: kilo === '44' ? 44_100 : Number(kilo ?? 8) * 1000, channels: 1 }
}

const roleOf = (value: unknown, otherwise: PartyRole): PartyRole => role.safeParse(value).data ?? otherwise

/** Labels are the roles; two legs of one role, or of an unknown one, are numbered. */
function legsOf(roles: PartyRole[]): { label: string; role: PartyRole }[] {
  const distinct = new Set(roles).size === roles.length && !roles.includes('unknown')
  return roles.map((r, i) => ({ label: distinct ? r : roles.length === 1 ? 'audio' : `audio-${i + 1}`, role: r }))
}

const withHints = (facts: CallFacts, hints: Hints): CallFacts => ({
  ...facts,
  direction: facts.direction ?? directionOf(hints.direction),
  queue: facts.queue ?? textOf(hints.queue),
})

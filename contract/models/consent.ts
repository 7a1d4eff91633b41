import { z } from 'zod'
import { Id, Instant, PurposeKey } from './common.ts'

const Spoken = z.object({
  short: z.string(),
  long: z.string(),
  /** How long the short text takes to say, about. */
  seconds: z.number().int(),
})
const InLanguages = z.object({ it: Spoken, fr: Spoken, en: Spoken })
/** What is played before a call. `objection`: recorded unless the caller says no. `opt_in`: only after a yes. */
export const AnnouncementTexts = z
  .object({ objection: InLanguages, opt_in: InLanguages })
  .meta({ id: 'AnnouncementTexts' })
export type AnnouncementTexts = z.infer<typeof AnnouncementTexts>

export const AnnouncementVersion = z
  .object({ version: z.number().int(), sha256: z.string(), texts: AnnouncementTexts, since: Instant })
  .meta({ id: 'AnnouncementVersion' })
export type AnnouncementVersion = z.infer<typeof AnnouncementVersion>

export const ConsentValue = z.enum(['yes', 'no', 'not_asked'])
export const ConsentKind = z.enum(['given', 'refused', 'withdrawn', 'objected'])
export type ConsentKind = z.infer<typeof ConsentKind>
export const ConsentChannel = z.enum([
  'ivr_api',
  'siprec',
  'audiohook',
  'dtmf',
  'spoken',
  'caller_page',
  'operator',
  'import',
])
export type ConsentChannel = z.infer<typeof ConsentChannel>

/** What a caller said about being recorded. Null call or purpose: all of them. */
export const ConsentRecord = z
  .object({
    id: Id,
    callId: Id.nullable(),
    purpose: PurposeKey.nullable(),
    value: ConsentValue,
    /** How it was said; null when nobody was asked. */
    kind: ConsentKind.nullable(),
    channel: ConsentChannel,
    at: Instant,
    /** The announcement the caller had heard. */
    announcement: z.number().int().nullable(),
    recordedBy: Id.nullable(),
    note: z.string().nullable(),
  })
  .meta({ id: 'ConsentRecord' })
export type ConsentRecord = z.infer<typeof ConsentRecord>

/** By `callId`: about that call, or with `scope` `caller` about every call of its caller. By `address`: about every call of it. */
export const ConsentDraft = z
  .strictObject({
    address: z.string().min(3).max(200).optional(),
    callId: Id.optional(),
    scope: z.enum(['call', 'caller']).optional(),
    purpose: PurposeKey.nullable().default(null),
    kind: ConsentKind.nullable(),
    channel: ConsentChannel.default('operator'),
    at: Instant.optional(),
    announcement: z.number().int().min(1).optional(),
    note: z.string().trim().max(1000).default(''),
  })
  .meta({ id: 'ConsentDraft' })
export type ConsentDraft = z.infer<typeof ConsentDraft>

/** What counts now for a purpose. */
export const Standing = z.object({ purpose: PurposeKey, value: ConsentValue, recordId: Id.nullable() })
export type Standing = z.infer<typeof Standing>

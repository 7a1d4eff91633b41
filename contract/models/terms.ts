import { z } from 'zod'
import { Id, Instant } from './common.ts'

const Day = z.iso.date()

export const LapseReason = z.enum([
  'clock',
  'withdrawal',
  'objection',
  'erasure',
  'confirmation',
  'decision',
  'restored',
])
export type LapseReason = z.infer<typeof LapseReason>

/** What a call is kept for: a purpose, for the whole of it (segment 0) or for a contract window, with its clock. */
export const Term = z
  .object({
    purpose: z.string(),
    segment: z.number().int(),
    fromMs: z.number().nullable(),
    toMs: z.number().nullable(),
    basis: z.string().nullable(),
    /** The country whose rules set the last day. */
    country: z.string().nullable(),
    lastDay: Day,
    /** The last day of the audio, where it ends before the rest of what is kept. */
    audioLastDay: Day.nullable(),
    audioEndedAt: Instant.nullable(),
    state: z.enum(['live', 'ending', 'ended']),
    reason: LapseReason.nullable(),
    endedAt: Instant.nullable(),
  })
  .meta({ id: 'Term' })
export type Term = z.infer<typeof Term>

/** Evidence that everything kept of a call was destroyed. */
export const Certificate = z
  .object({
    callId: Id,
    at: Instant,
    terms: z.array(
      z.object({
        purpose: z.string(),
        segment: z.number().int(),
        basis: z.string().nullable(),
        lastDay: Day,
        endedAt: Instant,
        reason: LapseReason,
      }),
    ),
    renditions: z.array(Id),
    receipts: z.array(z.object({ room: z.string(), erased: z.record(z.string(), z.number().int()) })),
    method: z.literal('puncture'),
    keystoreCopiesEnd: Day,
  })
  .meta({ id: 'Certificate' })
export type Certificate = z.infer<typeof Certificate>

export const CallTerms = z.object({
  terms: z.array(Term),
  /** Holds that keep the call whatever its terms. */
  holds: z.array(Id),
  certificate: Certificate.nullable(),
})
export type CallTerms = z.infer<typeof CallTerms>

export const CalendarDay = z.object({
  day: Day,
  purpose: z.string(),
  /** `audio`: the audio ends, the rest of what the purpose keeps goes on. */
  what: z.enum(['purpose', 'audio']),
  terms: z.number().int(),
  /** Of these, kept by a hold. */
  held: z.number().int(),
})
export type CalendarDay = z.infer<typeof CalendarDay>

export const RetentionStatus = z
  .object({
    /** The day up to which terms are ended. */
    today: Day.nullable(),
    /** `clock_back`, `clock_ahead`: the clock cannot be trusted; nothing is destroyed by it. */
    alarm: z.enum(['clock_back', 'clock_ahead']).nullable(),
    lastSweep: z.object({ at: Instant, ended: z.number().int(), destroyed: z.number().int() }).nullable(),
    live: z.number().int(),
    /** Due, and not ended yet. */
    due: z.number().int(),
    /** Due, and kept by a hold. */
    held: z.number().int(),
    /** Decided, and being destroyed. */
    ending: z.number().int(),
  })
  .meta({ id: 'RetentionStatus' })
export type RetentionStatus = z.infer<typeof RetentionStatus>

export const HoldAsk = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('calls'), callIds: z.array(Id).min(1).max(10_000) }),
  z.object({ kind: z.literal('segment'), callId: Id, purpose: z.string().max(40), segment: z.number().int().min(0) }),
  /** Every call of this address, those to come too. */
  z.object({ kind: z.literal('caller'), address: z.string().min(3).max(200) }),
  z.object({
    kind: z.literal('query'),
    from: Instant.optional(),
    to: Instant.optional(),
    queue: z.string().max(120).optional(),
    agentId: Id.optional(),
    teamId: Id.optional(),
    direction: z.string().max(20).optional(),
  }),
])
export type HoldAsk = z.infer<typeof HoldAsk>

export const Hold = z
  .object({
    id: Id,
    kind: z.enum(['calls', 'segment', 'caller', 'query']),
    /** What was asked, where it names nobody. */
    query: z.record(z.string(), z.string()),
    callId: Id.nullable(),
    reason: z.string(),
    reference: z.string(),
    /** `placing`: over so many calls that not all of them are held yet. */
    state: z.enum(['placing', 'active', 'release_asked', 'released']),
    /** Calls held, and calls whose destruction had been decided before. */
    held: z.number().int(),
    tooLate: z.number().int(),
    placedBy: Id.nullable(),
    placedByName: z.string().nullable(),
    placedAt: Instant,
    releaseReason: z.string(),
    releaseAskedBy: Id.nullable(),
    releaseAskedByName: z.string().nullable(),
    releaseAskedAt: Instant.nullable(),
    releasedByName: z.string().nullable(),
    releasedAt: Instant.nullable(),
  })
  .meta({ id: 'Hold' })
export type Hold = z.infer<typeof Hold>

/** Live terms of a purpose and country, and what a draft register would do to them. */
export const ReclockCount = z.object({
  purpose: z.string(),
  country: z.string().nullable(),
  terms: z.number().int(),
  /** Would end sooner. */
  sooner: z.number().int(),
  /** Would end at the next sweep. */
  now: z.number().int(),
  /** The same of audio alone. */
  audioSooner: z.number().int(),
  audioNow: z.number().int(),
})
export type ReclockCount = z.infer<typeof ReclockCount>

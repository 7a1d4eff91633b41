import { z } from 'zod'
import { CallDirection, LegalBasis } from './policy.ts'
import { GapKind } from './calls.ts'
import { Id, Instant } from './common.ts'
import { ConsentValue } from './consent.ts'
import { Organisation, Words } from './retention.ts'
import { LapseReason } from './terms.ts'

const Day = z.iso.date()

/** What a caller may ask of the controller (GDPR art. 15 to 21). */
export const RightsKind = z.enum([
  'access',
  'copy',
  'rectification',
  'erasure',
  'restriction',
  'portability',
  'objection',
])
export type RightsKind = z.infer<typeof RightsKind>

export const RightsRequest = z
  .object({
    id: Id,
    callId: Id,
    kind: RightsKind,
    askedAt: Instant,
    /** One month after it was asked (GDPR art. 12(3)). */
    dueOn: Day,
    state: z.enum(['open', 'closed']),
    outcome: z.string().nullable(),
    closedAt: Instant.nullable(),
  })
  .meta({ id: 'RightsRequest' })
export type RightsRequest = z.infer<typeof RightsRequest>

/** What staff need to let a caller see a call. Never the link itself: it is shown once. */
export const CallerAccess = z
  .object({
    /** Said or sent to the caller; null once the call is destroyed. */
    reference: z.string().nullable(),
    /** A one-time code to read to the caller, while one is asked for. */
    code: z.object({ code: z.string(), expiresAt: Instant }).nullable(),
    links: z.array(
      z.object({
        id: Id,
        madeAt: Instant,
        /** Null: the caller asked for it. */
        madeBy: Id.nullable(),
        expiresAt: Instant,
        revokedAt: Instant.nullable(),
      }),
    ),
  })
  .meta({ id: 'CallerAccess' })
export type CallerAccess = z.infer<typeof CallerAccess>

/** A purpose of the call, in words for its caller. */
export const CallerPurpose = z.object({
  key: z.string(),
  /** Null: the register does not know the purpose any more. */
  name: Words.nullable(),
  description: Words.nullable(),
  /** What software does with it beyond keeping it; null = nothing. */
  ai: Words.nullable(),
  basis: LegalBasis.nullable(),
  lastDay: Day,
  state: z.enum(['live', 'ended']),
  endedAt: Instant.nullable(),
  reason: LapseReason.nullable(),
  /** What the caller said about it. */
  consent: ConsentValue,
  /** How the caller can end it; null: not by saying so, for the reason `article` gives. */
  end: z.enum(['object', 'withdraw']).nullable(),
  article: z.string(),
})
export type CallerPurpose = z.infer<typeof CallerPurpose>

/** What a caller is told of one call: no name, number or reason of anybody. */
export const CallerView = z
  .object({
    startedAt: Instant,
    durationMs: z.number(),
    direction: CallDirection.nullable(),
    state: z.enum(['in_progress', 'kept', 'destroyed']),
    company: Organisation.pick({ name: true, address: true, email: true, authority: true, callers: true })
      .extend({ dpo: Organisation.shape.dpo.omit({ name: true }) })
      .nullable(),
    purposes: z.array(CallerPurpose),
    /** Why parts hold no audio, and how much of it, ms. */
    gaps: z.array(z.object({ kind: GapKind, ms: z.number() })),
    /** Who was given the recording, newest first. */
    listened: z.array(z.object({ at: Instant, role: z.string(), purpose: z.string().nullable(), export: z.boolean() })),
    /** Something is kept for a legal claim, whatever its purposes. */
    held: z.boolean(),
    /** From when nothing of it can be opened by anybody, copies included. */
    destroyed: z.object({ at: Instant, copiesEnd: Day }).nullable(),
    requests: z.array(RightsRequest.pick({ kind: true, askedAt: true, dueOn: true, state: true })),
    linkExpiresAt: Instant,
  })
  .meta({ id: 'CallerView' })
export type CallerView = z.infer<typeof CallerView>

/** What became of the purposes an answer was about. */
export const CallerOutcome = z.object({
  purpose: z.string(),
  name: Words.nullable(),
  /** `ended`: destroyed now. `soon`: when the call is over. `held`: kept for a legal claim. `stays`: kept all the same. */
  became: z.enum(['ended', 'soon', 'held', 'stays']),
  article: z.string(),
})
export type CallerOutcome = z.infer<typeof CallerOutcome>

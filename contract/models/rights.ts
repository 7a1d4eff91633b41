import { z } from 'zod'
import { CallDirection, LegalBasis } from './policy.ts'
import { GapKind } from './calls.ts'
import { Id, Instant, Locale } from './common.ts'
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

/** What a request is about: one call, or every call of its caller. */
export const RightsScope = z.enum(['call', 'caller'])

/** How a request reached the controller. */
export const RightsChannel = z.enum(['caller_page', 'letter', 'email', 'phone', 'branch'])
/** How it was made sure who asks: the caller's link, a document seen (never copied), a call back, what only that person knows. */
export const IdentityMethod = z.enum(['link', 'document', 'call_back', 'knowledge'])
/** Why a call may not be used (GDPR art. 18(1)(a) to (d)). */
export const RestrictionGrounds = z.enum(['accuracy', 'unlawful', 'claims', 'objection'])
/** Why a request is refused, wholly or in part. */
export const RefusalArticle = z.enum(['12(5)', '12(6)', '15(4)', '17(3)(b)', '17(3)(e)', '20(1)', '21(1)'])

/** Silent in the copy a person gets; ms from the beginning of the call. Without `lane`, on all. */
export const CopyMask = z.object({
  lane: z.number().int().min(0).optional(),
  fromMs: z.number().min(0),
  toMs: z.number().min(0),
})
export type CopyMask = z.infer<typeof CopyMask>

/**
 * What became of the working copy: the audio as captured, from which the copies for each purpose are made. `held`: kept for a legal
 * claim. `soon`: goes by itself, when nothing is to be made from it any more or when its few days are over. `none`: there was none.
 */
export const WorkingCopy = z.enum(['destroyed', 'held', 'soon', 'none'])
export type WorkingCopy = z.infer<typeof WorkingCopy>

/** What became of every purpose of a call when a request was carried out. */
export const RightsReport = z.object({
  at: Instant,
  ended: z.array(z.object({ purpose: z.string() })),
  /** `law`: the article allows it. `hold`: a legal claim. `soon`: when the call is over. */
  kept: z.array(
    z.object({ purpose: z.string(), why: z.enum(['law', 'hold', 'soon']), article: z.string(), lastDay: Day }),
  ),
  /** Tried again by itself. */
  failed: z.array(z.object({ purpose: z.string(), code: z.string() })),
  workingCopy: WorkingCopy,
  /** Nothing of the call is left. */
  destroyed: z.boolean(),
})
export type RightsReport = z.infer<typeof RightsReport>

export const RightsTask = z.enum(['identity', 'act', 'letter', 'close'])

export const RightsRequest = z
  .object({
    id: Id,
    scope: RightsScope,
    /** The call it named; null: it named its caller only. */
    callId: Id.nullable(),
    /** How many calls it is about, and with how many nothing is left to be done. */
    calls: z.object({ all: z.number().int(), done: z.number().int() }),
    kind: RightsKind,
    channel: RightsChannel,
    language: Locale,
    askedAt: Instant,
    /** One month after it was asked, or up to three when it was extended (GDPR art. 12(3)). */
    dueOn: Day,
    /** The person's words. */
    details: z.string().nullable(),
    identity: z.object({ method: IdentityMethod, at: Instant, by: Id.nullable() }).nullable(),
    extension: z.object({ at: Instant, reason: z.string() }).nullable(),
    /** When carrying it out began; of many calls it goes on by itself. */
    begunAt: Instant.nullable(),
    actedAt: Instant.nullable(),
    /** Of a request about one call. */
    report: RightsReport.nullable(),
    /** Of a request about one call. */
    masks: z.array(CopyMask),
    /** Calls may not be used because of it at present. */
    restricts: z.boolean(),
    /** Until when the person may fetch what was asked for on the caller's page. */
    releasedUntil: Instant.nullable(),
    /** What is still to be done, in order. */
    tasks: z.array(RightsTask),
    state: z.enum(['open', 'closed']),
    decision: z.enum(['done', 'partly', 'refused']).nullable(),
    article: RefusalArticle.nullable(),
    outcome: z.string().nullable(),
    closedAt: Instant.nullable(),
  })
  .meta({ id: 'RightsRequest' })
export type RightsRequest = z.infer<typeof RightsRequest>

const calls = z.number().int()
const Kept = RightsReport.shape.kept.element

/** What became of all calls of a request together; `calls` counts them. */
export const RightsTotals = z.object({
  calls,
  /** Nothing is left to be done with these. */
  done: calls,
  ended: z.array(z.object({ purpose: z.string(), calls })),
  /** `lastDay`: the latest. */
  kept: z.array(Kept.extend({ calls })),
  failed: z.array(z.object({ purpose: z.string(), calls })),
  workingCopy: z.object({ destroyed: calls, held: calls, soon: calls }),
  /** Calls of which nothing is left. */
  destroyed: calls,
})
export type RightsTotals = z.infer<typeof RightsTotals>

/** One of the calls a request is about. */
export const RightsCall = z
  .object({
    callId: Id,
    /** Null: the call is not known any more. */
    startedAt: Instant.nullable(),
    durationMs: z.number(),
    doneAt: Instant.nullable(),
    report: RightsReport.nullable(),
    /** Whether a copy gives its audio; null while nobody has looked at the call: then it does not. */
    audio: z.boolean().nullable(),
    masks: z.array(CopyMask),
    /** Nothing of it is left. */
    gone: z.boolean(),
  })
  .meta({ id: 'RightsCall' })
export type RightsCall = z.infer<typeof RightsCall>

/** What a person's requests mean for a call. */
export const CallRights = z
  .object({
    restrictions: z.array(z.object({ requestId: Id, grounds: RestrictionGrounds, since: Instant })),
    annotations: z.array(z.object({ at: Instant, text: z.string() })),
    requests: z.array(RightsRequest.pick({ id: true, kind: true, askedAt: true, dueOn: true, state: true })),
  })
  .meta({ id: 'CallRights' })
export type CallRights = z.infer<typeof CallRights>

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
  /** The last day of the audio, where it ends before the rest of what is kept; null also once it has ended. */
  audioLastDay: Day.nullable(),
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
    requests: z.array(
      RightsRequest.pick({ id: true, kind: true, askedAt: true, dueOn: true, state: true, releasedUntil: true }),
    ),
    /** What the person says is wrong, beside the recording. */
    annotations: z.array(z.object({ at: Instant, text: z.string() })),
    /** Kept, but not used at present. */
    restricted: z.boolean(),
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

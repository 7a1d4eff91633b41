import { z } from 'zod'
import { Id, Instant } from './common.ts'
import { MarkType, SpeakerRole } from './transcripts.ts'

/** `NUMBER`: digits that may become a card or an account, held back until it is known what they are. */
export const CaptionMark = z.object({
  type: z.enum([...MarkType.options, 'NUMBER']),
  at: z.number().int(),
  length: z.number().int(),
})
export type CaptionMark = z.infer<typeof CaptionMark>

/** Where the time of a caption went, ms: from the last sound of its last word to the moment it was ready to be sent. */
export const CaptionStages = z.object({
  /** From the packet's arrival until the detector had its sound. */
  capture: z.number(),
  /** Until the detector gave it to the engine; for the last words of an utterance that is the pause that ends it. */
  vad: z.number(),
  engine: z.number(),
  redaction: z.number(),
})
export type CaptionStages = z.infer<typeof CaptionStages>

/** What was just said, redacted. It takes the place of the caption of the same id. Kept in memory only. */
export const Caption = z
  .object({
    id: z.string(),
    leg: z.number().int(),
    role: SpeakerRole,
    /** `source`: of the platform that sends the call, and not ours. */
    origin: z.enum(['engine', 'source']),
    final: z.boolean(),
    /** ms from the call's start. */
    fromMs: z.number(),
    toMs: z.number(),
    text: z.string(),
    marks: z.array(CaptionMark),
    /** Null where only its redaction changed, and for captions of a source. */
    stages: CaptionStages.nullable(),
  })
  .meta({ id: 'Caption' })
export type Caption = z.infer<typeof Caption>

/**
 * How well captions keep up. `finals`: the engine is behind, so only whole utterances are shown; `gaps`: it gave up some speech.
 * `none` with the reason: nobody writes down this call.
 */
export const CaptionState = z.object({
  mode: z.enum(['full', 'finals', 'gaps', 'none']),
  reason: z.enum(['no_engine', 'no_language', 'engine_failed', 'left_out']).nullable(),
  behindMs: z.number(),
  language: z.string().nullable(),
  engine: z.string().nullable(),
  /** A lighter engine has taken over from one that could not keep up: more errors, for the rest of the call. */
  relieved: z.boolean(),
  demo: z.boolean(),
})
export type CaptionState = z.infer<typeof CaptionState>

/** What a viewer begins with: the last captions of the call, oldest first. */
export const LiveCaptions = z
  .object({ callId: Id, captions: z.array(Caption), state: CaptionState })
  .meta({ id: 'LiveCaptions' })
export type LiveCaptions = z.infer<typeof LiveCaptions>

/** That captions of a call were in memory only, and are gone: an entry of the log says the same. */
export const CaptionReceipt = z
  .object({
    callId: Id,
    endedAt: Instant,
    captions: z.number().int(),
    viewers: z.number().int(),
    heardMs: z.number(),
    engine: z.string().nullable(),
    /** Whether the call was recorded for other purposes. */
    recorded: z.boolean(),
  })
  .meta({ id: 'CaptionReceipt' })
export type CaptionReceipt = z.infer<typeof CaptionReceipt>

/**
 * A piece of transcript of the platform that sends a call: sent again with the same `id` when it changes. Times are ms from the call's
 * start; without them the moment of its arrival counts.
 */
export const SourceCaption = z.strictObject({
  id: z.string().min(1).max(120),
  /** Whose words: the source's name of the leg, or who speaks on it. */
  leg: z.string().max(60).optional(),
  role: z.enum(['agent', 'customer']).optional(),
  revision: z.number().int().min(0).optional(),
  final: z.boolean(),
  text: z.string().max(5000),
  startMs: z.number().min(0).max(1e9).optional(),
  endMs: z.number().min(0).max(1e9).optional(),
  language: z.string().max(35).optional(),
  confidence: z.number().min(0).max(1).optional(),
  words: z
    .array(
      z.object({
        text: z.string().max(200),
        startMs: z.number().min(0).max(1e9),
        endMs: z.number().min(0).max(1e9),
        confidence: z.number().min(0).max(1).optional(),
      }),
    )
    .max(1000)
    .optional(),
})
export type SourceCaption = z.infer<typeof SourceCaption>

const Percentiles = z.object({ p50: z.number(), p95: z.number() })

/** Where the time of the last captions went, ms. `ours`: all but the engine and the pause that the detector waits for. */
export const CaptionSpeed = z
  .object({
    captions: z.number().int(),
    stages: z.object({
      capture: Percentiles,
      vad: Percentiles,
      engine: Percentiles,
      redaction: Percentiles,
      delivery: Percentiles,
    }),
    ours: Percentiles,
    total: Percentiles,
    /** What makes captions late, when they are: later than a second. */
    slow: z.enum(['capture', 'vad', 'engine', 'redaction', 'delivery']).nullable(),
    calls: z.number().int(),
    behind: z.number().int(),
    /** Card and bank data of sealed calls: left out while it was said, and found only afterwards; ms of legs. */
    masks: z.object({
      calls: z.number().int(),
      maskedLiveMs: z.number(),
      foundLaterMs: z.number(),
      callsWithMiss: z.number().int(),
    }),
  })
  .meta({ id: 'CaptionSpeed' })
export type CaptionSpeed = z.infer<typeof CaptionSpeed>

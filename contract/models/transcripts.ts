import { z } from 'zod'
import { Id, Instant, PurposeKey } from './common.ts'
import { CallDirection } from './policy.ts'

/** What is taken out of a text before it is stored or shown anywhere. */
export const MarkType = z.enum([
  'CARD',
  'CVV',
  'EXPIRY',
  'IBAN',
  'NATIONAL_ID',
  'PASSPORT',
  'PHONE',
  'EMAIL',
  'ADDRESS',
  'NAME',
  'DOB',
  'HEALTH',
])
export type MarkType = z.infer<typeof MarkType>

/** Languages that are transcribed, and searched with their own forms of words. */
export const SpokenLanguage = z.enum(['it', 'fr', 'en'])
export type SpokenLanguage = z.infer<typeof SpokenLanguage>

export const SpeakerRole = z.enum(['agent', 'customer', 'unknown'])

/** Characters of the turn's text, from the first one; times in ms from the call's start. */
export const TurnWord = z.object({
  at: z.number().int(),
  length: z.number().int(),
  fromMs: z.number(),
  toMs: z.number(),
})
export const TurnMark = z.object({ type: MarkType, at: z.number().int(), length: z.number().int() })

export const Correction = z.object({
  id: Id,
  text: z.string(),
  authorId: Id,
  authorName: z.string().nullable(),
  at: Instant,
})

/** What one person said without the other: redacted, with marks where something was taken out. */
export const Turn = z.object({
  index: z.number().int(),
  leg: z.number().int(),
  role: SpeakerRole,
  fromMs: z.number(),
  toMs: z.number(),
  language: z.string(),
  text: z.string(),
  words: z.array(TurnWord),
  marks: z.array(TurnMark),
  confidence: z.number().nullable(),
  /** `source`: captions of the platform that sent the call, and not ours. */
  madeBy: z.enum(['engine', 'source']),
  corrections: z.array(Correction),
})
export type Turn = z.infer<typeof Turn>

/** `none`: the call is kept for no purpose for which software writes down what was said. */
export const TranscriptState = z.enum(['none', 'waiting', 'running', 'done', 'failed'])

export const TranscriptStatus = z
  .object({
    state: TranscriptState,
    /** What it waits for, or why it failed; a code. */
    reason: z.string().nullable(),
    /** Speech written down so far, and all there is, ms. */
    doneMs: z.number(),
    speechMs: z.number(),
    language: z.string().nullable(),
    engine: z.object({ engine: z.string(), model: z.string(), version: z.string(), demo: z.boolean() }).nullable(),
    madeAt: Instant.nullable(),
    /** Purposes for which it may be read by whoever asks. */
    purposes: z.array(PurposeKey),
  })
  .meta({ id: 'TranscriptStatus' })
export type TranscriptStatus = z.infer<typeof TranscriptStatus>

export const Transcript = z.object({ status: TranscriptStatus, turns: z.array(Turn) }).meta({ id: 'Transcript' })
export type Transcript = z.infer<typeof Transcript>

/** What to look for in everything that was said, for one purpose. */
export const SearchAsk = z.object({
  purpose: PurposeKey,
  /** Default words. `meaning`: the text is a sentence, and what is found says something like it, the most alike first; one page. */
  by: z.enum(['words', 'meaning']).optional(),
  /** Words, "phrases", OR, -not, NEAR/5. */
  text: z.string().min(1).max(400),
  language: SpokenLanguage.optional(),
  speaker: SpeakerRole.optional(),
  from: Instant.optional(),
  to: Instant.optional(),
  agentId: Id.optional(),
  teamId: Id.optional(),
  queue: z.string().max(120).optional(),
  direction: CallDirection.optional(),
  difficult: z.boolean().optional(),
  longerThanS: z.number().int().min(0).optional(),
  shorterThanS: z.number().int().min(1).optional(),
  limit: z.number().int().min(1).max(200).default(50),
  /** `next` of the page before. */
  after: z.string().max(60).optional(),
})
export type SearchAsk = z.infer<typeof SearchAsk>

/** A search that is kept: run again, it is an ordinary search, and its purpose is checked again. */
export const SavedSearchDraft = z.object({
  name: z.string().trim().min(1).max(120),
  ask: SearchAsk.omit({ limit: true, after: true }),
  /** With everybody whose role may use the purpose. */
  shared: z.boolean().default(false),
})
export type SavedSearchDraft = z.infer<typeof SavedSearchDraft>

export const SavedSearch = SavedSearchDraft.extend({
  id: Id,
  shared: z.boolean(),
  mine: z.boolean(),
  ownerName: z.string().nullable(),
}).meta({ id: 'SavedSearch' })
export type SavedSearch = z.infer<typeof SavedSearch>

export const SearchHit = z
  .object({
    callId: Id,
    startedAt: Instant,
    agentId: Id.nullable(),
    queue: z.string().nullable(),
    index: z.number().int(),
    leg: z.number().int(),
    role: SpeakerRole,
    fromMs: z.number(),
    toMs: z.number(),
    language: z.string(),
    /** The turn, or the parts around what was found. */
    quote: z.array(z.object({ text: z.string(), found: z.boolean() })),
  })
  .meta({ id: 'SearchHit' })
export type SearchHit = z.infer<typeof SearchHit>

/** Calls that are to be written down, and those that could not be, newest first. */
export const SpeechQueue = z
  .object({
    waiting: z.number().int(),
    running: z.number().int(),
    /** Calls that wait for an engine. */
    withoutEngine: z.number().int(),
    failed: z.number().int(),
    failures: z.array(z.object({ callId: Id, startedAt: Instant, reason: z.string() })),
    /** The call being written down: how far, ms of audio. */
    now: z.array(z.object({ callId: Id, doneMs: z.number(), speechMs: z.number() })),
  })
  .meta({ id: 'SpeechQueue' })
export type SpeechQueue = z.infer<typeof SpeechQueue>

const Engine = z.object({ engine: z.string(), model: z.string(), version: z.string(), demo: z.boolean() })
const ServingEngine = Engine.extend({
  /** Working time by length of audio, on this machine; null until it has worked. */
  realTimeFactor: z.number().nullable(),
  /** Calls in progress that it carries at once; null where that is not known. */
  liveCalls: z.number().nullable(),
})

/** Who writes down which language, and the one thing to do where nobody does. */
export const SpeechEngines = z
  .object({
    detector: Engine,
    languages: z.array(
      z.object({
        language: SpokenLanguage,
        batch: ServingEngine.nullable(),
        live: ServingEngine.nullable(),
        step: z.enum(['add_model', 'model_refused', 'engine_failed']).nullable(),
      }),
    ),
    /** Folders among the models that are not used, and why. */
    refused: z.array(z.object({ folder: z.string(), reason: z.string() })),
    failed: z.array(z.object({ engine: z.string(), reason: z.string() })),
    modelsDir: z.string(),
    /** Who says what turns mean, and how many finished transcripts it has read; null when nobody does. */
    meaning: z
      .object({
        model: z.string(),
        host: z.string(),
        read: z.number().int(),
        all: z.number().int(),
        /** Why reading stopped; it is tried again. */
        failure: z.string().nullable(),
      })
      .nullable(),
  })
  .meta({ id: 'SpeechEngines' })
export type SpeechEngines = z.infer<typeof SpeechEngines>

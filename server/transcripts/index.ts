import type { Clock } from '../platform/clock.ts'
import type { Handlers } from '../platform/http/handlers.ts'
import type { Enqueue, JobContext } from '../platform/jobs/index.ts'
import type { Logger } from '../platform/log.ts'
import {
  askTranscript,
  eraseLapsed,
  type MakingJobs,
  moveLastDays,
  type QueueDeps,
  retry,
  wakeWaiting,
} from './making/queue.ts'
import { transcribe, type TranscribeDeps } from './making/transcribe.ts'
import { languageOf, type LanguageSettings } from './making/language.ts'
import { redactText, sensitive } from './making/sensitive.ts'
import type { BatchTranscriber, Vad } from './engines/ports.ts'
import { createReading, type ReadingDeps } from './reading/reading.ts'
import { type TranscriptKeys, type TranscriptRouteDeps, transcriptRoutes } from './routes.ts'
import type { TranscriptDb } from './store.ts'

/** Who serves which language at this moment. */
export type Engines = {
  vad(): Vad | null
  /** Null for the language: whoever finds it out. Null when nobody serves it. */
  batch(language: string | null): BatchTranscriber | null
  /** Whether an engine's text is too poor to be relied on. */
  isDemo(engine: string): boolean
}

/** Calls are kept and wait. */
export const noEngines: Engines = { vad: () => null, batch: () => null, isDemo: () => false }

export type { MakingJobs as TranscriptJobs } from './making/queue.ts'

export type TranscriptsDeps = {
  db: TranscriptDb
  clock: Clock
  log: Logger
  enqueue: Enqueue<MakingJobs>
} & Pick<QueueDeps, 'facts' | 'purposes'> &
  Pick<TranscribeDeps, 'openSpeech' | 'changed'> & { engines: Engines; settings: LanguageSettings } & Pick<
    ReadingDeps,
    'requireReach' | 'permit' | 'mayUse' | 'names'
  > &
  Pick<TranscriptRouteDeps, 'permitQuotes'>

/** What was said in calls: written down, redacted before it is kept, read and searched for a purpose. */
export function createTranscripts(deps: TranscriptsDeps) {
  const today = (): string => new Date(deps.clock.now()).toISOString().slice(0, 10)
  const { engines } = deps
  const reading = createReading({ ...deps, today, redactText, isDemo: engines.isDemo })
  const routes: Handlers<TranscriptKeys> = transcriptRoutes({
    ...deps,
    today,
    reading,
    retry: (callId) => retry(deps, callId),
  })
  return {
    routes,
    jobs: {
      transcribe: ({ callId }: { callId: string }, context: JobContext): Promise<void> =>
        transcribe(
          {
            ...deps,
            vad: engines.vad,
            transcriber: engines.batch,
            languageOf: (facts) => languageOf(deps.settings, facts),
            sensitive,
          },
          callId,
          context,
        ),
    },
    /** A sealed call is to be written down, if a purpose of it allows that. Asked twice, it is done once. */
    ask: (callId: string): Promise<void> => askTranscript(deps, callId),
    /** Engines came or changed: what waits for one is tried. */
    enginesChanged: (): Promise<number> => wakeWaiting(deps),
    erase: eraseLapsed,
    moveLastDays,
  }
}

export type Transcripts = ReturnType<typeof createTranscripts>

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
import { createReading, type ReadingDeps } from './reading/reading.ts'
import { type TranscriptKeys, type TranscriptRouteDeps, transcriptRoutes } from './routes.ts'
import type { TranscriptDb } from './store.ts'

export type { MakingJobs as TranscriptJobs } from './making/queue.ts'

export type TranscriptsDeps = {
  db: TranscriptDb
  clock: Clock
  log: Logger
  enqueue: Enqueue<MakingJobs>
} & Pick<QueueDeps, 'facts' | 'purposes'> &
  Pick<TranscribeDeps, 'openSpeech' | 'vad' | 'transcriber' | 'languageOf' | 'sensitive' | 'changed'> &
  Pick<ReadingDeps, 'requireReach' | 'permit' | 'mayUse' | 'names' | 'isDemo' | 'redactText'> &
  Pick<TranscriptRouteDeps, 'permitQuotes'>

/** What was said in calls: written down, redacted before it is kept, read and searched for a purpose. */
export function createTranscripts(deps: TranscriptsDeps) {
  const today = (): string => new Date(deps.clock.now()).toISOString().slice(0, 10)
  const reading = createReading({ ...deps, today })
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
        transcribe(deps, callId, context),
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

import type { Clock } from '../platform/clock.ts'
import type { Handlers } from '../platform/http/handlers.ts'
import type { Enqueue, JobContext } from '../platform/jobs/index.ts'
import type { Logger } from '../platform/log.ts'
import { isProblem, messageOf } from '../platform/problem.ts'
import {
  askTranscript,
  eraseLapsed,
  moveLastDays,
  type QueueDeps,
  resumeSilencing,
  retry,
  wakeWaiting,
} from './making/queue.ts'
import { transcribe, type TranscribeDeps } from './making/transcribe.ts'
import { languageOfText } from './engines/drift.ts'
import { countRead, enqueueReading, forgetOthers, type ReadDeps, readMeanings } from './meaning/reading.ts'
import { languageOf, type LanguageSettings } from './making/language.ts'
import { createSensitive } from './making/sensitive.ts'
import type { HeardCall } from './live/heard.ts'
import { type CaptionsDeps, createCaptions } from './live/index.ts'
import { type Engines, isDemo, servingNow } from './serving.ts'
import type { TranscriptJobs } from './jobs.ts'
import { createReading, type ReadingDeps } from './reading/reading.ts'
import { type TranscriptKeys, type TranscriptRouteDeps, transcriptRoutes } from './routes.ts'
import { createSavedSearches, type SavedSearchDeps } from './search/saved.ts'
import type { TranscriptDb } from './store.ts'

export { openEngines } from './engines/index.ts'
export { type Engines, enginesOf } from './serving.ts'
export { openEmbedder } from './meaning/embedder.ts'

export type { TranscriptJobs } from './jobs.ts'

export type TranscriptsDeps = {
  db: TranscriptDb
  clock: Clock
  log: Logger
  enqueue: Enqueue<TranscriptJobs>
} & Pick<SavedSearchDeps, 'box'> &
  Pick<QueueDeps, 'facts' | 'purposes'> &
  Pick<TranscribeDeps, 'openSpeech' | 'changed' | 'silence'> & {
    engines: Engines
    settings: LanguageSettings
    /** Null where no model of embeddings is named. */
    meaning: Pick<ReadDeps, 'embedder' | 'batch'> | null
    modelsDir: string
    closeEngines(): Promise<void>
  } & Pick<ReadingDeps, 'requireReach' | 'permit' | 'mayUse' | 'names'> &
  Pick<TranscriptRouteDeps, 'permitQuotes' | 'maskFacts'> &
  Pick<CaptionsDeps, 'append' | 'publish'>

const lookMs = 2000
const waking = 'transcripts: what waits for an engine is not begun yet'
const resuming = 'transcripts: calls to be silenced are taken up at the next start'

/** What was said in calls: written down, redacted before it is kept, read and searched for a purpose. */
export function createTranscripts(deps: TranscriptsDeps) {
  const today = (): string => new Date(deps.clock.now()).toISOString().slice(0, 10)
  const { engines } = deps
  const sensitive = createSensitive()
  const captions = createCaptions({ ...deps, sensitive })
  const reading = createReading({
    ...deps,
    today,
    redactText: sensitive.redactText,
    isDemo: (engine) => isDemo(engines, engine),
  })
  const { meaning } = deps
  /** Why transcripts could not be read for their meaning, the last time. */
  let failure: string | null = null
  const readAll = async (context: JobContext): Promise<void> => {
    if (!meaning) return
    try {
      await readMeanings({ ...deps, ...meaning }, context.signal ?? new AbortController().signal)
      failure = null
    } catch (e) {
      failure = isProblem(e) ? e.code : 'internal'
      throw e
    }
  }
  const routes: Handlers<TranscriptKeys> = transcriptRoutes({
    ...deps,
    today,
    reading,
    captions,
    saved: createSavedSearches(deps),
    embedder: meaning?.embedder ?? null,
    redactText: (text, language) => sensitive.redactText(text, language ?? languageOfText(text) ?? 'und'),
    meaning: async () => {
      if (!meaning) return null
      const { model, host } = meaning.embedder
      return { model, host, ...(await countRead(deps.db)), failure }
    },
    retry: (callId) => retry(deps, callId),
    engines: () => ({ ...engines.report(), modelsDir: deps.modelsDir }),
  })
  let timer: NodeJS.Timeout | undefined
  let served: string | null = null
  async function look(): Promise<void> {
    const now = servingNow(engines)
    if (now === served) return
    await wakeWaiting(deps)
    served = now
  }
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
            written: async (tx) => {
              if (meaning) await enqueueReading(deps.enqueue, tx)
            },
          },
          callId,
          context,
        ),
      understand: (_: object, context: JobContext): Promise<void> => readAll(context),
    },
    /** Who follows calls in progress by ear. */
    listening: { begin: (call: HeardCall) => captions.begin(call) },
    /** A caption is on a screen, so many ms after it was sent. */
    captionShown: captions.shown,
    /** A sealed call is to be written down, if a purpose of it allows that. Asked twice, it is done once. */
    ask: (callId: string): Promise<void> => askTranscript(deps, callId),
    /** What was said, redacted, for rooms that decide and write down who is given it. */
    kept: reading.kept,
    personCopy: reading.personCopy,
    /** What waits for an engine begins as soon as one comes; what is written down and not silenced yet goes on. */
    async start(): Promise<void> {
      await captions.start()
      if (meaning) {
        await forgetOthers(deps.db, meaning.embedder.model)
        await enqueueReading(deps.enqueue, deps.db)
      }
      resumeSilencing(deps).catch((e: unknown) => deps.log.warn({ detail: messageOf(e) }, resuming))
      timer = setInterval(
        () => void look().catch((e: unknown) => deps.log.warn({ detail: messageOf(e) }, waking)),
        lookMs,
      )
      timer.unref()
    },
    /** After the jobs have stopped. */
    async stop(): Promise<void> {
      clearInterval(timer)
      captions.stop()
      await deps.closeEngines()
    },
    erase: eraseLapsed,
    moveLastDays,
  }
}

export type Transcripts = ReturnType<typeof createTranscripts>

import type { Logger } from '../../../platform/log.ts'
import type { BatchTranscriber } from '../ports.ts'
import { checkLength, durationMs, unheard } from '../problems.ts'
import { withDrift } from '../drift.ts'
import { implausible, utteranceOf, within } from '../words.ts'
import { aborted } from '../promises.ts'
import { openJobs } from './jobs.ts'
import type { CheckedModel } from './model.ts'
import { PROCESS_LIMITS, type ProcessLimits } from './supervisor.ts'

export type SherpaSetup = {
  model: CheckedModel
  /** Threads of one process. More do not save processor time. */
  threads?: number
  limits?: Partial<ProcessLimits>
  log: Logger
  /** Another program in place of the engine's (tests). */
  entry?: URL
}

/** What runs a model of ours, and how it is called in problems. */
export function processOf({ model, threads = 1, limits, log, entry }: SherpaSetup) {
  return {
    where: `The speech model ${model.manifest.id}`,
    task: { run: 'recogniser' as const, kind: model.manifest.kind, files: model.files, threads },
    limits: { ...PROCESS_LIMITS, ...limits },
    log,
    ...(entry && { entry }),
  }
}

/**
 * A model run by sherpa-onnx in a process of its own. The process starts here, so that a model that cannot be used says so.
 * @throws Problem `engine_model_unusable`
 */
export async function openSherpaBatch(setup: SherpaSetup): Promise<BatchTranscriber & { pid: () => number | null }> {
  const engine = processOf(setup)
  const { id, languages, version: release } = setup.model.manifest
  const jobs = openJobs(engine)
  const version = await jobs.ready().catch(async (e: unknown) => {
    await jobs.close()
    throw e
  })
  return {
    identity: { engine: 'sherpa-onnx', model: `${id}@${release}`, version, demo: false },
    languages,
    async transcribe(audio, { language, signal }) {
      signal.throwIfAborted()
      checkLength(audio)
      if (language !== null && !languages.includes(language)) throw unheard(engine.where)
      if (audio.samples.length === 0) return []
      const length = durationMs(audio)
      const result = await aborted(
        jobs.run(audio, language, (raw) => {
          const heard = utteranceOf(raw, length, language)
          return heard && implausible([heard], length)
        }),
        signal,
      )
      const heard = utteranceOf(result, length, language)
      return heard ? [withDrift(setup.model.manifest.kind, language, within(heard, length))] : []
    },
    pid: () => jobs.pid(),
    close: () => jobs.close(),
  }
}

import { createRequire } from 'node:module'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Logger } from '../../../platform/log.ts'
import { unusableModel } from '../problems.ts'
import { deferred } from '../promises.ts'
import { openLanes } from '../sherpa/lanes.ts'
import { PROCESS_LIMITS, type ProcessLimits } from '../sherpa/supervisor.ts'
import type { SpeechDetector } from './detector.ts'

/** Silero VAD v6 (MIT), as the package `@ricky0123/vad-web` carries it. */
const MODEL = '@ricky0123/vad-web/dist/silero_vad_v6.onnx'
const SHA256 = '1a153a22f4509e292a94e67d6f9b85e8deb25b4988682b7e174c65279d8788e3'

export type SileroSetup = {
  log: Logger
  /** Probability from which on a frame is speech. */
  threshold?: number
  limits?: Partial<ProcessLimits>
}

/**
 * Silero VAD in a process of its own, which all lanes share.
 * @throws Problem `engine_model_unusable`: the package is missing or damaged, or this machine cannot run it
 */
export async function openSilero({
  log,
  threshold = 0.5,
  limits,
}: SileroSetup): Promise<SpeechDetector & { pid: () => number | null }> {
  const where = 'The speech detector Silero'
  const lanes = openLanes({
    where,
    task: { run: 'detector', file: findModel(where), threshold },
    limits: { ...PROCESS_LIMITS, ...limits },
    log,
  })
  const version = await lanes.ready().catch(async (e: unknown) => {
    await lanes.close()
    throw e
  })
  return {
    identity: { engine: 'silero', model: 'silero-vad-v6', version: `sherpa-onnx ${version}`, demo: false },
    open({ rate, onFrames, onFailure }) {
      const done = deferred<void>()
      const lane = lanes.open(rate, null, {
        onAnswer(answer) {
          if (answer.say === 'frames') onFrames(answer.speech)
        },
        onDone: () => done.resolve(),
        onFailure(problem) {
          onFailure(problem)
          done.resolve()
        },
      })
      return {
        push: lane.push,
        finish() {
          lane.finish()
          return done.promise
        },
        close() {
          lane.close()
          done.resolve()
        },
      }
    },
    pid: () => lanes.pid(),
    close: () => lanes.close(),
  }
}

function findModel(where: string): string {
  try {
    const path = createRequire(import.meta.url).resolve(MODEL)
    if (createHash('sha256').update(readFileSync(path)).digest('hex') === SHA256) return path
  } catch {
    throw unusableModel(where, 'its package is not installed: run npm ci again')
  }
  throw unusableModel(where, 'its file is not the one we know: run npm ci again')
}

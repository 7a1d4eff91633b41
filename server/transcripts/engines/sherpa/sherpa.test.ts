import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { silentLog } from '../../../platform/log.ts'
import { liveFromBatch } from '../live/from-batch.ts'
import type { Vad } from '../ports.ts'
import { describeEngine } from '../testkit/suite.ts'
import { writeToyModel } from '../testkit/toy-model.ts'
import { openVad } from '../vad/detector.ts'
import { energyDetector } from '../vad/energy.ts'
import { openSherpaBatch } from './batch.ts'
import { openSherpaLive } from './live.ts'
import { checkModel, type CheckedModel } from './model.ts'

const folder = mkdtempSync(join(tmpdir(), 'verbale-models-'))
const limits = { firstWaitMs: 10, longestWaitMs: 50 }
const log = silentLog
let whole: CheckedModel
let streaming: CheckedModel
let vad: Vad

beforeAll(async () => {
  whole = await checkModel(writeToyModel(folder, 'nemo-ctc'))
  streaming = await checkModel(writeToyModel(folder, 'streaming-nemo-ctc'))
  vad = openVad({ detector: energyDetector, spare: energyDetector, log })
})
afterAll(() => rmSync(folder, { recursive: true }))

/** Kills the process of the engine opened first: the suite's own. */
function killable(): { watch: <E extends { pid: () => number | null }>(engine: E) => E; disturb: () => void } {
  let pid: (() => number | null) | null = null
  return {
    watch(engine) {
      pid ??= engine.pid
      return engine
    },
    disturb() {
      const id = pid?.() ?? null
      if (id === null) throw new Error('the engine has no process')
      process.kill(id, 'SIGKILL')
    },
  }
}

const kinds: [string, () => CheckedModel][] = [
  ['NeMo CTC', () => whole],
  ['streaming NeMo CTC', () => streaming],
]
for (const [kind, model] of kinds) {
  const { watch, disturb } = killable()
  describeEngine({
    name: `sherpa-onnx (${kind})`,
    language: 'it',
    timing: 'word',
    batch: async () => watch(await openSherpaBatch({ model: model(), limits, log })),
    disturb,
  })
}

const live = killable()
describeEngine({
  name: 'sherpa-onnx following speech',
  language: 'fr',
  timing: 'word',
  live: async () => live.watch(await openSherpaLive({ model: streaming, limits, log, vad })),
  disturb: live.disturb,
})

const again = killable()
describeEngine({
  name: 'sherpa-onnx, a model for whole segments, heard again each second',
  language: 'en',
  timing: 'word',
  live: async () => liveFromBatch(again.watch(await openSherpaBatch({ model: whole, limits, log })), vad),
  disturb: again.disturb,
})

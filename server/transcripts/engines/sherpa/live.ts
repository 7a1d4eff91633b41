import { liveBySegments, type SegmentEngine, type SegmentSession } from '../live/by-segments.ts'
import type { LiveTranscriber, Rate, Utterance, Vad } from '../ports.ts'
import { deferred } from '../promises.ts'
import { closed, unheard, unreadable } from '../problems.ts'
import { implausible, utteranceOf, within } from '../words.ts'
import { processOf, type SherpaSetup } from './batch.ts'
import { openLanes, type Lanes } from './lanes.ts'

/**
 * A streaming model run by sherpa-onnx in a process of its own, which all lanes share.
 * @throws Problem `engine_model_unusable`
 */
export async function openSherpaLive(
  setup: SherpaSetup & { vad: Vad },
): Promise<LiveTranscriber & { pid: () => number | null }> {
  const engine = processOf(setup)
  const { id, languages, version: release } = setup.model.manifest
  const lanes = openLanes(engine)
  const version = await lanes.ready().catch(async (e: unknown) => {
    await lanes.close()
    throw e
  })
  const segments: SegmentEngine = {
    identity: { engine: 'sherpa-onnx', model: `${id}@${release}`, version, demo: false },
    languages,
    begin: (ask) => begin(lanes, engine.where, ask),
    close: () => lanes.close(),
  }
  const live = liveBySegments(segments, setup.vad)
  return {
    ...live,
    open(ask) {
      if (ask.language !== null && !languages.includes(ask.language)) throw unheard(engine.where)
      return live.open(ask)
    },
    pid: () => lanes.pid(),
  }
}

type Begin = { rate: Rate; language: string | null; onPartial: (utterance: Utterance) => void }

function begin(lanes: Lanes, where: string, { rate, language, onPartial }: Begin): SegmentSession {
  let samples = 0
  const result = deferred<Utterance[]>()
  const lengthMs = (): number => (samples * 1000) / rate
  const lane = lanes.open(rate, language, {
    onAnswer(answer) {
      const heard = answer.say === 'heard' && answer.raw ? utteranceOf(answer.raw, lengthMs(), language) : null
      if (heard && implausible([heard], lengthMs()) === null) onPartial(within(heard, lengthMs()))
    },
    onDone({ raw }) {
      const heard = utteranceOf(raw, lengthMs(), language)
      const fault = heard && implausible([heard], lengthMs())
      if (fault === null) result.resolve(heard ? [within(heard, lengthMs())] : [])
      else result.reject(unreadable(where, fault))
    },
    onFailure: (problem) => result.reject(problem),
  })
  return {
    push(part) {
      samples += part.length
      lane.push(part)
    },
    end() {
      lane.finish()
      return result.promise
    },
    cancel() {
      lane.close()
      result.reject(closed(where))
    },
  }
}

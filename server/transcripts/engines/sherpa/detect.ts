import sherpa from 'sherpa-onnx-node'
import type { Vad } from 'sherpa-onnx-node'
import { resampler } from '../../../platform/resample.ts'
import { toFloats } from '../audio.ts'
import type { Rate } from '../ports.ts'
import type { Task } from './protocol.ts'

/** Silero's own step: 32 ms at 16 kHz, the only rate sherpa lets it run at. A wrong size ends the process. */
const WINDOW = 512

export type Detector = {
  open(id: number, rate: Rate): void
  /** Decisions on the frames that are now complete. */
  push: (id: number, samples: Int16Array) => Uint8Array
  finish: (id: number) => Uint8Array
  close: (id: number) => void
}

type Lane = { vad: Vad; change: ReturnType<typeof resampler>; rest: Float32Array }

/** Silero VAD frame by frame, in the engine's process. Each lane has 10 MB; what lanes leave is used again. */
export function openDetector({ file, threshold }: Extract<Task, { run: 'detector' }>): Detector {
  const free: Vad[] = []
  const lanes = new Map<number, Lane>()
  const create = (): Vad =>
    new sherpa.Vad(
      {
        // Short times: hang-over and longest length are the segmenter's, where they are tested.
        sileroVad: {
          model: file,
          threshold,
          minSilenceDuration: 0.1,
          minSpeechDuration: 0.1,
          maxSpeechDuration: 3600,
          windowSize: WINDOW,
        },
        sampleRate: 16_000,
        numThreads: 1,
        provider: 'cpu',
        debug: 0,
      },
      1,
    )
  // A model that cannot be used ends the process here, before any lane waits for it.
  free.push(create())

  const decide = (lane: Lane, input: Float32Array, last: boolean): Uint8Array => {
    const whole = new Float32Array(lane.rest.length + input.length)
    whole.set(lane.rest)
    whole.set(input, lane.rest.length)
    const frames = last ? Math.ceil(whole.length / WINDOW) : Math.floor(whole.length / WINDOW)
    const decisions = new Uint8Array(frames)
    for (let n = 0; n < frames; n++) {
      const window = new Float32Array(WINDOW)
      window.set(whole.subarray(n * WINDOW, (n + 1) * WINDOW))
      lane.vad.acceptWaveform(window)
      decisions[n] = lane.vad.isDetected() ? 1 : 0
      if (!lane.vad.isEmpty()) lane.vad.clear()
    }
    lane.rest = whole.slice(frames * WINDOW)
    return decisions
  }
  const lane = (id: number): Lane | undefined => lanes.get(id)
  return {
    open: (id, rate) =>
      void lanes.set(id, { vad: free.pop() ?? create(), change: resampler(rate, 16_000), rest: new Float32Array(0) }),
    push(id, samples) {
      const one = lane(id)
      return one ? decide(one, one.change.push(toFloats(samples)), false) : new Uint8Array(0)
    },
    finish(id) {
      const one = lane(id)
      return one ? decide(one, one.change.end(), true) : new Uint8Array(0)
    },
    close(id) {
      const one = lane(id)
      if (!one) return
      lanes.delete(id)
      one.vad.reset()
      free.push(one.vad)
    },
  }
}

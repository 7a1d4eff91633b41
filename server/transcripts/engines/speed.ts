import type { Clock } from '../../platform/clock.ts'
import { durationMs } from './problems.ts'
import type { BatchTranscriber } from './ports.ts'

/** Working time by length of audio: 0.5 is twice as fast as speech. `probe`: measured on noise when it was opened. */
export type Speed = { realTimeFactor: number; from: 'probe' | 'calls' }

export type Measured = BatchTranscriber & { speed(): Speed | null }

/** Weight of the newest job. */
const NEWEST = 0.1

/** Measures an engine while it works. Jobs that overlap measure each other's waiting: they are left out. */
export function measured(engine: BatchTranscriber, clock: Clock): Measured {
  let speed: Speed | null = null
  let running = 0
  let alone = false
  return {
    ...engine,
    async transcribe(audio, ask) {
      const length = durationMs(audio)
      const begin = clock.monotonic()
      alone = running++ === 0
      try {
        const heard = await engine.transcribe(audio, ask)
        if (alone && running === 1 && length >= 500) {
          const factor = Number(clock.monotonic() - begin) / 1e6 / length
          const known = speed?.from === 'calls' ? speed.realTimeFactor : factor
          speed = { realTimeFactor: known + (factor - known) * NEWEST, from: 'calls' }
        }
        return heard
      } finally {
        running--
      }
    },
    speed: () => speed,
  }
}

const PROBE_SECONDS = 4

/**
 * Real work before there is any: four seconds of noise that swells as speech does. What a model takes for it hardly depends on
 * what is said.
 * @throws Problem of the engine
 */
export async function probe(engine: BatchTranscriber, language: string, clock: Clock): Promise<Speed> {
  const rate = 16_000
  let state = 1
  const samples = Int16Array.from({ length: PROBE_SECONDS * rate }, (_, i) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return (state / 2 ** 32 - 0.5) * 6000 * (1 + Math.sin((2 * Math.PI * 4 * i) / rate))
  })
  const work = (part: Int16Array): Promise<unknown> =>
    engine.transcribe({ samples: part, rate }, { language, signal: new AbortController().signal })
  // The first job finds its memory; it is not what the others take.
  await work(samples.subarray(0, rate))
  const begin = clock.monotonic()
  await work(samples)
  return { realTimeFactor: Number(clock.monotonic() - begin) / 1e6 / (PROBE_SECONDS * 1000), from: 'probe' }
}

/** Of the two lanes of a call one speaks most of the time. */
const SPEECH_SHARE = 0.8
/** A process that is busier than this falls behind at every peak. */
const FULL = 0.7
/** An utterance of six seconds, heard again each second and once at its end, is 3.5 times as much work. */
export const AGAIN = 3.5

/** Live calls that one process of this speed carries. */
export function liveCalls(realTimeFactor: number, serves: 'native' | 'again'): number {
  const work = realTimeFactor * SPEECH_SHARE * (serves === 'again' ? AGAIN : 1)
  return Math.floor(FULL / work)
}

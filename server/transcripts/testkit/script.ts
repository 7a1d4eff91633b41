import { silentLog } from '../../platform/log.ts'
import type { BatchTranscriber } from '../engines/ports.ts'
import { liveFromBatch } from '../engines/live/from-batch.ts'
import { openVad } from '../engines/vad/detector.ts'
import { energyDetector } from '../engines/vad/energy.ts'
import type { Engines } from '../index.ts'

export const loudnessVad = openVad({ detector: energyDetector, spare: energyDetector, log: silentLog })

/** Engines that hear speech by its loudness and say, segment by segment, what a script says; then nothing. */
export function scripted(script: string[], language = 'it'): Engines {
  const transcriber: BatchTranscriber = {
    identity: { engine: 'script', model: 'words', version: '1', demo: false },
    languages: [language],
    transcribe: async ({ samples, rate }) => {
      const text = script.shift()
      if (!text) return []
      const ms = (samples.length * 1000) / rate
      const said = text.split(' ')
      const words = said.map((word, i) => ({
        text: word,
        startMs: (i * ms) / said.length,
        endMs: ((i + 1) * ms) / said.length,
        confidence: 0.9,
      }))
      return [{ text, words, startMs: 0, endMs: ms, confidence: 0.9, language, timing: 'word' }]
    },
    close: async () => {},
  }
  const detector = { engine: 'energy', model: 'level', version: '1', demo: false }
  return {
    vad: () => loudnessVad,
    batch: () => transcriber,
    live: () => liveFromBatch(transcriber, loudnessVad, { everyMs: Number.POSITIVE_INFINITY }),
    relief: () => null,
    report: () => ({ detector, languages: [], refused: [], failed: [] }),
  }
}

import type { SpeechDetector } from './detector.ts'
import { FRAME_MS, frameSamples } from './segmenter.ts'
import { joined } from '../audio.ts'

/** Speech is at least so far above the noise of the line. */
const ABOVE_NOISE_DB = 9
/** Nothing below is speech, however quiet the line is. */
const FLOOR_DB = -58
/** The noise is believed to rise so fast at most; it falls at once. */
const RISE_DB = (2 * FRAME_MS) / 1000

/** Level of a frame, dB below full scale. */
export function levelDb(frame: Int16Array): number {
  let sum = 0
  for (const sample of frame) sum += sample * sample
  return frame.length === 0 || sum === 0 ? -96 : 10 * Math.log10(sum / frame.length / 32_768 ** 2)
}

/** Decides by loudness against the line's own noise. Takes music and noise for speech; needs no model. */
export const energyDetector: SpeechDetector = {
  identity: { engine: 'energy', model: 'level', version: '1', demo: false },
  open({ rate, onFrames }) {
    const length = frameSamples(rate)
    let rest: Int16Array = new Int16Array(0)
    let noise = -50
    const speech = (frame: Int16Array): number => {
      const level = levelDb(frame)
      noise = level < noise ? level : Math.min(noise + RISE_DB, level)
      return level > FLOOR_DB && level > noise + ABOVE_NOISE_DB ? 1 : 0
    }
    return {
      push(samples) {
        const all = rest.length === 0 ? samples : joined([rest, samples])
        const decisions: number[] = []
        let at = 0
        for (; at + length <= all.length; at += length) decisions.push(speech(all.subarray(at, at + length)))
        rest = all.slice(at)
        if (decisions.length > 0) onFrames(decisions)
      },
      finish() {
        if (rest.length > 0) onFrames([speech(rest)])
        rest = new Int16Array(0)
        return Promise.resolve()
      },
      close() {},
    }
  },
  close: () => Promise.resolve(),
}

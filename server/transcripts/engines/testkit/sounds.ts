import type { Rate } from '../ports.ts'

/** Sounds for tests, always the same. None is anybody's voice. */

function random(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

const toSamples = (values: Float64Array, level: number): Int16Array => {
  const peak = values.reduce((most, v) => Math.max(most, Math.abs(v)), 1e-9)
  return Int16Array.from(values, (v) => Math.round((v / peak) * level * 32_767))
}

export const silence = (seconds: number, rate: Rate): Int16Array => new Int16Array(Math.round(seconds * rate))

/** Noise of a line. */
export function hiss(seconds: number, rate: Rate, level = 0.002, seed = 3): Int16Array {
  const next = random(seed)
  return Int16Array.from({ length: Math.round(seconds * rate) }, () => Math.round((next() - 0.5) * 2 * level * 32_767))
}

/** First three formants in Hz. */
const VOWELS = [
  [730, 1090, 2440],
  [270, 2290, 3010],
  [570, 840, 2410],
  [530, 1840, 2480],
  [300, 870, 2240],
] as const

/** A resonance: two poles. */
function resonator(rate: number): (input: number, hz: number, width: number) => number {
  let y1 = 0
  let y2 = 0
  return (input, hz, width) => {
    const r = Math.exp((-Math.PI * width) / rate)
    const y = input + 2 * r * Math.cos((2 * Math.PI * hz) / rate) * y1 - r * r * y2
    y2 = y1
    y1 = y
    return y
  }
}

/**
 * Something like speech: a voice whose pitch falls over a phrase, vowels that glide into each other at four a second,
 * hissing consonants and closures between them. Detectors take it for speech; there are no words in it.
 */
export function babble(seconds: number, rate: Rate, seed = 1): Int16Array {
  const next = random(seed)
  const values = new Float64Array(Math.round(seconds * rate))
  const throat = [resonator(rate), resonator(rate), resonator(rate)]
  const pick = (): (typeof VOWELS)[number] => VOWELS[Math.floor(next() * VOWELS.length)] ?? VOWELS[0]
  let phase = 0
  let at = 0
  let vowel = pick()
  let breath = 0
  while (at < values.length) {
    const length = Math.round(rate * (0.16 + 0.12 * next()))
    const consonant = Math.round(length * (0.2 + 0.15 * next()))
    const kind = next()
    const target = pick()
    for (let i = 0; i < length && at < values.length; i++, at++) {
      const phrase = (at / rate) % 2.4
      const pitch = 150 - 18 * phrase + 5 * Math.sin((2 * Math.PI * 5 * at) / rate)
      phase += pitch / rate
      const pulse = phase >= 1 ? 1 : 0
      if (pulse) phase -= 1
      const noise = next() - 0.5
      breath = 0.9 * breath + pulse
      const inside = i < consonant
      const glide = Math.min(1, i / (length * 0.6))
      const voiced = inside
        ? kind < 0.4
          ? 0
          : 0.15
        : Math.min(1, (i - consonant) / 200) * Math.min(1, (length - i) / 200)
      const source = breath * voiced + noise * (inside && kind >= 0.7 ? 0.2 : 0.01)
      values[at] = throat.reduce((sum, formant, n) => {
        const hz = (vowel[n] ?? 0) + ((target[n] ?? 0) - (vowel[n] ?? 0)) * glide
        return sum + formant(source, hz, 60 + 40 * n) / (n + 1)
      }, 0)
    }
    vowel = target
  }
  return toSamples(values, 0.5)
}

/** Tones sounding together. */
export function tones(seconds: number, rate: Rate, hz: readonly number[], level = 0.3): Int16Array {
  const values = Float64Array.from({ length: Math.round(seconds * rate) }, (_, i) =>
    hz.reduce((sum, f) => sum + Math.sin((2 * Math.PI * f * i) / rate), 0),
  )
  return toSamples(values, level)
}

/** A tone in a cadence of on and off, in seconds, as networks send while a telephone rings. */
export function ringing(seconds: number, rate: Rate, hz: readonly number[], cadence: readonly number[]): Int16Array {
  const samples = tones(seconds, rate, hz)
  const period = cadence.reduce((a, b) => a + b, 0)
  for (let i = 0; i < samples.length; i++) {
    let t = (i / rate) % period
    const part = cadence.findIndex((length) => (t -= length) < 0)
    if (part % 2 === 1) samples[i] = 0
  }
  return samples
}

const CHORDS = [
  [0, 4, 7],
  [5, 9, 12],
  [7, 11, 14],
  [9, 12, 16],
] as const

/** Something like the music of a hold line: chords with overtones that fade, a tune above them, no pauses. */
export function music(seconds: number, rate: Rate, seed = 5): Int16Array {
  const next = random(seed)
  const values = new Float64Array(Math.round(seconds * rate))
  const pitch = (semitones: number): number => 220 * 2 ** (semitones / 12)
  const play = (hz: number, from: number, length: number, level: number): void => {
    const start = Math.round(from * rate)
    const end = Math.min(values.length, Math.round((from + length) * rate))
    for (let i = start; i < end; i++) {
      const t = (i - start) / rate
      const shape = Math.min(1, t / 0.02) * Math.exp(-t / 1.2)
      for (let k = 1; k <= 4; k++) values[i]! += (level * shape * Math.sin(2 * Math.PI * hz * k * t)) / k ** 1.5
    }
  }
  for (let bar = 0; bar * 1.2 < seconds; bar++) {
    const chord = CHORDS[bar % CHORDS.length] ?? CHORDS[0]
    for (const note of chord) play(pitch(note), bar * 1.2, 1.6, 1)
    for (let beat = 0; beat < 3; beat++)
      play(pitch(12 + (chord[Math.floor(next() * 3)] ?? 0)), bar * 1.2 + beat * 0.4, 0.6, 0.8)
  }
  return toSamples(values, 0.4)
}

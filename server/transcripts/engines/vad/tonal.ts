import type { Audio } from '../ports.ts'

/** `tone`: signals of the network (ringing, busy, keys); `music`: what callers hear while they wait. */
export type Sound = 'speech' | 'music' | 'tone' | 'silence'

/** What the verdict rests on; shares are between 0 and 1. */
export type Tonality = {
  sound: Sound
  /** Share of the energy in the three strongest lines of the spectrum, in the middle frame. */
  concentration: number
  /** Share of the loud frames whose strongest lines are those of a quarter of a second before. */
  steadiness: number
  /** Share of frames far below the loud ones: syllables and pauses. */
  pauses: number
}

const WINDOW_MS = 64
const HOP_MS = 32
/** A quarter of a second: no vowel keeps its overtones so long in place. */
const LATER = 8
const QUIET_DB = -55
/** Lines in which nothing lies are not compared. */
const BAND = { from: 150, to: 3400 }

/**
 * What kind of sound a segment is. Speech moves: the pitch of a voice glides, and its overtones with it. Notes of instruments
 * and tones stay where they are. Thresholds were set on generated sounds, with room on the side of speech: what is doubtful
 * is transcribed.
 */
export function soundOf({ samples, rate }: Audio): Tonality {
  const frames = spectra(samples, rate)
  const loudest = frames.reduce((most, f) => Math.max(most, f.db), -120)
  if (loudest < QUIET_DB) return { sound: 'silence', concentration: 0, steadiness: 0, pauses: 1 }
  const loud = frames.filter((f) => f.db > loudest - 25)
  const concentration = median(loud.map((f) => f.concentration))
  const pauses = 1 - loud.length / frames.length
  const compared = frames.flatMap((f, i) => {
    const later = frames[i + LATER]
    return later && f.db > loudest - 25 && later.db > loudest - 25 ? [common(f.lines, later.lines)] : []
  })
  // Half a second of sound at least: one beep between words is not what a segment is about.
  const steadiness = compared.length < 15 ? 0 : compared.reduce((a, b) => a + b, 0) / compared.length
  return { sound: verdict({ concentration, steadiness }), concentration, steadiness, pauses }
}

/** Whether a segment is worth an engine's work: it is neither music nor a tone. */
export function isSpeech(audio: Audio): boolean {
  const { sound } = soundOf(audio)
  return sound === 'speech' || sound === 'silence'
}

function verdict({ concentration, steadiness }: { concentration: number; steadiness: number }): Sound {
  if (concentration > 0.97 && steadiness > 0.9) return 'tone'
  return steadiness > 0.55 ? 'music' : 'speech'
}

type Spectrum = { db: number; lines: number[]; concentration: number }

function spectra(samples: Int16Array, rate: number): Spectrum[] {
  const size = 2 ** Math.round(Math.log2((rate * WINDOW_MS) / 1000))
  const hop = Math.round((rate * HOP_MS) / 1000)
  const shape = Float64Array.from({ length: size }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / size))
  const found: Spectrum[] = []
  for (let at = 0; at + size <= samples.length; at += hop) {
    const real = Float64Array.from({ length: size }, (_, i) => ((samples[at + i] ?? 0) / 32_768) * (shape[i] ?? 0))
    found.push(describe(powerOf(real), rate / size))
  }
  return found
}

/** Five strongest lines, of which each is a peak of its own. */
const LINES = 5

function describe(power: Float64Array, perLine: number): Spectrum {
  const first = Math.ceil(BAND.from / perLine)
  const last = Math.min(power.length - 2, Math.floor(BAND.to / perLine))
  let total = 1e-12
  const peaks: { line: number; energy: number }[] = []
  for (let k = first; k <= last; k++) {
    const here = power[k] ?? 0
    total += here
    if (here > (power[k - 1] ?? 0) && here >= (power[k + 1] ?? 0))
      peaks.push({ line: k, energy: [-2, -1, 0, 1, 2].reduce((sum, d) => sum + (power[k + d] ?? 0), 0) })
  }
  peaks.sort((a, b) => b.energy - a.energy)
  const strongest = peaks.slice(0, 3).reduce((sum, p) => sum + p.energy, 0)
  // Peaks far below the strongest are noise, which never stays in place.
  const lines = peaks.slice(0, LINES).filter((p) => p.energy > (peaks[0]?.energy ?? 0) / 100)
  return {
    db: 10 * Math.log10(total / power.length),
    lines: lines.map((p) => p.line),
    concentration: Math.min(1, strongest / total),
  }
}

/** Share of lines that are still in their place. */
function common(lines: readonly number[], later: readonly number[]): number {
  if (lines.length === 0) return 0
  return lines.filter((line) => later.includes(line)).length / lines.length
}

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

/** Power spectrum up to half of the rate, by a radix-2 transform in place. `real` has a power of two of values. */
function powerOf(real: Float64Array): Float64Array {
  const n = real.length
  const imaginary = new Float64Array(n)
  for (let i = 1, j = 0; i < n; i++) {
    let bit = n >> 1
    for (; j & bit; bit >>= 1) j ^= bit
    j ^= bit
    if (i < j) [real[i], real[j]] = [real[j]!, real[i]!]
  }
  for (let size = 2; size <= n; size *= 2) {
    const angle = (-2 * Math.PI) / size
    for (let start = 0; start < n; start += size)
      for (let k = 0; k < size / 2; k++) butterfly(real, imaginary, { at: start + k, half: size / 2, angle: angle * k })
  }
  return Float64Array.from({ length: n / 2 }, (_, k) => real[k]! ** 2 + imaginary[k]! ** 2)
}

function butterfly(
  real: Float64Array,
  imaginary: Float64Array,
  { at, half, angle }: { at: number; half: number; angle: number },
): void {
  const cos = Math.cos(angle)
  const sin = Math.sin(angle)
  const re = real[at + half]! * cos - imaginary[at + half]! * sin
  const im = real[at + half]! * sin + imaginary[at + half]! * cos
  real[at + half] = real[at]! - re
  imaginary[at + half] = imaginary[at]! - im
  real[at]! += re
  imaginary[at]! += im
}

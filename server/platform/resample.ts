/** Zero crossings of the sinc on each side, in samples of the lower rate. */
const CROSSINGS = 24
/** Kaiser window shape: about 80 dB below. */
const BETA = 8
/** Share of the lower Nyquist rate that passes: leaves room for the roll-off. */
const PASS = 0.92

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b))

/** Modified Bessel function of the first kind, order zero. */
function bessel0(x: number): number {
  let sum = 1
  let term = 1
  for (let k = 1; term > sum * 1e-12; k++) {
    term *= (x / (2 * k)) ** 2
    sum += term
  }
  return sum
}

/** Taps for each of the `up` phases, one after the other, each phase summing to 1 so that the level is kept. */
function buildPhases(up: number, down: number): { taps: Float32Array; half: number } {
  const scale = Math.min(1, up / down)
  const half = Math.ceil(CROSSINGS / scale)
  const width = half * 2
  const taps = new Float32Array(up * width)
  const cutoff = PASS * scale
  for (let phase = 0; phase < up; phase++) {
    let sum = 0
    for (let k = 0; k < width; k++) {
      const t = k - half + 1 - phase / up
      const inside = 1 - (t / half) ** 2
      const x = Math.PI * cutoff * t
      const tap = inside <= 0 ? 0 : (t === 0 ? 1 : Math.sin(x) / x) * bessel0(BETA * Math.sqrt(inside))
      taps[phase * width + k] = tap
      sum += tap
    }
    for (let k = 0; k < width; k++) taps[phase * width + k]! /= sum
  }
  return { taps, half }
}

export type Resampler = {
  /** Takes samples, gives what can be said so far. */
  push(input: Float32Array): Float32Array
  /** The rest, as if silence followed. */
  end(): Float32Array
}

/**
 * Changes the rate of one channel by an exact ratio, with a Kaiser-windowed sinc low-pass and no delay: output sample n is
 * the input at time n / toRate. N input samples give ceil(N × toRate / fromRate) output samples over the whole stream.
 */
export function resampler(fromRate: number, toRate: number): Resampler {
  if (fromRate === toRate) return { push: (input) => input, end: () => new Float32Array(0) }
  const divisor = gcd(fromRate, toRate)
  const up = toRate / divisor
  const down = fromRate / divisor
  const { taps, half } = buildPhases(up, down)
  const width = half * 2
  /** Input kept: starts with silence before the first sample. `base` is the index of its first sample. */
  let kept: Float32Array = new Float32Array(half - 1)
  let base = -(half - 1)
  let received = 0
  let produced = 0

  // Four sums at once: twice as fast as one, because additions need not wait for each other. `width` is even.
  const dot = (line: Float32Array, from: number, tap: number): number => {
    let s0 = 0
    let s1 = 0
    let s2 = 0
    let s3 = 0
    let k = 0
    for (; k + 3 < width; k += 4) {
      s0 += line[from + k]! * taps[tap + k]!
      s1 += line[from + k + 1]! * taps[tap + k + 1]!
      s2 += line[from + k + 2]! * taps[tap + k + 2]!
      s3 += line[from + k + 3]! * taps[tap + k + 3]!
    }
    for (; k < width; k++) s0 += line[from + k]! * taps[tap + k]!
    return s0 + s1 + s2 + s3
  }

  const run = (input: Float32Array, last: number): Float32Array => {
    const line = new Float32Array(kept.length + input.length)
    line.set(kept)
    line.set(input, kept.length)
    const out = new Float32Array(Math.max(0, Math.ceil((last * up) / down) - produced))
    let n = 0
    for (; n < out.length; n++) {
      const position = (produced + n) * down
      const centre = Math.floor(position / up)
      const from = centre - half + 1 - base
      const tap = (position - centre * up) * width
      if (from + width > line.length) break
      out[n] = dot(line, from, tap)
    }
    produced += n
    const keepFrom = Math.min(line.length, Math.floor((produced * down) / up) - half + 1 - base)
    kept = line.slice(keepFrom)
    base += keepFrom
    return n === out.length ? out : out.subarray(0, n)
  }
  return {
    push(input) {
      received += input.length
      return run(input, received)
    },
    end: () => run(new Float32Array(half + 1), received),
  }
}

/** Floats to 16-bit little-endian, clipped. */
export function toL16(samples: Float32Array): Buffer<ArrayBuffer> {
  const out = new Int16Array(samples.length)
  for (let i = 0; i < samples.length; i++) {
    const scaled = Math.round(samples[i]! * 32_768)
    out[i] = scaled > 32_767 ? 32_767 : scaled < -32_768 ? -32_768 : scaled
  }
  // Every platform Node runs the product on is little-endian.
  return Buffer.from(out.buffer)
}

/** The parts of ITU-T G.722 that encoder and decoder share: adaptive prediction of one sub-band (§3.5, §3.6). */

export const LOW_STEPS = Int16Array.of(-60, -30, 58, 172, 334, 538, 1198, 3042)
export const LOW_CLASS = Uint8Array.of(0, 7, 6, 5, 4, 3, 2, 1, 7, 6, 5, 4, 3, 2, 1, 0)
export const HIGH_STEPS = Int16Array.of(0, -214, 798)
export const HIGH_CLASS = Uint8Array.of(2, 1, 2, 1)
export const HIGH_LEVELS = Int16Array.of(-7408, -1616, 7408, 1616)
export const LOW_LEVELS_4 = Int16Array.from([
  0, -20456, -12896, -8968, -6288, -4240, -2584, -1200, 20456, 12896, 8968, 6288, 4240, 2584, 1200, 0,
])
/** Coefficients of the quadrature mirror filter (table 11), one half: the other is its mirror image. */
export const QMF = Int16Array.of(3, -11, 12, 32, -210, 951, 3876, -805, 362, -156, 53, -11)
const LOG_TO_LINEAR = Int16Array.from([
  2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383, 2435, 2489, 2543, 2599, 2656, 2714, 2774, 2834, 2896, 2960, 3025,
  3091, 3158, 3228, 3298, 3371, 3444, 3520, 3597, 3676, 3756, 3838, 3922, 4008,
])

export const clamp16 = (value: number): number => (value > 32767 ? 32767 : value < -32768 ? -32768 : value)

export const clamp = (value: number, low: number, high: number): number =>
  value < low ? low : value > high ? high : value

/** State of one sub-band: predictor, quantiser scale. */
export class Band {
  /** Signal estimate the next difference is added to. */
  estimate = 0
  /** Quantiser step. */
  step: number
  private zeros = 0
  private logStep = 0
  private readonly limit: number
  private readonly shift: number
  private readonly signal = new Int32Array(3)
  private readonly partial = new Int32Array(3)
  private readonly pole = new Int32Array(3)
  private readonly zero = new Int32Array(7)
  private readonly difference = new Int32Array(7)

  constructor(kind: 'low' | 'high') {
    this.step = kind === 'low' ? 32 : 8
    this.limit = kind === 'low' ? 18432 : 22528
    this.shift = kind === 'low' ? 8 : 10
  }

  /** LOGSCL/LOGSCH, SCALEL/SCALEH: the next quantiser step after a code of this weight. */
  adaptStep(weight: number): void {
    this.logStep = clamp(((this.logStep * 127) >> 7) + weight, 0, this.limit)
    const mantissa = LOG_TO_LINEAR[(this.logStep >> 6) & 31] ?? 0
    const shift = this.shift - (this.logStep >> 11)
    this.step = (shift < 0 ? mantissa << -shift : mantissa >> shift) << 2
  }

  /** Takes a quantised difference and predicts the next sample (block 4). */
  predict(difference: number): void {
    const { signal, partial } = this
    this.difference[0] = difference
    signal[0] = clamp16(this.estimate + difference)
    partial[0] = clamp16(this.zeros + difference)
    this.adaptPoles()
    this.adaptZeros()
    signal.copyWithin(1, 0, 2)
    partial.copyWithin(1, 0, 2)
    this.difference.copyWithin(1, 0, 6)
    const poles =
      (((this.pole[1] ?? 0) * clamp16(2 * (signal[1] ?? 0))) >> 15) +
      (((this.pole[2] ?? 0) * clamp16(2 * (signal[2] ?? 0))) >> 15)
    let zeros = 0
    for (let i = 6; i > 0; i--) zeros += ((this.zero[i] ?? 0) * clamp16(2 * (this.difference[i] ?? 0))) >> 15
    this.zeros = clamp16(zeros)
    this.estimate = clamp16(clamp16(poles) + this.zeros)
  }

  /** UPPOL2, UPPOL1. */
  private adaptPoles(): void {
    const [p0 = 0, p1 = 0, p2 = 0] = this.partial
    const sameOne = p0 >> 15 === p1 >> 15
    const sameTwo = p0 >> 15 === p2 >> 15
    const scaled = clamp16((this.pole[1] ?? 0) << 2)
    const drift = Math.min(32767, sameOne ? -scaled : scaled) >> 7
    const second = clamp(drift + (sameTwo ? 128 : -128) + (((this.pole[2] ?? 0) * 32512) >> 15), -12288, 12288)
    const bound = clamp16(15360 - second)
    const first = clamp16((sameOne ? 192 : -192) + (((this.pole[1] ?? 0) * 32640) >> 15))
    this.pole[1] = clamp(first, -bound, bound)
    this.pole[2] = second
  }

  /** UPZERO. */
  private adaptZeros(): void {
    const now = this.difference[0] ?? 0
    const gain = now === 0 ? 0 : 128
    for (let i = 1; i < 7; i++) {
      const same = (this.difference[i] ?? 0) >> 15 === now >> 15
      this.zero[i] = clamp16((same ? gain : -gain) + (((this.zero[i] ?? 0) * 32640) >> 15))
    }
  }
}

import {
  Band,
  clamp,
  clamp16,
  HIGH_CLASS,
  HIGH_LEVELS,
  HIGH_STEPS,
  LOW_CLASS,
  LOW_LEVELS_4,
  LOW_STEPS,
  QMF,
} from './g722-band.ts'

const LOW_LEVELS_6 = Int16Array.from([
  -136, -136, -136, -136, -24808, -21904, -19008, -16704, -14984, -13512, -12280, -11192, -10232, -9360, -8576, -7856,
  -7192, -6576, -6000, -5456, -4944, -4464, -4008, -3576, -3168, -2776, -2400, -2032, -1688, -1360, -1040, -728, 24808,
  21904, 19008, 16704, 14984, 13512, 12280, 11192, 10232, 9360, 8576, 7856, 7192, 6576, 6000, 5456, 4944, 4464, 4008,
  3576, 3168, 2776, 2400, 2032, 1688, 1360, 1040, 728, 432, 136, -432, -136,
])

/** ITU-T G.722 decoder, 64 kbit/s (mode 1): each byte is two samples at 16 kHz. */
export class G722Decoder {
  private readonly low = new Band('low')
  private readonly high = new Band('high')
  /** Twice as long as the filter, so that it moves along instead of shifting. */
  private readonly history = new Int32Array(24 + 2 * 256)
  private at = 0

  decode(codes: Uint8Array): Int16Array {
    const out = new Int16Array(codes.length * 2)
    for (let i = 0; i < codes.length; i++) this.decodeByte(codes[i] ?? 0, out, i * 2)
    return out
  }

  private decodeByte(code: number, out: Int16Array, to: number): void {
    const { low, high, history } = this
    const lowCode = code & 63
    const coarse = lowCode >> 2
    const lowOut = clamp(low.estimate + ((low.step * (LOW_LEVELS_6[lowCode] ?? 0)) >> 15), -16384, 16383)
    const lowDifference = (low.step * (LOW_LEVELS_4[coarse] ?? 0)) >> 15
    low.adaptStep(LOW_STEPS[LOW_CLASS[coarse] ?? 0] ?? 0)
    low.predict(lowDifference)

    const highCode = code >> 6
    const highDifference = (high.step * (HIGH_LEVELS[highCode] ?? 0)) >> 15
    const highOut = clamp(high.estimate + highDifference, -16384, 16383)
    high.adaptStep(HIGH_STEPS[HIGH_CLASS[highCode] ?? 0] ?? 0)
    high.predict(highDifference)

    if (this.at + 26 > history.length) {
      history.copyWithin(0, this.at, this.at + 24)
      this.at = 0
    }
    this.at += 2
    history[this.at + 22] = lowOut + highOut
    history[this.at + 23] = lowOut - highOut
    let even = 0
    let odd = 0
    for (let i = 0; i < 12; i++) {
      odd += (history[this.at + 2 * i] ?? 0) * (QMF[i] ?? 0)
      even += (history[this.at + 2 * i + 1] ?? 0) * (QMF[11 - i] ?? 0)
    }
    out[to] = clamp16(even >> 11)
    out[to + 1] = clamp16(odd >> 11)
  }
}

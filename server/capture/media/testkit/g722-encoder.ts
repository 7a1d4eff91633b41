import {
  Band,
  clamp16,
  HIGH_CLASS,
  HIGH_LEVELS,
  HIGH_STEPS,
  LOW_CLASS,
  LOW_LEVELS_4,
  LOW_STEPS,
  QMF,
} from '../codecs/g722-band.ts'

const DECISION = Int16Array.from([
  0, 35, 72, 110, 150, 190, 233, 276, 323, 370, 422, 473, 530, 587, 650, 714, 786, 858, 940, 1023, 1121, 1219, 1339,
  1458, 1612, 1765, 1980, 2195, 2557, 2919,
])

/** ITU-T G.722 encoder, 64 kbit/s: two samples at 16 kHz give one byte. For tests: recordings keep what they received. */
export class G722Encoder {
  private readonly low = new Band('low')
  private readonly high = new Band('high')
  private readonly history = new Int32Array(24)

  encode(samples: Int16Array): Buffer {
    const out = Buffer.alloc(samples.length >> 1)
    for (let i = 0; i < out.length; i++) out[i] = this.encodePair(samples[2 * i] ?? 0, samples[2 * i + 1] ?? 0)
    return out
  }

  private encodePair(first: number, second: number): number {
    const { history } = this
    history.copyWithin(0, 2)
    history[22] = first
    history[23] = second
    let odd = 0
    let even = 0
    for (let i = 0; i < 12; i++) {
      odd += (history[2 * i] ?? 0) * (QMF[i] ?? 0)
      even += (history[2 * i + 1] ?? 0) * (QMF[11 - i] ?? 0)
    }
    return (this.encodeHigh((even - odd) >> 14) << 6) | this.encodeLow((even + odd) >> 14)
  }

  private encodeLow(sample: number): number {
    const { low } = this
    const error = clamp16(sample - low.estimate)
    const magnitude = error >= 0 ? error : -(error + 1)
    let level = 1
    while (level < 30 && magnitude >= ((DECISION[level] ?? 0) * low.step) >> 12) level++
    const code = error >= 0 ? 62 - level : level === 1 ? 63 : level === 2 ? 62 : 34 - level
    const coarse = code >> 2
    const difference = (low.step * (LOW_LEVELS_4[coarse] ?? 0)) >> 15
    low.adaptStep(LOW_STEPS[LOW_CLASS[coarse] ?? 0] ?? 0)
    low.predict(difference)
    return code
  }

  private encodeHigh(sample: number): number {
    const { high } = this
    const error = clamp16(sample - high.estimate)
    const magnitude = error >= 0 ? error : -(error + 1)
    const outer = magnitude >= (564 * high.step) >> 12
    const code = error < 0 ? (outer ? 0 : 1) : outer ? 2 : 3
    const difference = (high.step * (HIGH_LEVELS[code] ?? 0)) >> 15
    high.adaptStep(HIGH_STEPS[HIGH_CLASS[code] ?? 0] ?? 0)
    high.predict(difference)
    return code
  }
}

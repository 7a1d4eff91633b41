import { TO_LINEAR } from './codecs/g711.ts'
import type { LaneCodec } from './formats.ts'
import { streamLane, type Lane } from './lane.ts'

/** Pairs of lowest and highest value a second of a waveform. */
export const PEAKS_PER_SECOND = 20

/**
 * The waveform of one lane for drawing: int8 pairs (lowest, highest), `PEAKS_PER_SECOND` a second from the call's origin.
 * Samples may come in any order and in pieces.
 */
export class PeakMeter {
  private readonly window: number
  private pairs = new Int8Array(1024)
  private count = 0

  constructor(rate: number) {
    this.window = rate / PEAKS_PER_SECOND
  }

  /** Takes linear samples whose first lies at `at`. */
  add(at: number, samples: Int16Array): void {
    let i = Math.max(0, -at)
    while (i < samples.length) {
      const pair = Math.floor((at + i) / this.window)
      const end = Math.min(samples.length, Math.ceil((pair + 1) * this.window) - at)
      let low = 0
      let high = 0
      for (; i < end; i++) {
        const sample = samples[i] ?? 0
        if (sample < low) low = sample
        else if (sample > high) high = sample
      }
      this.widen(pair, low, high)
    }
  }

  /** The pairs so far, as stored and sent. */
  bytes(): Buffer {
    return Buffer.from(this.pairs.slice(0, this.count * 2).buffer)
  }

  private widen(pair: number, low: number, high: number): void {
    if (pair * 2 + 2 > this.pairs.length) {
      const grown = new Int8Array(Math.max(this.pairs.length * 2, pair * 2 + 2))
      grown.set(this.pairs)
      this.pairs = grown
    }
    const at = pair * 2
    this.pairs[at] = Math.min(this.pairs[at] ?? 0, low >> 8)
    this.pairs[at + 1] = Math.max(this.pairs[at + 1] ?? 0, (high + 255) >> 8 > 127 ? 127 : (high + 255) >> 8)
    this.count = Math.max(this.count, pair + 1)
  }
}

/** Peaks of a whole lane. */
export async function peaksOf(lane: Lane): Promise<Buffer> {
  const meter = new PeakMeter(lane.rate)
  let at = lane.from
  for await (const bytes of streamLane(lane)) {
    const samples = toLinear(lane.codec, bytes)
    meter.add(at, samples)
    at += samples.length
  }
  return meter.bytes()
}

/** Lane bytes as linear samples. */
export function toLinear(codec: LaneCodec, bytes: Buffer): Int16Array {
  if (codec === 'L16') {
    const out = new Int16Array(bytes.length >> 1)
    for (let i = 0; i < out.length; i++) out[i] = bytes.readInt16LE(2 * i)
    return out
  }
  const table = TO_LINEAR[codec]
  const out = new Int16Array(bytes.length)
  for (let i = 0; i < bytes.length; i++) out[i] = table[bytes[i] ?? 0] ?? 0
  return out
}

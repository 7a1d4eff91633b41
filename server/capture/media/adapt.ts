import { endianness } from 'node:os'
import { convert } from './blocks.ts'
import type { Lane } from './lane.ts'
import { toLinear } from './peaks.ts'

/** Input on both sides of what is wanted, in ms: more than the resampling filters reach. */
const MARGIN_MS = 20

/** A lane as L16 at another rate. */
export function asL16(lane: Lane, rate: number): Lane {
  if (lane.codec === 'L16' && lane.rate === rate) return lane
  const grid = rate / lane.rate
  const margin = Math.ceil((MARGIN_MS * lane.rate) / 1000)
  const read = async (from: number, to: number): Promise<Buffer> => {
    // Whole source samples that are whole samples of the target too, so that every range is filtered alike.
    const step = grid >= 1 ? 1 : 1 / grid
    const first = Math.floor((Math.floor(from / grid) - margin) / step) * step
    const last = Math.ceil(to / grid) + margin
    const source = toLinear(lane.codec, await lane.read(first, last))
    const pcm = convert(source, lane.rate, rate)
    const skip = from - Math.round(first * grid)
    return toBytes(pcm.subarray(skip, skip + to - from))
  }
  return {
    codec: 'L16',
    rate,
    from: Math.floor(lane.from * grid),
    to: Math.ceil(lane.to * grid),
    read,
    close: lane.close,
  }
}

/** The sum of several L16 lanes of one rate, clipped. */
export function mixed(lanes: readonly Lane[]): Lane {
  const [first] = lanes
  if (first && lanes.length === 1) return first
  const read = async (from: number, to: number): Promise<Buffer> => {
    const sum = new Int32Array(to - from)
    for (const lane of lanes) {
      const samples = toLinear('L16', await lane.read(from, to))
      for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] ?? 0) + (samples[i] ?? 0)
    }
    return toBytes(Int16Array.from(sum, (v) => (v > 32767 ? 32767 : v < -32768 ? -32768 : v)))
  }
  return {
    codec: 'L16',
    rate: first?.rate ?? 8000,
    from: Math.min(...lanes.map((l) => l.from)),
    to: Math.max(...lanes.map((l) => l.to)),
    read,
    close: () => {
      for (const lane of lanes) lane.close()
    },
  }
}

/** Samples as L16 bytes, little-endian whatever the machine's order. Takes the array over. */
function toBytes(samples: Int16Array): Buffer {
  const out = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength)
  return endianness() === 'LE' ? out : out.swap16()
}

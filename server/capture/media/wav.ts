/**
 * A call as one WAV that is never stored: every byte follows from its place, so any HTTP Range can be rendered. Byte =
 * header + frame bytes × sample, sample 0 being the call's origin. G.711 of one law stays as captured, bit for bit.
 */
import { asL16, mixed } from './adapt.ts'
import { isG711, sampleBytes, type LaneCodec } from './formats.ts'
import { silence, type Lane } from './lane.ts'

export type WavPlan = {
  codec: LaneCodec
  rate: number
  channels: 1 | 2
  samples: number
  /** 58 for G.711 (its format needs a fact chunk), 44 for L16. */
  header: Buffer
  /** Length of the whole file. */
  bytes: number
  /** One lane a channel. */
  lanes: Lane[]
}

const FORMAT_TAG: Record<LaneCodec, number> = { L16: 1, PCMA: 6, PCMU: 7 }
const MAX_CHUNK = 65536
const MAX_U32 = 0xffffffff

/**
 * Plans the file: agents left, customers right; several lanes on one side are mixed; one side alone is mono. Lanes of
 * unlike codecs, or mixed ones, become L16 at their highest rate.
 */
export function planWav(sides: { left: Lane[]; right: Lane[] }): WavPlan {
  const filled = [sides.left, sides.right].filter((side) => side.length > 0)
  const all = filled.flat()
  const plain = filled.every((side) => side.length === 1) && isUniform(all)
  const codec = plain ? (all[0]?.codec ?? 'L16') : 'L16'
  const rate = Math.max(8000, ...all.map((lane) => lane.rate))
  const lanes = plain ? all : filled.map((side) => mixed(side.map((lane) => asL16(lane, rate))))
  const channels = lanes.length > 1 ? 2 : 1
  // Even, so that a chunk of single bytes needs no padding.
  const samples = Math.ceil(Math.max(0, ...lanes.map((lane) => lane.to)) / 2) * 2
  const data = samples * channels * sampleBytes(codec)
  const header = wavHeader({ codec, rate, channels, samples })
  return { codec, rate, channels, samples, header, bytes: header.length + data, lanes }
}

/** Bytes `[from, to)` of the file, in pieces of at most 64 KiB. */
export async function* renderWav(plan: WavPlan, from = 0, to = plan.bytes): AsyncGenerator<Buffer> {
  const end = Math.min(to, plan.bytes)
  let at = Math.max(0, from)
  if (at < Math.min(end, plan.header.length)) {
    yield plan.header.subarray(at, Math.min(end, plan.header.length))
    at = Math.min(end, plan.header.length)
  }
  const frame = plan.channels * sampleBytes(plan.codec)
  while (at < end) {
    const first = Math.floor((at - plan.header.length) / frame)
    const last = Math.min(first + MAX_CHUNK / frame, Math.ceil((end - plan.header.length) / frame))
    const bytes = await frames(plan, first, last)
    const start = plan.header.length + first * frame
    const piece = bytes.subarray(at - start, Math.min(bytes.length, end - start))
    yield piece
    at += piece.length
  }
}

/** Span of the call that a byte range holds, in ms: what an access record says was heard. */
export function spanOfBytes(plan: WavPlan, from: number, to: number): { fromMs: number; toMs: number } {
  const bytesPerMs = (plan.channels * sampleBytes(plan.codec) * plan.rate) / 1000
  const ms = (byte: number): number => Math.max(0, Math.min(byte, plan.bytes) - plan.header.length) / bytesPerMs
  return { fromMs: Math.floor(ms(from)), toMs: Math.ceil(ms(to)) }
}

const isUniform = (lanes: readonly Lane[]): boolean =>
  lanes.every((lane) => lane.codec === lanes[0]?.codec && lane.rate === lanes[0].rate)

/** Samples `[from, to)` of all channels, interleaved. */
async function frames(plan: WavPlan, from: number, to: number): Promise<Buffer> {
  const [left, right] = await Promise.all(plan.lanes.map((lane) => lane.read(from, to)))
  if (!left) return silence(plan.codec, to - from)
  if (!right) return left
  const out = Buffer.allocUnsafe(left.length * 2)
  if (sampleBytes(plan.codec) === 1) {
    for (let i = 0; i < left.length; i++) {
      out[2 * i] = left[i] ?? 0
      out[2 * i + 1] = right[i] ?? 0
    }
    return out
  }
  for (let i = 0; i < left.length; i += 2) {
    out[2 * i] = left[i] ?? 0
    out[2 * i + 1] = left[i + 1] ?? 0
    out[2 * i + 2] = right[i] ?? 0
    out[2 * i + 3] = right[i + 1] ?? 0
  }
  return out
}

/** RIFF header. Sizes that do not fit 32 bits (after 18 hours of wideband stereo) are given as the largest number. */
function wavHeader(plan: Pick<WavPlan, 'codec' | 'rate' | 'channels' | 'samples'>): Buffer {
  const { codec, rate, channels, samples } = plan
  const width = sampleBytes(codec)
  const g711 = isG711(codec)
  const out = Buffer.alloc(g711 ? 58 : 44)
  const data = samples * channels * width
  out.write('RIFF', 0, 'latin1')
  out.writeUInt32LE(Math.min(MAX_U32, out.length - 8 + data), 4)
  out.write('WAVEfmt ', 8, 'latin1')
  out.writeUInt32LE(g711 ? 18 : 16, 16)
  out.writeUInt16LE(FORMAT_TAG[codec], 20)
  out.writeUInt16LE(channels, 22)
  out.writeUInt32LE(rate, 24)
  out.writeUInt32LE(rate * channels * width, 28)
  out.writeUInt16LE(channels * width, 32)
  out.writeUInt16LE(width * 8, 34)
  if (g711) {
    out.write('fact', 38, 'latin1')
    out.writeUInt32LE(4, 42)
    out.writeUInt32LE(Math.min(MAX_U32, samples), 46)
  }
  out.write('data', out.length - 8, 'latin1')
  out.writeUInt32LE(Math.min(MAX_U32, data), out.length - 4)
  return out
}

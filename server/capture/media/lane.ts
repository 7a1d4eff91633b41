import type { StreamReader } from '../../vault/types.ts'
import { createBlocks } from './blocks.ts'
import { FILL, sampleBytes, type LaneCodec } from './formats.ts'
import type { Span } from './gaps.ts'
import { readRuns, runsIn } from './runs.ts'
import { payloadOf } from './payload.ts'
import type { SeekIndex } from './seekindex.ts'

/**
 * One leg's samples at a constant rate, wherever they come from. Sample 0 is the call's origin; outside `[from, to)` and in
 * gaps it reads as the codec's silence. The same range always reads as the same bytes.
 */
export type Lane = Span & {
  codec: LaneCodec
  rate: number
  /** Samples `[from, to)` as bytes of the codec: G.711, or L16 little-endian. */
  read: (from: number, to: number) => Promise<Buffer>
  /** Frees decoders. Reads after it fail. */
  close: () => void
}

/** Silence of a lane's codec. */
export const silence = (codec: LaneCodec, samples: number): Buffer =>
  Buffer.alloc(samples * sampleBytes(codec), FILL[codec])

/** The lane of a packet log: reads and decodes only what covers the range asked for. */
export function openLane(log: StreamReader, index: SeekIndex): Lane {
  const { from, to, rate } = index
  const base = { from, to, rate }
  if (index.codec === 'L16') {
    const blocks = createBlocks(log, index)
    return { ...base, codec: 'L16', read: blocks.read, close: blocks.close }
  }
  const { codec } = index
  return { ...base, codec, read: (a, b) => readG711(log, index, { from: a, to: b, codec }), close: () => {} }
}

/** One range of a leg's lane: codec bytes for G.711, L16 little-endian for everything else. */
export async function readLane(log: StreamReader, index: SeekIndex, from: number, to: number): Promise<Buffer> {
  const lane = openLane(log, index)
  try {
    return await lane.read(from, to)
  } finally {
    lane.close()
  }
}

/** A lane stored as plain samples: those of a file, or a training rendition. `offset` is the byte of its first sample. */
export function storedLane(
  stream: StreamReader,
  facts: { codec: LaneCodec; rate: number; offset?: number; from?: number },
): Lane {
  const { codec, rate, offset = 0, from = 0 } = facts
  const width = sampleBytes(codec)
  const to = from + Math.floor(Math.max(0, stream.size - offset) / width)
  const read = async (a: number, b: number): Promise<Buffer> => {
    const out = silence(codec, Math.max(0, b - a))
    const first = Math.max(a, from)
    const last = Math.min(b, to)
    if (first >= last) return out
    const bytes = await stream.read(offset + (first - from) * width, offset + (last - from) * width)
    bytes.copy(out, (first - a) * width)
    return out
  }
  return { codec, rate, from, to, read, close: () => {} }
}

/** A lane with some spans silenced, in ms of the call: a training rendition is made of it. Lengths stay as they are. */
export function maskedLane(lane: Lane, spans: readonly { fromMs: number; toMs: number }[]): Lane {
  const width = sampleBytes(lane.codec)
  const cuts = spans.map((s) => ({
    from: Math.floor((s.fromMs * lane.rate) / 1000),
    to: Math.ceil((s.toMs * lane.rate) / 1000),
  }))
  const read = async (from: number, to: number): Promise<Buffer> => {
    const bytes = Buffer.from(await lane.read(from, to))
    for (const cut of cuts) {
      const first = Math.max(cut.from, from)
      const last = Math.min(cut.to, to)
      if (first < last) bytes.fill(FILL[lane.codec], (first - from) * width, (last - from) * width)
    }
    return bytes
  }
  return { ...lane, read }
}

/** A lane's bytes from its start, or from `from`, to its end, in pieces of at most 64 KiB. */
export async function* streamLane(lane: Lane, from = lane.from): AsyncGenerator<Buffer> {
  const step = Math.floor(65536 / sampleBytes(lane.codec) / lane.rate) * lane.rate || 32768
  for (let at = from; at < lane.to; at += step) yield await lane.read(at, Math.min(lane.to, at + step))
}

type Wanted = Span & { codec: 'PCMU' | 'PCMA' }

async function readG711(log: StreamReader, index: SeekIndex, { from, to, codec }: Wanted): Promise<Buffer> {
  const out = silence(codec, Math.max(0, to - from))
  const runs = runsIn(index.runs, from, to)
  for await (const { run, records } of readRuns(log, runs)) {
    let at = run.from - run.trimHead
    for (const record of records) {
      const payload = payloadOf(record, { codec, rate: index.rate, channels: 1 })
      if (!payload) continue
      const first = Math.max(at, run.from, from)
      const last = Math.min(at + payload.length, run.to, to)
      if (first < last) payload.copy(out, first - from, first - at, last - at)
      at += payload.length
    }
  }
  return out
}

/**
 * Decodes a packet log to L16 in blocks of one second. Each block starts its decoders afresh a little before its first
 * sample, so its bytes do not depend on what was read before: two readers of one range always get the same.
 */
import type { StreamReader } from '../../vault/types.ts'
import { Problem } from '../../platform/problem.ts'
import { resampler } from '../../platform/resample.ts'
import type { AudioFormat } from '../source.ts'
import { createDecoder, toInt16, type PayloadDecoder } from './codecs/decoder.ts'
import { payloadOf } from './payload.ts'
import { readRuns, runsIn } from './runs.ts'
import type { Run, SeekIndex } from './seekindex.ts'

/** Context of the resampling filters on both sides; whole samples at every usual rate. */
const MARGIN_S = 0.04
const CACHED_BLOCKS = 4

type Blocks = { read: (from: number, to: number) => Promise<Buffer>; close: () => void }

export function createBlocks(log: StreamReader, index: SeekIndex): Blocks {
  const size = index.rate
  const decoders = new Map<number, Promise<PayloadDecoder | undefined>>()
  const cache = new Map<number, Promise<Int16Array>>()
  let turn: Promise<unknown> = Promise.resolve()
  const laneRate = index.rate <= 8000 ? 8000 : 16000

  const decoderOf = (format: number): Promise<PayloadDecoder | undefined> => {
    const known = decoders.get(format)
    if (known) return known
    const created = createDecoder(formatAt(index, format), laneRate)
    decoders.set(format, created)
    return created
  }

  const block = (n: number): Promise<Int16Array> => {
    const known = cache.get(n)
    if (known) return known
    // One at a time: decoders carry state.
    const made = turn.then(() => decodeBlock({ log, index, decoderOf }, n))
    turn = made.catch(() => undefined)
    cache.set(n, made)
    const [oldest] = cache.keys()
    if (cache.size > CACHED_BLOCKS && oldest !== undefined) cache.delete(oldest)
    made.catch(() => cache.delete(n))
    return made
  }

  const read = async (from: number, to: number): Promise<Buffer> => {
    const out = Buffer.alloc(Math.max(0, to - from) * 2)
    const samples = new Int16Array(out.buffer, out.byteOffset, out.length >> 1)
    const first = Math.max(from, index.from)
    const last = Math.min(to, index.to)
    for (let n = Math.floor(first / size); n * size < last; n++) {
      const pcm = await block(n)
      const a = Math.max(first, n * size)
      const b = Math.min(last, (n + 1) * size)
      samples.set(pcm.subarray(a - n * size, b - n * size), a - from)
    }
    return out
  }

  const close = (): void => {
    for (const decoder of decoders.values()) void decoder.then((d) => d?.free())
    decoders.clear()
    cache.clear()
  }
  return { read, close }
}

function formatAt(index: SeekIndex, n: number): AudioFormat {
  const format = index.formats[n]
  if (!format) throw new Problem('seek_index_damaged', 500, 'A seek index names a format it does not hold.')
  return format
}

type Source = {
  log: StreamReader
  index: SeekIndex
  decoderOf: (format: number) => Promise<PayloadDecoder | undefined>
}

async function decodeBlock({ log, index, decoderOf }: Source, n: number): Promise<Int16Array> {
  const out = new Int16Array(index.rate)
  const start = n * index.rate
  for (const [format, audio] of index.formats.entries()) {
    const decoder = await decoderOf(format)
    if (!decoder) continue
    const before = Math.round((decoder.prerollMs / 1000 + MARGIN_S) * index.rate)
    const after = Math.round(MARGIN_S * index.rate)
    const runs = runsIn(index.runs, start - before, start + index.rate + after).filter((run) => run.format === format)
    if (runs.length === 0) continue
    const loaded: Loaded[] = []
    for await (const { run, records } of readRuns(log, runs)) {
      loaded.push({ run, payloads: records.flatMap((r) => payloadOf(r, audio) ?? []) })
    }
    decoder.reset()
    overlay(out, decodeRuns(loaded, decoder, { start, rate: index.rate }))
  }
  return out
}

type Loaded = { run: Run; payloads: Buffer[] }

/** One format's share of a block, at the lane's rate. Decoded at the codec's rate with margins, then brought to the lane's. */
function decodeRuns(
  loaded: readonly Loaded[],
  decoder: PayloadDecoder,
  lane: { start: number; rate: number },
): Int16Array {
  const ratio = decoder.rate / lane.rate
  const margin = Math.round(MARGIN_S * decoder.rate)
  const line = new Int16Array(decoder.rate + 2 * margin)
  const origin = lane.start * ratio - margin
  for (const { run, payloads } of loaded) {
    let at = Math.round((run.from - run.trimHead) * ratio - origin)
    const first = Math.max(0, Math.round(run.from * ratio - origin))
    const last = Math.min(line.length, Math.round(run.to * ratio - origin))
    for (const payload of payloads) {
      const pcm = decoder.decode(payload)
      const a = Math.max(first, at)
      const b = Math.min(last, at + pcm.length)
      if (a < b) line.set(pcm.subarray(a - at, b - at), a)
      at += pcm.length
    }
  }
  if (ratio === 1) return line.subarray(margin, margin + lane.rate)
  const cut = Math.round(MARGIN_S * lane.rate)
  return convert(line, decoder.rate, lane.rate).subarray(cut, cut + lane.rate)
}

/** Changes the rate of a stretch; sample n is the input at n / `to` seconds. */
export function convert(samples: Int16Array, from: number, to: number): Int16Array {
  if (from === to) return samples
  const floats = Float32Array.from(samples, (s) => s / 32768)
  const filter = resampler(from, to)
  const head = toInt16(filter.push(floats))
  const tail = toInt16(filter.end())
  const out = new Int16Array(head.length + tail.length)
  out.set(head)
  out.set(tail, head.length)
  return out
}

function overlay(out: Int16Array, part: Int16Array): void {
  for (let i = 0; i < out.length; i++) {
    const sum = (out[i] ?? 0) + (part[i] ?? 0)
    out[i] = sum > 32767 ? 32767 : sum < -32768 ? -32768 : sum
  }
}

import {
  blockCount,
  blockHash,
  type BlockPart,
  narrow,
  rootOfParts,
  saltsOfParts,
  type LaneShape,
} from '../../../proof/package/blocks.ts'
import type { RecordingInput } from '../../../proof/package/build.ts'
import type { LaneDisclosure } from '../../../proof/package/format.ts'

/**
 * A lane as a rendition holds it. `parts` are what its block tree needs: `wholeLane(seed, …)` for the whole lane; for one of which
 * only a window was kept, what `disclose` gave for it. `open` gives samples (signed 16 bit, little-endian) from sample `from` to the
 * lane's end, silence where the rendition holds none.
 */
export type LaneSource = LaneShape & {
  lane: number
  role: 'agent' | 'customer' | 'unknown'
  parts: BlockPart[]
  open(from: number): AsyncIterable<Buffer>
}

/** What a copy shall hold: by default everything. Times are ms from the beginning of the call. */
export type CopyWish = {
  /** Replaced by silence, on one lane or on all; widened to whole blocks. */
  masks?: { lane?: number | undefined; fromMs: number; toMs: number }[]
  /** The only part that is given; narrowed to whole blocks, so that nothing else is. */
  span?: { fromMs: number; toMs: number }
}

/** A lane of a copy: by block whether it is given, what is disclosed, the root it all leads to, the blocks the recording spans. */
export type ChosenLane = {
  source: LaneSource
  shown: boolean[]
  disclosure: LaneDisclosure
  root: Buffer
  range: Range
}
type Range = { first: number; end: number }

/** Reads a lane once. Throws BlockError when its parts are not those of such a lane. */
export async function chooseLane(source: LaneSource, { masks = [], span }: CopyWish): Promise<ChosenLane> {
  const salts = [...saltsOfParts(source.parts, blockCount(source))]
  const hashes = await hashesOf(source, salts)
  const range = common(heldRange(salts), spanRange(source, span))
  const hidden = masks.filter((mask) => mask.lane === undefined || mask.lane === source.lane)
  const blockMs = blockMsOf(source)
  const shown = salts.map((salt, block) => {
    const [from, to] = [block * blockMs, (block + 1) * blockMs]
    const masked = hidden.some((mask) => mask.fromMs < to && mask.toMs > from)
    return salt !== null && block >= range.first && block < range.end && !masked
  })
  const parts = narrow(source.parts, hashes, (block) => shown[block] === true)
  const { lane, rate, samples, blockSamples } = source
  const disclosure = { lane, rate, samples, blockSamples, parts }
  return { source, shown, disclosure, root: rootOfParts(source.parts, hashes), range }
}

/** The hash of each block that has a salt. Reads the lane once. */
export async function hashesOf(
  source: LaneShape & Pick<LaneSource, 'open'>,
  salts: readonly (Buffer | null)[],
): Promise<(Buffer | null)[]> {
  const reader = readerOf(source.open(0))
  const hashes: (Buffer | null)[] = []
  try {
    for (const [block, salt] of salts.entries()) {
      const samples = await reader.take(sizeOf(source, block))
      hashes.push(salt && blockHash(salt, Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength)))
      samples.fill(0)
    }
  } finally {
    await reader.end()
  }
  return hashes
}

const blockMsOf = ({ blockSamples, rate }: LaneShape): number => (blockSamples * 1000) / rate

const sizeOf = ({ samples, blockSamples }: LaneShape, block: number): number =>
  Math.max(0, Math.min(blockSamples, samples - block * blockSamples))

/** From the first block that is held to the last. */
const heldRange = (salts: readonly (Buffer | null)[]): Range => {
  const first = salts.findIndex((salt) => salt !== null)
  return first < 0 ? { first: 0, end: 0 } : { first, end: salts.findLastIndex((salt) => salt !== null) + 1 }
}

function spanRange(lane: LaneShape, span: CopyWish['span']): Range {
  const count = blockCount(lane)
  if (!span) return { first: 0, end: count }
  const blockMs = blockMsOf(lane)
  const whole = span.toMs >= (lane.samples * 1000) / lane.rate
  return {
    first: Math.ceil(span.fromMs / blockMs),
    end: whole ? count : Math.min(count, Math.floor(span.toMs / blockMs)),
  }
}

const common = (a: Range, b: Range): Range => ({ first: Math.max(a.first, b.first), end: Math.min(a.end, b.end) })

/** Samples of a lane that a copy lets one hear. */
export const heardOf = ({ source, shown }: ChosenLane): number =>
  shown.reduce((sum, is, block) => sum + (is ? sizeOf(source, block) : 0), 0)

/** The recordings of a copy: lanes of one rate and block side by side, those of another one in another file. */
export function recordingsOf(lanes: readonly ChosenLane[]): RecordingInput[] {
  const groups = new Map<string, ChosenLane[]>()
  for (const lane of lanes) {
    const kind = `${lane.source.rate}-${lane.source.blockSamples}`
    groups.set(kind, [...(groups.get(kind) ?? []), lane])
  }
  return [...groups.values()].map((group, i) =>
    recordingOf(group, groups.size === 1 ? 'recording.wav' : `recording-${i + 1}.wav`),
  )
}

function recordingOf(group: readonly ChosenLane[], file: string): RecordingInput {
  const { rate } = group[0]!.source
  const { from, samples } = stretchOf(group)
  const lanes = group.map(({ source }) => source.lane)
  return { file, rate, from, samples, lanes, open: () => interleaved(group) }
}

/** First sample of a recording and how many it has a lane: it reaches from the first block of any lane to the last. */
function stretchOf(group: readonly ChosenLane[]): { from: number; samples: number } {
  const { blockSamples } = group[0]!.source
  const spans = group.map(({ range }) => range).filter(({ first, end }) => first < end)
  const first = Math.min(...spans.map((range) => range.first))
  const ends = group.map(({ source, range }) => Math.min(range.end * blockSamples, source.samples))
  return spans.length === 0
    ? { from: 0, samples: 0 }
    : { from: first * blockSamples, samples: Math.max(...ends) - first * blockSamples }
}

/** Whether some block within a recording is silent because it is not given. */
export const hasMasks = (lanes: readonly ChosenLane[]): boolean =>
  lanes.some((lane) => {
    const { from, samples } = stretchOf(lanes.filter(({ source }) => sameKind(source, lane.source)))
    const { blockSamples } = lane.source
    return lane.shown.some((is, block) => !is && block * blockSamples >= from && block * blockSamples < from + samples)
  })

const sameKind = (a: LaneShape, b: LaneShape): boolean => a.rate === b.rate && a.blockSamples === b.blockSamples

/** Frames of all lanes of a group, one block at a time; silence where a block is not given or a lane is over. */
async function* interleaved(group: readonly ChosenLane[]): AsyncGenerator<Buffer> {
  const { blockSamples } = group[0]!.source
  const { from, samples } = stretchOf(group)
  const readers = group.map(({ source, shown }) => ({ shown, ...readerOf(source.open(from)) }))
  try {
    for (let at = 0; at < samples; at += blockSamples) {
      const size = Math.min(blockSamples, samples - at)
      const frames = new Int16Array(size * group.length)
      for (const [channel, reader] of readers.entries()) {
        const block = await reader.take(size)
        if (reader.shown[(from + at) / blockSamples]) spread(block, frames, { channel, of: group.length })
        block.fill(0)
      }
      yield Buffer.from(frames.buffer)
    }
  } finally {
    for (const reader of readers) await reader.end()
  }
}

function spread(block: Int16Array, frames: Int16Array, { channel, of }: { channel: number; of: number }): void {
  for (let i = 0; i < block.length; i++) frames[i * of + channel] = block[i]!
}

/** Takes samples of a stream in the sizes wanted; silence after its end. Bytes are only moved, whatever the machine's order. */
function readerOf(source: AsyncIterable<Buffer>) {
  const iterator = source[Symbol.asyncIterator]()
  let rest: Buffer = Buffer.alloc(0)
  return {
    async take(samples: number): Promise<Int16Array> {
      const bytes = Buffer.from(new ArrayBuffer(samples * 2))
      for (let fill = 0; fill < bytes.length;) {
        if (rest.length === 0) {
          const { done, value } = await iterator.next()
          if (done) break
          rest = value
        }
        const n = rest.copy(bytes, fill)
        fill += n
        rest = rest.subarray(n)
      }
      return new Int16Array(bytes.buffer)
    },
    end: async (): Promise<void> => void (await iterator.return?.()),
  }
}

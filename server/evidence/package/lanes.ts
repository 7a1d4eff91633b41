import { type BlockPart, blockCount, createBlockTree, disclose, type LaneShape } from '../../../proof/package/blocks.ts'
import type { RecordingInput } from '../../../proof/package/build.ts'
import type { LaneDisclosure } from '../../../proof/package/format.ts'

/** A lane's audio and the seed of its blocks' salts. `open` gives samples (signed 16 bit, little-endian) from sample `from` on. */
export type LaneSource = LaneShape & {
  lane: number
  role: 'agent' | 'customer' | 'unknown'
  seed: Buffer
  open(from: number): AsyncIterable<Buffer>
}

/** What a copy shall hold: by default everything. Times are ms from the beginning of the call. */
export type CopyWish = {
  /** Replaced by silence, on one lane or on all; widened to whole blocks. */
  masks?: { lane?: number; fromMs: number; toMs: number }[]
  /** The only part that is given; narrowed to whole blocks, so that nothing else is. */
  span?: { fromMs: number; toMs: number }
}

/** Whether a block of a lane is given. */
type Reveals = (block: number) => boolean

/** The leaves of a lane's block tree and its root, from its audio. */
export async function treeOf(lane: LaneSource): Promise<{ leaves: Buffer[]; root: Buffer; samples: number }> {
  const tree = createBlockTree(lane.seed, lane.blockSamples)
  for await (const piece of lane.open(0)) tree.update(piece)
  return tree.finish()
}

/** Which blocks of a lane a wish reveals. */
export function revealsOf(lane: LaneSource, { masks = [], span }: CopyWish): Reveals {
  const blockMs = (lane.blockSamples * 1000) / lane.rate
  const hidden = masks.filter((mask) => mask.lane === undefined || mask.lane === lane.lane)
  const [first, last] = blocksOf(lane, span)
  return (block) => {
    const [from, to] = [block * blockMs, (block + 1) * blockMs]
    return block >= first && block < last && !hidden.some((mask) => mask.fromMs < to && mask.toMs > from)
  }
}

/** First block of a span and the one after its last. The call's last block may be short. */
function blocksOf(lane: LaneSource, span: CopyWish['span']): [first: number, last: number] {
  const count = blockCount(lane)
  if (!span) return [0, count]
  const blockMs = (lane.blockSamples * 1000) / lane.rate
  const whole = span.toMs >= (lane.samples * 1000) / lane.rate
  return [Math.ceil(span.fromMs / blockMs), whole ? count : Math.min(count, Math.floor(span.toMs / blockMs))]
}

export function disclosureOf(lane: LaneSource, leaves: readonly Buffer[], wish: CopyWish): LaneDisclosure {
  const parts: BlockPart[] = disclose(lane.seed, leaves, revealsOf(lane, wish))
  const { rate, samples, blockSamples } = lane
  return { lane: lane.lane, rate, samples, blockSamples, parts }
}

/** The recordings of a copy: lanes of one rate and block side by side, those of another one in another file. */
export function recordingsOf(lanes: readonly LaneSource[], wish: CopyWish): RecordingInput[] {
  const groups = new Map<string, LaneSource[]>()
  for (const lane of lanes) {
    const kind = `${lane.rate}-${lane.blockSamples}`
    groups.set(kind, [...(groups.get(kind) ?? []), lane])
  }
  return [...groups.values()].map((group, i) =>
    recordingOf(group, { wish, file: groups.size === 1 ? 'recording.wav' : `recording-${i + 1}.wav` }),
  )
}

function recordingOf(group: readonly LaneSource[], { wish, file }: { wish: CopyWish; file: string }): RecordingInput {
  const { rate, blockSamples } = group[0]!
  const ranges = group.map((lane) => blocksOf(lane, wish.span))
  const [first, last] = [Math.min(...ranges.map((r) => r[0])), Math.max(...ranges.map((r) => r[1]))]
  const from = first * blockSamples
  const end = Math.min(last * blockSamples, Math.max(...group.map((lane) => lane.samples)))
  const samples = Math.max(0, end - from)
  const open = (): AsyncIterable<Buffer> => interleaved(group, { from, samples, wish })
  return { file, rate, from, samples, lanes: group.map(({ lane }) => lane), open }
}

type Stretch = { from: number; samples: number; wish: CopyWish }

/** Frames of all lanes of a group, one block at a time; silence where a block is not revealed or a lane is over. */
async function* interleaved(group: readonly LaneSource[], { from, samples, wish }: Stretch): AsyncGenerator<Buffer> {
  const { blockSamples } = group[0]!
  const readers = group.map((lane) => ({ reveals: revealsOf(lane, wish), ...readerOf(lane.open(from)) }))
  try {
    for (let at = 0; at < samples; at += blockSamples) {
      const size = Math.min(blockSamples, samples - at)
      const frames = new Int16Array(size * group.length)
      for (const [channel, reader] of readers.entries()) {
        const block = await reader.take(size)
        if (reader.reveals((from + at) / blockSamples)) spread(block, frames, { channel, of: group.length })
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
      const bytes = Buffer.alloc(samples * 2)
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
      return new Int16Array(bytes.buffer, bytes.byteOffset, samples)
    },
    end: async (): Promise<void> => void (await iterator.return?.()),
  }
}

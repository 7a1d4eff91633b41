import type { LaneBlock } from './types.ts'

/** One block per lane from interleaved samples of `width` bytes. */
export function* deinterleave(bytes: Buffer, width: number, lanes: 1 | 2): Generator<LaneBlock> {
  if (lanes === 1) {
    yield { lane: 0, samples: bytes }
    return
  }
  for (const lane of [0, 1] as const) {
    const samples = Buffer.allocUnsafe(bytes.length / 2)
    let to = 0
    for (let from = lane * width; from < bytes.length; from += 2 * width)
      for (let i = 0; i < width; i++) samples[to++] = bytes[from + i]!
    yield { lane, samples }
  }
}

import { randomBytes } from 'node:crypto'
import {
  blockCount,
  createBlockTree,
  narrow,
  saltsOfParts,
  SEED_BYTES,
  wholeLane,
} from '../../../proof/package/blocks.ts'
import { encodeDisclosure, parseDisclosure } from '../../../proof/package/disclosure.ts'
import type { LaneDisclosure, SealedLane } from '../../../proof/package/format.ts'
import { hashesOf } from './lanes.ts'

/** Length of a block, ms: what a mask hides least, and what a contract window loses at each end at most. */
const BLOCK_MS = 200

/** Samples of a lane (signed 16 bit, little-endian) from sample `from` to its end. */
type OpenLane = (from: number) => AsyncIterable<Buffer>

/** What an event tells of a call's audio, and the bytes that prove it: as secret as the audio, to be kept with it. */
export type SealedAudio = { audio: { lanes: SealedLane[] }; disclosure: Buffer }

/** Seals how a call sounds, lane by lane in blocks, so that every part of it can be proved without the rest. Reads each lane once. */
export async function sealAudio(lanes: { lane: number; rate: number; open: OpenLane }[]): Promise<SealedAudio> {
  const sealed: SealedLane[] = []
  const disclosed: LaneDisclosure[] = []
  for (const { lane, rate, open } of lanes) {
    const seed = randomBytes(SEED_BYTES)
    const blockSamples = (rate * BLOCK_MS) / 1000
    const tree = createBlockTree(seed, blockSamples)
    for await (const samples of open(0)) tree.update(samples)
    const { samples, leaves, root } = tree.finish()
    const shape = { lane, rate, samples, blockSamples }
    sealed.push({ ...shape, root: root.toString('base64') })
    disclosed.push({ ...shape, parts: wholeLane(seed, leaves.length) })
  }
  return { audio: { lanes: sealed }, disclosure: encodeDisclosure({ recordings: [], lanes: disclosed }) }
}

/** The lanes that such bytes prove. Throws FormatError. */
export const disclosedLanes = (disclosure: Buffer): LaneDisclosure[] => parseDisclosure(disclosure).lanes

/**
 * What proves the part of a call that a rendition keeps: the blocks that lie in the window and sound there as they were sealed. All
 * others are left with their hash. `whole` gives a lane as sealed, `kept` as the rendition holds it.
 */
export async function keepWindow(
  disclosure: Buffer,
  window: { fromMs: number; toMs: number },
  open: { whole: (lane: number) => OpenLane; kept: (lane: number) => OpenLane },
): Promise<Buffer> {
  const lanes: LaneDisclosure[] = []
  for (const lane of disclosedLanes(disclosure)) {
    const salts = [...saltsOfParts(lane.parts, blockCount(lane))]
    const hashes = await hashesOf({ ...lane, open: open.whole(lane.lane) }, salts)
    const kept = await hashesOf({ ...lane, open: open.kept(lane.lane) }, salts)
    const blockMs = (lane.blockSamples * 1000) / lane.rate
    const within = (block: number): boolean => block * blockMs >= window.fromMs && (block + 1) * blockMs <= window.toMs
    const reveals = (block: number): boolean => {
      const [was, is] = [hashes[block], kept[block]]
      return within(block) && !!was && !!is && was.equals(is)
    }
    lanes.push({ ...lane, parts: narrow(lane.parts, hashes, reveals) })
  }
  return encodeDisclosure({ recordings: [], lanes })
}

import type { Gap } from '../../../contract/models/calls.ts'
import type { RenditionKey, SealedStream, StreamReader, Vault } from '../../vault/index.ts'
import { laneHeaderBytes, readLaneHeader } from '../lanes.ts'
import {
  buildIndex,
  decodeIndex,
  encodeIndex,
  type Lane,
  msOf,
  openLane,
  peaksOf,
  type SeekIndex,
  storedLane,
} from '../media/index.ts'

export type DerivedLeg = {
  index: number
  /** As first received. */
  codec: string
  rate: number
  durationMs: number
  packets: number
  lost: number
  gaps: Omit<Gap, 'leg'>[]
  /** `index/<n>` and `peaks/<n>`. */
  streams: SealedStream[]
}

/** Gaps kept in the database per leg; a leg with more has its longest ones listed, and all of them in its index. */
const gapLimit = 5000

/** What each packet log says: where its audio lies, what is missing and why. Written beside the log, never into it. */
export async function deriveLegs(vault: Vault, key: RenditionKey, logs: SealedStream[]): Promise<DerivedLeg[]> {
  const legs: DerivedLeg[] = []
  for (const log of logs) {
    const n = legOf(log.name)
    const reader = vault.openReader(key, log)
    const index = await buildIndex(reader)
    const indexStream = await vault.writeStream(key, `index/${n}`, [encodeIndex(index)])
    const lane = openLane(reader, index)
    try {
      legs.push({
        ...summary(index),
        index: n,
        streams: [indexStream, await writePeaks(vault, key, { name: `peaks/${n}`, lane })],
      })
    } finally {
      lane.close()
    }
  }
  return legs
}

function summary(index: SeekIndex) {
  const gaps = index.gaps.map((g) => ({
    kind: g.kind,
    fromMs: g.fromMs,
    toMs: g.toMs,
    provable: g.provable,
    missing: g.missing ?? null,
  }))
  const listed =
    gaps.length <= gapLimit
      ? gaps
      : gaps
          .toSorted((a, b) => b.toMs - b.fromMs - (a.toMs - a.fromMs))
          .slice(0, gapLimit)
          .toSorted((a, b) => a.fromMs - b.fromMs)
  const [first] = index.formats
  return {
    codec: first?.codec ?? index.codec,
    rate: first?.rate ?? index.rate,
    durationMs: msOf(index.to, index.rate),
    packets: index.stats.received,
    lost: index.stats.missing,
    gaps: listed,
  }
}

/** Waveform peaks of a lane as a stream of its own, so that the page draws without touching the audio. */
export async function writePeaks(
  vault: Vault,
  key: RenditionKey,
  peaks: { name: string; lane: Lane },
): Promise<SealedStream> {
  return vault.writeStream(key, peaks.name, [await peaksOf(peaks.lane)])
}

/** `packets/3` → 3. */
export const legOf = (name: string): number => Number(name.split('/')[1])

/** Every lane of a rendition, in leg order: from packet logs through their indexes, or stored as samples. */
export async function openLanes(
  vault: Vault,
  key: RenditionKey,
  manifest: SealedStream[],
): Promise<{ leg: number; lane: Lane; undecodable: boolean }[]> {
  const lanes: { leg: number; lane: Lane; undecodable: boolean }[] = []
  for (const stream of manifest) {
    const leg = legOf(stream.name)
    if (stream.name.startsWith('lane/'))
      lanes.push({ leg, lane: await openStored(vault.openReader(key, stream)), undecodable: false })
    if (!stream.name.startsWith('packets/')) continue
    const index = await readIndex(vault, key, manifest, leg)
    lanes.push({
      leg,
      lane: openLane(vault.openReader(key, stream), index),
      undecodable: index.undecodable !== undefined,
    })
  }
  return lanes.toSorted((a, b) => a.leg - b.leg)
}

/** A stored lane behind its header. */
export async function openStored(reader: StreamReader): Promise<Lane> {
  const format = await readLaneHeader(reader)
  return storedLane(reader, { ...format, offset: laneHeaderBytes })
}

/** The seek index of a leg; made anew when a rendition has none. */
export async function readIndex(
  vault: Vault,
  key: RenditionKey,
  manifest: SealedStream[],
  leg: number,
): Promise<SeekIndex> {
  const stream = manifest.find((s) => s.name === `index/${leg}`)
  if (!stream)
    return buildIndex(vault.openReader(key, manifest.find((s) => s.name === `packets/${leg}`) as SealedStream))
  const reader = vault.openReader(key, stream)
  return decodeIndex(await reader.read(0, reader.size))
}

import type { Evidence } from '../../evidence/index.ts'
import type { RenditionKey, SealedStream, Vault } from '../../vault/index.ts'
import { asL16, type Lane, streamLane } from '../media/index.ts'
import { openLanes } from './derive.ts'

/** Beside the lanes of a rendition: what proves that they sound as they were sealed. */
export const disclosureStream = 'disclosure/0'

type SealDeps = { vault: Vault; evidence: Pick<Evidence, 'audio'> }

/** Seals how the lanes of a rendition sound: `audio` for the event that closes the call, and the stream that proves it. */
export async function sealSound(
  { vault, evidence }: SealDeps,
  key: RenditionKey,
  manifest: SealedStream[],
): Promise<{ audio: Awaited<ReturnType<Evidence['audio']['seal']>>['audio']; stream: SealedStream }> {
  const lanes = await openLanes(vault, key, manifest)
  try {
    const { audio, disclosure } = await evidence.audio.seal(
      lanes.map(({ leg, lane }) => ({ lane: leg, rate: lane.rate, open: samplesOf(lane) })),
    )
    return { audio, stream: await vault.writeStream(key, disclosureStream, [disclosure]) }
  } finally {
    for (const { lane } of lanes) lane.close()
  }
}

type Side = { key: RenditionKey; manifest: SealedStream[] }

/** What proves the part of a call that a rendition made for a window of it holds; null for a call that was not sealed so. */
export async function windowProof(
  { vault, evidence }: SealDeps,
  window: { fromMs: number; toMs: number },
  { whole, kept }: { whole: Side; kept: Side },
): Promise<Buffer | null> {
  const disclosure = await readDisclosure(vault, whole)
  if (!disclosure) return null
  const [from, to] = [
    await openLanes(vault, whole.key, whole.manifest),
    await openLanes(vault, kept.key, kept.manifest),
  ]
  try {
    return await evidence.audio.keepWindow(disclosure, window, { whole: laneIn(from), kept: laneIn(to) })
  } finally {
    for (const { lane } of [...from, ...to]) lane.close()
  }
}

export async function readDisclosure(vault: Vault, { key, manifest }: Side): Promise<Buffer | null> {
  const stream = manifest.find(({ name }) => name === disclosureStream)
  if (!stream) return null
  const reader = vault.openReader(key, stream)
  return reader.read(0, reader.size)
}

const laneIn = (lanes: { leg: number; lane: Lane }[]) => (leg: number) => {
  const found = lanes.find((each) => each.leg === leg)
  return found ? samplesOf(found.lane) : silent
}

async function* silent(): AsyncGenerator<Buffer> {}

/** Samples of a lane, signed 16 bit, little-endian, at its own rate. */
export const samplesOf =
  (lane: Lane) =>
  (from: number): AsyncGenerator<Buffer> =>
    streamLane(asL16(lane, lane.rate), from)

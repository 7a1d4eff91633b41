import { buildPackage, type PackageParts } from '../../../proof/package/build.ts'
import { readEvent } from '../../../proof/package/custody.ts'
import { sealedLanes } from '../../../proof/package/disclosure.ts'
import { type Level, LANGUAGES, type Language, SEALING_EVENTS, type SealedLane } from '../../../proof/package/format.ts'
import { asObject, type Fields } from '../../../proof/package/json.ts'
import type { Digest } from '../../../proof/package/manifest.ts'
import { gapsOf } from '../../../proof/verify/history.ts'
import type { Copy } from '../../../proof/verify.ts'
import { ZipError } from '../../../proof/zip.ts'
import { isProblem, Problem } from '../../platform/problem.ts'
import type { Opening } from '../events.ts'
import type { Stamps } from '../stamps/index.ts'
import { type CopyWish, disclosureOf, type LaneSource, recordingsOf, revealsOf, treeOf } from './lanes.ts'
import { placeEvents, type PlacePorts, type Places } from './places.ts'
import { makeReport, type ReportFacts } from './report.ts'

export type { CopyWish, LaneSource } from './lanes.ts'

export type PackagePorts = PlacePorts & {
  stamps: Pick<Stamps, 'covering' | 'levelOf' | 'stamp'>
  /** Signs the package's seal with the key of the log that is written. */
  seal(text: string): Promise<string>
}

/** A call as a package tells it. Documents are JSON; times are ms since the epoch. */
export type PackagedCall = {
  callId: string
  protocol: string
  startedAt: number
  endedAt: number
  purposes: string[]
  policyVersion: string
  lanes: LaneSource[]
  /** `policy` has the `version` the events name. Gaps are taken from the events. */
  documents: { vcon: Buffer; policy: Buffer; consent: Buffer }
  /** The call's own events. */
  events: Opening[]
}

/**
 * The bytes of a call's evidence package. Nothing is asked for before the first byte is. Audio is read three times: against what was
 * sealed, for the hashes, to be written. Throws Problem `package_not_sealed` (409), `package_audio_differs` (500),
 * `package_empty` (400), `package_too_large` (413), `event_not_logged` (409).
 */
export async function* packageCall(
  ports: PackagePorts,
  call: PackagedCall,
  wish: CopyWish = {},
): AsyncGenerator<Buffer> {
  try {
    yield* buildPackage(await partsOf(ports, call, wish))
  } catch (e) {
    if (e instanceof ZipError && e.code === 'too_large') throw new Problem('package_too_large', 413, e.message)
    throw e
  }
}

type Sealing = { opening: Opening; data: Fields; lanes: SealedLane[] }

async function partsOf(ports: PackagePorts, call: PackagedCall, wish: CopyWish): Promise<PackageParts> {
  const sealing = sealingOf(call)
  const lanes = []
  for (const lane of call.lanes) lanes.push(disclosureOf(lane, await checkedLeaves(lane, sealing.lanes), wish))
  requireAudible(call, wish)
  const places = await placeEvents(ports, call.events, sealing.opening)
  const legs = gapsOf(sealing.data)
  return {
    callId: call.callId,
    recordings: recordingsOf(call.lanes, wish),
    lanes,
    documents: { ...call.documents, gaps: Buffer.from(JSON.stringify({ v: 1, legs }, null, 1)) },
    events: places.events,
    checkpoints: places.checkpoints.map(({ note, token }) => ({ note, token })),
    reports: async (files) => reportsOf(await factsOf(ports, { call, wish, sealing, places }, files)),
    stamp: (digest) => stampIfThere(ports, digest),
    seal: (text) => ports.seal(text),
  }
}

function sealingOf({ events, callId }: PackagedCall): Sealing {
  const found = events.flatMap((opening) => {
    const { type, data } = readEvent(opening.event)
    const lanes = SEALING_EVENTS.includes(type) ? sealedLanes(data) : null
    return lanes ? [{ opening, data: asObject(data, 'the event'), lanes }] : []
  })
  if (found.length !== 1)
    throw new Problem('package_not_sealed', 409, `The audio of call ${callId} was not sealed block by block.`, {
      callId,
    })
  return found[0]!
}

/** The leaves of a lane that is what was sealed: a package that cannot be verified must not leave. */
async function checkedLeaves(lane: LaneSource, sealed: readonly SealedLane[]): Promise<Buffer[]> {
  const { leaves, root, samples } = await treeOf(lane)
  const known = sealed.find((s) => s.lane === lane.lane)
  const same = known?.root === root.toString('base64') && known.samples === samples && lane.samples === samples
  if (!same)
    throw new Problem('package_audio_differs', 500, `Lane ${lane.lane} is not what was sealed.`, { lane: lane.lane })
  return leaves
}

function requireAudible({ lanes }: PackagedCall, wish: CopyWish): void {
  if (lanes.some((lane) => heardOf(lane, wish) > 0) || lanes.every((lane) => lane.samples === 0)) return
  throw new Problem('package_empty', 400, 'Nothing is left to be heard: masks and span leave no whole block.')
}

/** Samples of a lane that a copy lets one hear. */
function heardOf(lane: LaneSource, wish: CopyWish): number {
  const reveals = revealsOf(lane, wish)
  let heard = 0
  for (let block = 0; block * lane.blockSamples < lane.samples; block++)
    if (reveals(block)) heard += Math.min(lane.blockSamples, lane.samples - block * lane.blockSamples)
  return heard
}

/** A package without its own stamp is better than none: the stamp soon after the call is in it all the same. */
async function stampIfThere({ stamps }: PackagePorts, digest: Buffer): Promise<Buffer | null> {
  try {
    return await stamps.stamp(digest)
  } catch (e) {
    if (isProblem(e)) return null
    throw e
  }
}

type Made = { call: PackagedCall; wish: CopyWish; sealing: Sealing; places: Places }

async function factsOf(
  ports: PackagePorts,
  { call, wish, sealing, places }: Made,
  files: readonly Digest[],
): Promise<ReportFacts> {
  const [first] = places.checkpoints as [Places['checkpoints'][number]]
  const proof = await ports.prove(sealing.opening.id, first.size)
  const stamp = first.token ? await ports.stamps.covering({ origin: first.origin, index: proof.index }) : null
  const level: Level = stamp?.level ?? 'self'
  return {
    ...call,
    ...extentOf(call.lanes, sealing.lanes, wish),
    lanes: call.lanes.map(({ lane, role, rate, samples }) => ({ lane, role, rate, seconds: samples / rate })),
    gaps: gapsOf(sealing.data).flatMap(({ index, gaps }) =>
      (gaps as ReportFacts['gaps']).map(({ kind, fromMs, toMs }) => ({ lane: Number(index), kind, fromMs, toMs })),
    ),
    history: places.events.map(({ event, index }) => {
      const { at, type } = readEvent(event)
      return { at: Date.parse(at), type, index }
    }),
    level,
    log: { origin: first.origin, size: first.size, vkey: proof.vkey },
    stamp: stamp && { authority: stamp.authority, at: stamp.stampedAt.getTime() },
    files,
  }
}

/** What kind of copy it is, and how many seconds of all lanes it lets one hear. */
function extentOf(lanes: readonly LaneSource[], sealed: readonly SealedLane[], wish: CopyWish) {
  const heard = lanes.map((lane) => ({ ...lane, heard: heardOf(lane, wish) }))
  const whole = lanes.length === sealed.length && heard.every((lane) => lane.heard === lane.samples)
  const copy: Copy = whole ? 'original' : (wish.masks ?? []).length > 0 ? 'masked' : 'part'
  return {
    copy,
    heard: heard.reduce((sum, lane) => sum + lane.heard / lane.rate, 0),
    total: sealed.reduce((sum, lane) => sum + lane.samples / lane.rate, 0),
  }
}

async function reportsOf(facts: ReportFacts): Promise<Record<Language, Buffer>> {
  const made = await Promise.all(
    LANGUAGES.map(async (language) => [language, await makeReport(facts, language)] as const),
  )
  return Object.fromEntries(made) as Record<Language, Buffer>
}

import { buildPackage, type PackageParts } from '../../../proof/package/build.ts'
import { readEvent } from '../../../proof/package/custody.ts'
import { sealedLanes } from '../../../proof/package/disclosure.ts'
import { type Level, LANGUAGES, type Language, SEALING_EVENTS, type SealedLane } from '../../../proof/package/format.ts'
import { asObject, type Fields } from '../../../proof/package/json.ts'
import type { Digest } from '../../../proof/package/manifest.ts'
import { gapsOf, silencedOf } from '../../../proof/verify/history.ts'
import type { Copy } from '../../../proof/verify.ts'
import { ZipError } from '../../../proof/zip.ts'
import { isProblem, Problem } from '../../platform/problem.ts'
import type { Opening } from '../events.ts'
import type { Stamps } from '../stamps/index.ts'
import {
  chooseLane,
  type ChosenLane,
  type CopyWish,
  hasMasks,
  heardOf,
  type LaneSource,
  recordingsOf,
} from './lanes.ts'
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
  /** As people call them. */
  purposes: Record<Language, string>[]
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
  const lanes: ChosenLane[] = []
  for (const lane of call.lanes) lanes.push(requireSealed(await chooseLane(lane, wish), sealing.lanes))
  if (lanes.every((lane) => heardOf(lane) === 0) && call.lanes.some((lane) => lane.samples > 0))
    throw new Problem('package_empty', 400, 'Nothing is left to be heard: masks and span leave no whole block.')
  const places = await placeEvents(ports, call.events, sealing.opening)
  const silenced = silencedIn(places)
  const gaps = { v: 1, legs: gapsOf(sealing.data), ...(silenced.length > 0 && { silenced }) }
  return {
    callId: call.callId,
    recordings: recordingsOf(lanes),
    lanes: lanes.map((lane) => lane.disclosure),
    documents: { ...call.documents, gaps: Buffer.from(JSON.stringify(gaps, null, 1)) },
    events: places.events,
    checkpoints: places.checkpoints.map(({ note, token }) => ({ note, token })),
    reports: async (files) => reportsOf(await factsOf(ports, { call, lanes, sealing, places }, files)),
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

/** A lane that is not what was sealed would make a package that cannot be verified: none leaves. */
function requireSealed(chosen: ChosenLane, sealed: readonly SealedLane[]): ChosenLane {
  const { lane, samples } = chosen.source
  const known = sealed.find((s) => s.lane === lane)
  if (known?.root === chosen.root.toString('base64') && known.samples === samples) return chosen
  throw new Problem('package_audio_differs', 500, `Lane ${lane} is not what was sealed.`, { lane })
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

type Made = { call: PackagedCall; lanes: ChosenLane[]; sealing: Sealing; places: Places }

async function factsOf(
  ports: PackagePorts,
  { call, lanes, sealing, places }: Made,
  files: readonly Digest[],
): Promise<ReportFacts> {
  const [first] = places.checkpoints as [Places['checkpoints'][number]]
  const proof = await ports.prove(sealing.opening.id, first.size)
  const stamp = first.token ? await ports.stamps.covering({ origin: first.origin, index: proof.index }) : null
  const level: Level = stamp?.level ?? 'self'
  return {
    ...call,
    ...extentOf(lanes, sealing.lanes),
    lanes: call.lanes.map(({ lane, role, rate, samples }) => ({ lane, role, rate, seconds: samples / rate })),
    gaps: [...gapsOf(sealing.data).flatMap(gapRows), ...silencedIn(places).map(silencedRow)],
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

/** What was destroyed since the call was sealed, as the events tell it that are in the package. */
const silencedIn = ({ events }: Places): Fields[] => silencedOf(events.map(({ event }) => readEvent(event)))

type GapRow = ReportFacts['gaps'][number]

const gapRows = ({ index, gaps }: Fields): GapRow[] =>
  (gaps as GapRow[]).map(({ kind, fromMs, toMs }) => ({ lane: Number(index), kind, fromMs, toMs }))

const silencedRow = ({ index, fromMs, toMs }: Fields): GapRow => ({
  lane: Number(index),
  kind: 'sensitive',
  fromMs: Number(fromMs),
  toMs: Number(toMs),
})

/** What kind of copy it is, and how many seconds of all lanes it lets one hear. */
function extentOf(lanes: readonly ChosenLane[], sealed: readonly SealedLane[]) {
  const whole = lanes.length === sealed.length && lanes.every((lane) => heardOf(lane) === lane.source.samples)
  const copy: Copy = whole ? 'original' : hasMasks(lanes) ? 'masked' : 'part'
  return {
    copy,
    heard: lanes.reduce((sum, lane) => sum + heardOf(lane) / lane.source.rate, 0),
    total: sealed.reduce((sum, lane) => sum + lane.samples / lane.rate, 0),
  }
}

async function reportsOf(facts: ReportFacts): Promise<Record<Language, Buffer>> {
  const made = await Promise.all(
    LANGUAGES.map(async (language) => [language, await makeReport(facts, language)] as const),
  )
  return Object.fromEntries(made) as Record<Language, Buffer>
}

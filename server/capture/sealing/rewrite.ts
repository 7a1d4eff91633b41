import type { Evidence } from '../../evidence/index.ts'
import type { Replacement, SealedStream, Vault } from '../../vault/index.ts'
import { encodeLaneHeader } from '../lanes.ts'
import { cutLog, FILL, type Lane, maskedLane, samplesIn, soundsIn, streamLane } from '../media/index.ts'
import { disclosureStream, windowProof } from './audio.ts'
import { type DerivedLeg, deriveLegs, legOf, openStored, readIndex, writePeaks } from './derive.ts'
import { bytesOf, headed } from './streams.ts'

/** A stretch of one leg, ms of the call. */
export type LaneRange = { leg: number; fromMs: number; toMs: number }

export type RewriteDeps = { vault: Vault; evidence: Pick<Evidence, 'audio'> }

/** Which of some ranges a rendition still lets one hear anything in. */
export async function soundingIn<Range extends LaneRange>(
  vault: Vault,
  { old, manifest }: Replacement,
  ranges: readonly Range[],
): Promise<Range[]> {
  const sounding: Range[] = []
  for (const { name } of manifest) {
    const mine = ranges.filter(({ leg }) => leg === legOf(name))
    if (mine.length === 0) continue
    if (name.startsWith('packets/')) {
      const index = await readIndex(vault, old, [...manifest], legOf(name))
      sounding.push(...mine.filter((range) => soundsIn(index, range)))
    }
    if (name.startsWith('lane/')) {
      const lane = await openStored(
        vault.openReader(
          old,
          manifest.find((s) => s.name === name)!,
        ),
      )
      for (const range of mine) if (!(await isSilent(lane, range))) sounding.push(range)
    }
  }
  return sounding
}

/** Samples looked at together. */
const step = 32_768

async function isSilent(lane: Lane, range: LaneRange): Promise<boolean> {
  const { from, to } = samplesIn(range, lane.rate)
  const end = Math.min(to, lane.to)
  for (let at = from; at < end; at += step) {
    const bytes = await lane.read(at, Math.min(end, at + step))
    if (bytes.some((byte) => byte !== FILL[lane.codec])) return false
  }
  return true
}

/** What cannot be cut: a file as it was uploaded, and the document it came in. */
const uncut = ['original', 'source']

export type Rewritten = {
  streams: SealedStream[]
  /** Legs whose packet log was cut. */
  legs: DerivedLeg[]
  /** Names of streams that are left out whole. */
  dropped: string[]
}

/**
 * Writes what a rendition holds again, without the audio of some ranges: packet logs cut, lanes silenced, with all that is derived of
 * them; what proves the call's blocks is kept for those that sound as before. An uploaded file's bytes are left out.
 */
export async function rewrite(deps: RewriteDeps, of: Replacement, ranges: readonly LaneRange[]): Promise<Rewritten> {
  const made: Rewritten = { streams: [], legs: [], dropped: [] }
  for (const stream of of.manifest) {
    const { name } = stream
    const kind = name.split('/')[0] ?? ''
    const mine = ranges.filter(({ leg }) => leg === legOf(name))
    if (uncut.includes(kind)) made.dropped.push(name)
    else if (name === disclosureStream) continue
    else if (mine.length === 0) made.streams.push(await copied(deps, of, stream))
    else if (kind === 'packets') await cutPackets(deps, { of, stream, ranges: mine }, made)
    else if (kind === 'lane') await silenceLane(deps, { of, stream, ranges: mine }, made)
    else if (kind !== 'index' && kind !== 'peaks') made.streams.push(await copied(deps, of, stream))
  }
  const whole = { key: of.old, manifest: [...of.manifest] }
  const always = { fromMs: 0, toMs: Number.POSITIVE_INFINITY }
  const proof = await windowProof(deps, always, { whole, kept: { key: of.fresh, manifest: made.streams } })
  if (proof) made.streams.push(await deps.vault.writeStream(of.fresh, disclosureStream, [proof]))
  return made
}

const copied = ({ vault }: RewriteDeps, { old, fresh }: Replacement, stream: SealedStream): Promise<SealedStream> =>
  vault.writeStream(fresh, stream.name, bytesOf(vault.openReader(old, stream)))

type Work = { of: Replacement; stream: SealedStream; ranges: LaneRange[] }

async function cutPackets({ vault }: RewriteDeps, { of, stream, ranges }: Work, made: Rewritten): Promise<void> {
  const index = await readIndex(vault, of.old, [...of.manifest], legOf(stream.name))
  const left = cutLog(vault.openReader(of.old, stream), index, ranges)
  const log = await vault.writeStream(of.fresh, stream.name, left)
  const legs = await deriveLegs(vault, of.fresh, [log])
  made.streams.push(log, ...legs.flatMap((leg) => leg.streams))
  made.legs.push(...legs)
}

async function silenceLane({ vault }: RewriteDeps, { of, stream, ranges }: Work, made: Rewritten): Promise<void> {
  const n = legOf(stream.name)
  const stored = await openStored(vault.openReader(of.old, stream))
  const lane = maskedLane(stored, ranges)
  const head = encodeLaneHeader({ codec: lane.codec, rate: lane.rate as 8000 | 16000 })
  made.streams.push(
    await vault.writeStream(of.fresh, stream.name, headed(head, streamLane(lane, 0))),
    await writePeaks(vault, of.fresh, { name: `peaks/${n}`, lane }),
  )
}

import type { Evidence } from '../../evidence/index.ts'
import type { RenditionKey, SealedStream, Vault } from '../../vault/index.ts'
import type { CaptureDb } from '../recorder/ledger.ts'
import { sealSound } from './audio.ts'
import { deriveLegs, type DerivedLeg } from './derive.ts'
import { sensitiveMs } from './lacking.ts'

export type SealDeps = {
  db: CaptureDb
  vault: Vault
  evidence: Evidence
  enqueueRenditions(tx: CaptureDb, callId: string): Promise<void>
}

export type SealInput = {
  callId: string
  card: RenditionKey
  processing: RenditionKey
  streams: SealedStream[]
  sequenced: boolean
  /** Set when the recorder died in the call: its end is then what the log tells. */
  interrupted?: { startedAt: Date }
}

/** Closes a recorded call: derives index, gaps and peaks from the packet logs, then manifest, rows, evidence and jobs at once. */
export function createSealer(deps: SealDeps) {
  const { db, vault, evidence } = deps

  async function seal(input: SealInput): Promise<void> {
    const logs = input.streams.filter((s) => s.name.startsWith('packets/'))
    const legs = await deriveLegs(vault, input.processing, logs)
    const derived = [...logs, ...legs.flatMap((leg) => leg.streams)]
    const sound = await sealSound(deps, input.processing, derived)
    const streams = [...derived, sound.stream]
    const bytes = streams.reduce((sum, s) => sum + s.bytes, 0)
    await db.transaction().execute(async (tx) => {
      await vault.sealRendition(tx, input.processing.renditionId, streams)
      for (const leg of legs) await writeLeg(tx as never, input, leg)
      await markLegsWithoutLog(tx as never, input.callId, legs)
      await tx
        .updateTable('call_rendition')
        .set({ state: 'sealed', bytes })
        .where('call_id', '=', input.callId)
        .where('purpose', '=', 'processing')
        .execute()
      await tx
        .updateTable('call')
        .set({ state: 'sealed', ...endingOf(input, legs) })
        .where('id', '=', input.callId)
        .execute()
      await evidence.append(tx, sealedEvent(input, { legs, logs, audio: sound.audio }), input.card)
      await deps.enqueueRenditions(tx as never, input.callId)
    })
  }

  return { seal }
}

export type Sealer = ReturnType<typeof createSealer>

/** The leg's row; one that the database was never told of (it was away, then the recorder died) is made from the log. */
async function writeLeg(tx: CaptureDb, { callId, sequenced }: SealInput, leg: DerivedLeg): Promise<void> {
  const { index, codec, rate } = leg
  const derived = {
    duration_ms: leg.durationMs,
    packets: leg.packets,
    lost: leg.lost,
    gaps: JSON.stringify(leg.gaps),
    masked_live_ms: sensitiveMs(leg.gaps),
  }
  await tx
    .insertInto('call_leg')
    .values({
      call_id: callId,
      index,
      label: String(index + 1),
      role: 'unknown',
      codec,
      rate,
      gaps_provable: sequenced,
      ...derived,
    })
    .onConflict((c) => c.columns(['call_id', 'index']).doUpdateSet(derived))
    .execute()
}

/** A leg whose log lost even its header: nothing of it had reached the disk when the recorder died. */
async function markLegsWithoutLog(tx: CaptureDb, callId: string, legs: DerivedLeg[]): Promise<void> {
  const rows = await tx.selectFrom('call_leg').select('index').where('call_id', '=', callId).execute()
  const gaps = JSON.stringify([{ kind: 'interrupted', fromMs: 0, toMs: 0, provable: true, missing: null }])
  for (const { index } of rows) {
    if (legs.some((leg) => leg.index === index)) continue
    await tx.updateTable('call_leg').set({ gaps }).where('call_id', '=', callId).where('index', '=', index).execute()
  }
}

/** What the log says of the call's end where it says more than the row: that its last bytes never reached the disk. */
function endingOf({ interrupted }: SealInput, legs: DerivedLeg[]) {
  if (interrupted) return interruption(interrupted.startedAt, legs)
  return legs.some(isCutOff) ? { ending: 'interrupted' as const } : {}
}

/** A log without its end carries a mark of no length there. */
function isCutOff({ gaps }: DerivedLeg): boolean {
  const last = gaps.at(-1)
  return last?.kind === 'interrupted' && last.fromMs === last.toMs
}

function interruption(startedAt: Date, legs: DerivedLeg[]) {
  const durationMs = Math.max(0, ...legs.map((l) => l.durationMs))
  return {
    ending: 'interrupted' as const,
    duration_ms: durationMs,
    ended_at: new Date(startedAt.getTime() + durationMs),
  }
}

type Sealed = { legs: DerivedLeg[]; logs: SealedStream[]; audio: Awaited<ReturnType<typeof sealSound>>['audio'] }

function sealedEvent(input: SealInput, { legs, logs, audio }: Sealed) {
  return {
    type: input.interrupted ? ('capture.recovered' as const) : ('capture.sealed' as const),
    callId: input.callId,
    data: {
      sequenced: input.sequenced,
      audio,
      legs: legs.map((leg) => {
        const log = logs.find((s) => s.name === `packets/${leg.index}`)
        return {
          index: leg.index,
          durationMs: leg.durationMs,
          packets: leg.packets,
          lost: leg.lost,
          logBytes: log?.bytes,
          logSha256: log?.sha256,
          gaps: leg.gaps,
        }
      }),
    },
  }
}

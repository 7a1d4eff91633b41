import type { Evidence } from '../../evidence/index.ts'
import type { RenditionKey, SealedStream, Vault } from '../../vault/index.ts'
import type { CaptureDb } from '../recorder/ledger.ts'
import { deriveLegs, type DerivedLeg } from './derive.ts'

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
    const streams = [...logs, ...legs.flatMap((leg) => leg.streams)]
    const bytes = streams.reduce((sum, s) => sum + s.bytes, 0)
    await db.transaction().execute(async (tx) => {
      await vault.sealRendition(tx, input.processing.renditionId, streams)
      for (const leg of legs) await updateLeg(tx as never, input.callId, leg)
      await tx.updateTable('call_rendition').set({ state: 'sealed', bytes }).where('call_id', '=', input.callId).where('purpose', '=', 'processing').execute()
      await tx
        .updateTable('call')
        .set({ state: 'sealed', ...(input.interrupted && interruption(input.interrupted.startedAt, legs)) })
        .where('id', '=', input.callId)
        .execute()
      await evidence.append(tx, sealedEvent(input, legs, logs), input.card)
      await deps.enqueueRenditions(tx as never, input.callId)
    })
  }

  return { seal }
}

export type Sealer = ReturnType<typeof createSealer>

async function updateLeg(tx: CaptureDb, callId: string, leg: DerivedLeg): Promise<void> {
  await tx
    .updateTable('call_leg')
    .set({ duration_ms: leg.durationMs, packets: leg.packets, lost: leg.lost, gaps: JSON.stringify(leg.gaps) })
    .where('call_id', '=', callId)
    .where('index', '=', leg.index)
    .execute()
}

function interruption(startedAt: Date, legs: DerivedLeg[]) {
  const durationMs = Math.max(0, ...legs.map((l) => l.durationMs))
  return { ending: 'interrupted', duration_ms: durationMs, ended_at: new Date(startedAt.getTime() + durationMs) }
}

function sealedEvent(input: SealInput, legs: DerivedLeg[], logs: SealedStream[]) {
  return {
    type: input.interrupted ? ('capture.recovered' as const) : ('capture.sealed' as const),
    callId: input.callId,
    data: {
      sequenced: input.sequenced,
      legs: legs.map((leg) => {
        const log = logs.find((s) => s.name === `packets/${leg.index}`)
        return { index: leg.index, durationMs: leg.durationMs, packets: leg.packets, lost: leg.lost, logBytes: log?.bytes, logSha256: log?.sha256, gaps: leg.gaps }
      }),
    },
  }
}

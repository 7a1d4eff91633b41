import type { AudioMaterial } from '../../../contract/models/retention.ts'
import type { Evidence } from '../../evidence/index.ts'
import { newId } from '../../platform/ids.ts'
import { Problem } from '../../platform/problem.ts'
import type { Keeping } from '../keeping.ts'
import type { PurposeName, RenditionKey, SealedStream, Vault } from '../../vault/index.ts'
import { encodeLaneHeader } from '../lanes.ts'
import { clipLog, streamLane } from '../media/index.ts'
import type { CaptureDb } from '../recorder/ledger.ts'
import { disclosureStream, windowProof } from './audio.ts'
import { deriveLegs, legOf, openLanes, readIndex, writePeaks } from './derive.ts'
import { bytesOf, headed } from './streams.ts'

export type RenditionDeps = { db: CaptureDb; vault: Vault; evidence: Evidence; keeping: Keeping }

type Work = {
  purpose: string
  material: AudioMaterial
  callId: string
  renditionId: string
  expiresOn: Date
  /** The contract window this rendition is for; null for the whole call. */
  window: Span | null
  source: { key: RenditionKey; manifest: SealedStream[] }
}
type Span = { fromMs: number; toMs: number }

/**
 * Makes what a sealed call holds for each of its purposes, each under a data key of its own: the original bits (for evidence one
 * contract window each, when the agent marked some) or the masked lanes. May run again: what is done stays.
 */
export async function makeRenditions(deps: RenditionDeps, callId: string): Promise<void> {
  const { db, vault } = deps
  await splitEvidence(deps, callId)
  const rows = await db.selectFrom('call_rendition').selectAll().where('call_id', '=', callId).execute()
  const processing = rows.find((r) => r.purpose === 'processing')
  const pending = rows.filter((r) => r.state === 'pending')
  if (!processing || pending.length === 0) return
  const key = await vault.unlock(processing.rendition_id, 'processing')
  try {
    const source = { key, manifest: await vault.manifest(processing.rendition_id) }
    for (const row of pending) {
      if (!row.material) continue
      const work: Work = {
        purpose: row.purpose,
        material: row.material,
        callId,
        renditionId: row.rendition_id,
        expiresOn: new Date(row.expires_on),
        window: row.segment === 0 ? null : { fromMs: row.from_ms ?? 0, toMs: row.to_ms ?? Number.POSITIVE_INFINITY },
        source,
      }
      await makeOne(deps, work).catch((error: unknown) => giveUpLapsed(deps, work, error))
    }
  } finally {
    key.dispose()
  }
}

/** The purpose ended before its rendition was begun, or while it was being made. */
const lapsedCodes = ['purpose_lapsed', 'rendition_not_recording']

/**
 * One rendition, key and term for each contract window instead of one for the whole call, so that the proof of one contract may
 * end while that of another in the same call goes on.
 */
async function splitEvidence({ db, keeping }: RenditionDeps, callId: string): Promise<void> {
  const found = await contractWindows(db, callId)
  if (!found) return
  const windows = found.map((w) => ({ ...w, renditionId: newId() }))
  await db.transaction().execute(async (tx) => {
    const whole = await tx
      .deleteFrom('call_rendition')
      .where('call_id', '=', callId)
      .where('purpose', '=', 'evidence')
      .where('segment', '=', 0)
      .where('state', '=', 'pending')
      .where('format', '=', 'packets')
      .returningAll()
      .executeTakeFirst()
    if (!whole || !(await keeping.split(tx, { callId, purpose: 'evidence', windows }))) return
    const rows = windows.map((w, i) => ({
      ...whole,
      segment: i + 1,
      from_ms: w.fromMs,
      to_ms: Number.isFinite(w.toMs) ? w.toMs : null,
      rendition_id: w.renditionId,
    }))
    await tx.insertInto('call_rendition').values(rows).execute()
  })
}

/** A purpose that ended before its rendition was made holds nothing; anything else is tried again by the queue. */
async function giveUpLapsed({ db, vault }: RenditionDeps, { renditionId }: Work, error: unknown): Promise<void> {
  if (!(error instanceof Problem) || !lapsedCodes.includes(error.code)) throw error
  await vault.end([{ renditionId, purpose: 'all' }])
  await db.updateTable('call_rendition').set({ state: 'erased' }).where('rendition_id', '=', renditionId).execute()
}

async function makeOne(deps: RenditionDeps, work: Work): Promise<void> {
  const { db, vault } = deps
  const { renditionId, callId, purpose } = work
  const key = await startRendition(deps, work)
  try {
    const streams =
      work.material === 'original' ? await originalStreams(deps, work, key) : await maskedStreams(deps, work, key)
    const bytes = streams.reduce((sum, s) => sum + s.bytes, 0)
    const card = await cardKey(deps, callId, purpose)
    try {
      await db.transaction().execute(async (tx) => {
        await vault.sealRendition(tx, renditionId, streams)
        await tx
          .updateTable('call_rendition')
          .set({ state: 'sealed', bytes })
          .where('rendition_id', '=', renditionId)
          .execute()
        const data = {
          purpose,
          streams: streams.map((s) => ({ name: s.name, bytes: s.bytes, sha256: s.sha256 })),
          expiresOn: work.expiresOn.toISOString().slice(0, 10),
        }
        await deps.evidence.append(tx, { type: 'rendition.created', callId, data }, card)
      })
    } finally {
      card.dispose()
    }
  } finally {
    key.dispose()
  }
}

/** A fresh rendition; one that a crash left half made is emptied and filled again. */
async function startRendition({ db, vault }: RenditionDeps, work: Work): Promise<RenditionKey> {
  const { renditionId, callId, purpose, material, expiresOn } = work
  const known = await vault.unlock(renditionId, purpose).catch((error: unknown) => {
    if (error instanceof Problem && error.code === 'rendition_unknown') return null
    throw error
  })
  if (known) {
    for (const stream of await vault.recover(known)) await vault.removeStream(known, stream.streamId)
    return known
  }
  const format =
    work.source.manifest.some((s) => s.name.startsWith('packets/')) && material === 'original' ? 'packets' : 'lanes'
  return db.transaction().execute(async (tx) => {
    const row = await tx
      .selectFrom('call_rendition')
      .select('state')
      .where('rendition_id', '=', renditionId)
      .forUpdate()
      .executeTakeFirst()
    if (row?.state !== 'pending')
      throw new Problem('purpose_lapsed', 410, `The purpose ${purpose} of call ${callId} has ended.`, { purpose })
    return vault.createRendition(tx, { id: renditionId, callId, format, purpose, wraps: [{ purpose, expiresOn }] })
  })
}

/** Original bits: packet logs untouched or clipped to the contract, an uploaded file byte for byte beside its lanes. */
async function originalStreams(deps: RenditionDeps, work: Work, key: RenditionKey): Promise<SealedStream[]> {
  const { vault } = deps
  const { manifest, key: from } = work.source
  const logs = manifest.filter((s) => s.name.startsWith('packets/'))
  if (work.window && logs.length > 0) {
    const clipped: SealedStream[] = []
    for (const log of logs) {
      const index = await readIndex(vault, from, manifest, legOf(log.name))
      clipped.push(await vault.writeStream(key, log.name, clipLog(vault.openReader(from, log), index, [work.window])))
    }
    const legs = await deriveLegs(vault, key, clipped)
    const streams = [...clipped, ...legs.flatMap((leg) => leg.streams)]
    const proof = await windowProof(deps, work.window, { whole: work.source, kept: { key, manifest: streams } })
    return proof ? [...streams, await vault.writeStream(key, disclosureStream, [proof])] : streams
  }
  const copies: SealedStream[] = []
  for (const stream of manifest)
    copies.push(await vault.writeStream(key, stream.name, bytesOf(vault.openReader(from, stream))))
  return copies
}

/** The voices as heard, gaps filled with silence; no packet, no original byte. What a transcript finds is silenced later (`silence.ts`). */
async function maskedStreams({ vault }: RenditionDeps, work: Work, key: RenditionKey): Promise<SealedStream[]> {
  const streams: SealedStream[] = []
  for (const { leg, lane } of await openLanes(vault, work.source.key, work.source.manifest)) {
    try {
      const format = { codec: lane.codec, rate: lane.rate as 8000 | 16000 }
      streams.push(await vault.writeStream(key, `lane/${leg}`, headed(encodeLaneHeader(format), streamLane(lane, 0))))
      streams.push(await writePeaks(vault, key, { name: `peaks/${leg}`, lane }))
    } finally {
      lane.close()
    }
  }
  return streams
}

/** The spans between "contract starts" and "contract ends" (or the call's end); null when the agent marked none. */
async function contractWindows(db: CaptureDb, callId: string): Promise<Span[] | null> {
  const marks = await db
    .selectFrom('call_mark')
    .select(['kind', 'at_ms'])
    .where('call_id', '=', callId)
    .where('kind', 'in', ['contract_start', 'contract_end'])
    .orderBy('at_ms')
    .execute()
  return windowsOf(marks.map((m) => ({ kind: m.kind as 'contract_start' | 'contract_end', atMs: m.at_ms })))
}

/** Pure: marks in order → windows. A start without an end runs to the end of the call. */
export function windowsOf(marks: { kind: 'contract_start' | 'contract_end'; atMs: number }[]): Span[] | null {
  const windows: Span[] = []
  let from: number | null = null
  for (const mark of marks) {
    if (mark.kind === 'contract_start') from ??= mark.atMs
    else if (from !== null) {
      windows.push({ fromMs: from, toMs: mark.atMs })
      from = null
    }
  }
  if (from !== null) windows.push({ fromMs: from, toMs: Number.POSITIVE_INFINITY })
  return windows.length > 0 ? windows : null
}

async function cardKey({ db, vault }: RenditionDeps, callId: string, purpose: PurposeName): Promise<RenditionKey> {
  const row = await db.selectFrom('call').select('card_id').where('id', '=', callId).executeTakeFirstOrThrow()
  if (!row.card_id)
    throw new Problem('card_missing', 500, `Call ${callId} has no card. Run \`verbale doctor\`.`, { callId })
  return vault.unlock(row.card_id, purpose)
}

import { setTimeout as sleep } from 'node:timers/promises'
import type { UploadFacts } from '../../../contract/models/calls.ts'
import type { Decision } from '../../../contract/models/policy.ts'
import type { Evidence } from '../../evidence/index.ts'
import type { Clock } from '../../platform/clock.ts'
import { newId } from '../../platform/ids.ts'
import type { RenditionKey, SealedStream, StreamReader, StreamWriter, Vault } from '../../vault/index.ts'
import { customerIndex } from '../calls/country.ts'
import { type AudioProbe, type AudioTools, decodeLanes, probeAudio } from '../files/index.ts'
import { encodeLaneHeader, laneHeaderBytes } from '../lanes.ts'
import { msOf, sampleBytes } from '../media/index.ts'
import { cardWraps, type Kept, keptFor, pendingRows, termsFor } from '../calls/begin.ts'
import type { Keeping } from '../keeping.ts'
import { lastProcessingDay } from '../purposes.ts'
import type { Agent } from '../recorder/desk.ts'
import { type CaptureDb, type CaptureTx, day } from '../recorder/ledger.ts'
import { sealSound } from '../sealing/audio.ts'
import { legOf, openStored, writePeaks } from '../sealing/derive.ts'
import type { Card } from '../store.ts'
import { isAhead, isFatal } from './intake.ts'

export type DecodeDeps = {
  db: CaptureDb
  vault: Vault
  evidence: Evidence
  clock: Clock
  tools: AudioTools
  processingDays: number
  keeping: Keeping
  decide(
    callId: string,
    facts: UploadFacts,
    protocol: 'upload' | 'vcon',
  ): { decision: Decision; agent: Agent | null; callerCountry: string | null; agentCountry: string | null }
  enqueueRenditions(tx: CaptureDb, callId: string): Promise<void>
  onProgress(uploadId: string, share: number): void
}

const aheadLimit = 4 << 20

type Upload = {
  id: string
  callId: string
  renditionId: string
  facts: UploadFacts & { protocol?: 'vcon'; parties?: Card['parties']; raw?: Card['raw'] }
}

/** Decodes a received file into lanes, then makes it a call like any other. Throws Problem `audio_*` when it is refused. */
export async function decodeUpload(deps: DecodeDeps, upload: Upload): Promise<void> {
  const { vault } = deps
  const key = await vault.unlock(upload.renditionId, 'processing')
  try {
    const { pieces, sources } = await receivedOf(vault, key)
    const original = joined(pieces.map((s) => vault.openReader(key, s)))
    const probe = await probeAudio(original, deps.tools, upload.facts.mediaType)
    const lanes = await writeLanes(deps, { key, original, probe, uploadId: upload.id })
    const peaks: SealedStream[] = []
    for (const [n, lane] of lanes.entries())
      peaks.push(
        await writePeaks(vault, key, { name: `peaks/${n}`, lane: await openStored(vault.openReader(key, lane)) }),
      )
    const sound = await sealSound(deps, key, lanes)
    const streams = [...pieces, ...sources, ...lanes, ...peaks, sound.stream]
    await store(deps, { upload, key, probe, streams, audio: sound.audio })
  } finally {
    key.dispose()
  }
}

async function writeLanes(
  deps: DecodeDeps,
  job: { key: RenditionKey; original: StreamReader; probe: AudioProbe; uploadId: string },
): Promise<SealedStream[]> {
  const { probe } = job
  const writers: StreamWriter[] = []
  let failed = ''
  for (let n = 0; n < probe.lanes; n++) {
    const writer = deps.vault.openWriter(job.key, `lane/${n}`, (fault) => {
      if (isFatal(fault)) failed = fault?.detail ?? ''
    })
    writer.append(encodeLaneHeader(probe.lane))
    writers.push(writer)
  }
  try {
    const report = (p: { doneMs: number; totalMs: number }): void =>
      deps.onProgress(job.uploadId, p.totalMs > 0 ? Math.min(1, p.doneMs / p.totalMs) : 0)
    for await (const block of decodeLanes(job.original, probe, deps.tools, report)) {
      const writer = writers[block.lane] as StreamWriter
      writer.append(block.samples)
      while (isAhead(writer, aheadLimit) && failed === '') await sleep(20)
      if (failed !== '') throw new Error(`the disk refused decoded audio: ${failed}`)
    }
  } catch (error) {
    await Promise.allSettled(writers.map((w) => w.finish()))
    throw error
  }
  return Promise.all(writers.map((w) => w.finish()))
}

/** The pieces of the original in order, and the document it came in. What an attempt cut short by a crash had derived is removed. */
async function receivedOf(
  vault: Vault,
  key: RenditionKey,
): Promise<{ pieces: SealedStream[]; sources: SealedStream[] }> {
  const all = await vault.recover(key)
  const named = (kind: string): SealedStream[] =>
    all.filter((s) => s.name.startsWith(`${kind}/`)).sort((a, b) => legOf(a.name) - legOf(b.name))
  const received = { pieces: named('original'), sources: named('source') }
  const kept = [...received.pieces, ...received.sources]
  for (const stream of all) if (!kept.includes(stream)) await vault.removeStream(key, stream.streamId)
  return received
}

async function store(
  deps: DecodeDeps,
  done: { upload: Upload; key: RenditionKey; probe: AudioProbe; streams: SealedStream[]; audio: object },
): Promise<void> {
  const { upload, probe, streams } = done
  const { facts, callId } = upload
  const startedAt = facts.startedAt ? new Date(facts.startedAt) : new Date(deps.clock.now())
  const protocol = facts.protocol ?? 'upload'
  const about = deps.decide(callId, facts, protocol)
  const lanes = streams.filter((s) => s.name.startsWith('lane/'))
  const bytes = Math.max(...lanes.map((s) => s.bytes - laneHeaderBytes))
  const durationMs = msOf(bytes / sampleBytes(probe.lane.codec), probe.lane.rate)
  await deps.db.transaction().execute(async (tx) => {
    const country = about.agentCountry ?? about.callerCountry
    const kept = keptFor(deps.keeping.termOf, {
      purposes: about.decision.purposes,
      startMs: startedAt.getTime(),
      nowMs: deps.clock.now(),
      country,
    })
    const card = await deps.vault.createRendition(tx, {
      id: newId(),
      callId,
      format: 'card',
      purpose: 'card',
      wraps: [
        ...cardWraps(kept),
        { purpose: 'processing', expiresOn: lastProcessingDay(deps.clock.now(), deps.processingDays) },
      ],
    })
    try {
      const customerIndex = await insertCall(tx, { deps, upload, card, about, startedAt, durationMs, protocol })
      await insertLegs(tx, { callId, probe, agentLane: facts.agentLane, durationMs })
      await insertRenditions(tx, {
        deps,
        upload,
        kept,
        bytes: streams.reduce((n, s) => n + s.bytes, 0),
      })
      const originals = streams
        .filter((s) => s.name.startsWith('original/'))
        .map((s) => ({ name: s.name, bytes: s.bytes, sha256: s.sha256 }))
      await deps.evidence.append(
        tx,
        {
          type: 'upload.received',
          callId,
          data: {
            container: probe.container,
            codec: probe.codec,
            durationMs,
            originals,
            audio: done.audio,
            warnings: probe.warnings,
            purposes: about.decision.purposes,
            policyVersion: about.decision.policyVersion,
          },
        },
        card,
      )
      await deps.keeping.open(tx, {
        callId,
        cardId: card.renditionId,
        startedAt,
        country,
        customerIndex,
        terms: termsFor(kept, about.decision),
      })
      if (facts.consent === 'yes')
        await deps.keeping.consent(tx, {
          callId,
          caller: customerIndex,
          kind: 'given',
          protocol,
          by: 'caller',
          atMs: startedAt.getTime(),
          recordedBy: null,
        })
      await deps.vault.sealRendition(tx, upload.renditionId, streams)
      await tx
        .updateTable('upload')
        .set({ state: 'done', facts: Buffer.alloc(0), updated_at: new Date(deps.clock.now()) })
        .where('id', '=', upload.id)
        .execute()
      await deps.enqueueRenditions(tx as never, callId)
    } finally {
      card.dispose()
    }
  })
}

type InsertCall = {
  deps: DecodeDeps
  upload: Upload
  card: RenditionKey
  about: ReturnType<DecodeDeps['decide']>
  startedAt: Date
  durationMs: number
  protocol: string
}

async function insertCall(
  tx: CaptureTx,
  { deps, upload, card, about, startedAt, durationMs, protocol }: InsertCall,
): Promise<Buffer | null> {
  const { facts, callId } = upload
  const { vault } = deps
  const parties = facts.parties ?? [
    ...(facts.customer
      ? [
          {
            role: 'customer' as const,
            address: facts.customer.address,
            name: facts.customer.name,
            country: facts.customer.country,
          },
        ]
      : []),
    ...(facts.agent ? [{ role: 'agent' as const, address: facts.agent }] : []),
  ]
  const customer = parties.find((p) => p.role === 'customer')?.address
  const index = customerIndex(vault.box, customer)
  const content: Card = {
    parties,
    sessionKey: upload.id,
    agentAlias: facts.agent,
    fileName: facts.fileName,
    raw: facts.raw ?? [],
    dtmf: [],
  }
  await tx
    .insertInto('call')
    .values({
      id: callId,
      state: 'sealed',
      protocol,
      direction: facts.direction ?? null,
      queue: facts.queue ?? null,
      session_index: vault.box.blindIndex('session', `${protocol}\0${upload.id}`),
      conversation_index: null,
      started_at: startedAt,
      ended_at: new Date(startedAt.getTime() + durationMs),
      duration_ms: durationMs,
      ending: 'hangup',
      agent_id: about.agent?.personId ?? null,
      team_ids: about.agent?.teamIds ?? [],
      caller_country: about.callerCountry,
      agent_country: about.agentCountry,
      customer_index: index,
      announcement: null,
      decision: JSON.stringify(about.decision),
      gaps_provable: false,
      consent: facts.consent ?? 'not_asked',
      card_id: card.renditionId,
      card: vault.sealValue(card, 'card', Buffer.from(JSON.stringify(content))),
    })
    .execute()
  return index
}

async function insertLegs(
  tx: CaptureTx,
  leg: { callId: string; probe: AudioProbe; agentLane: 0 | 1 | undefined; durationMs: number },
): Promise<void> {
  for (let index = 0; index < leg.probe.lanes; index++) {
    const role =
      leg.probe.lanes === 1 || leg.agentLane === undefined
        ? ('unknown' as const)
        : leg.agentLane === index
          ? ('agent' as const)
          : ('customer' as const)
    const label = leg.probe.lanes === 1 ? 'mono' : index === 0 ? 'left' : 'right'
    await tx
      .insertInto('call_leg')
      .values({
        call_id: leg.callId,
        index,
        label,
        role,
        codec: leg.probe.codec,
        rate: leg.probe.sampleRate,
        duration_ms: leg.durationMs,
        gaps_provable: false,
        gaps: '[]',
      })
      .execute()
  }
}

async function insertRenditions(
  tx: CaptureTx,
  { deps, upload, kept, bytes }: { deps: DecodeDeps; upload: Upload; kept: Kept[]; bytes: number },
): Promise<void> {
  const processing = {
    call_id: upload.callId,
    purpose: 'processing',
    rendition_id: upload.renditionId,
    format: 'lanes',
    state: 'sealed' as const,
    bytes,
    expires_on: day(lastProcessingDay(deps.clock.now(), deps.processingDays)),
  }
  const pending = pendingRows(upload.callId, kept, () => 'lanes')
  await tx
    .insertInto('call_rendition')
    .values([processing, ...pending])
    .execute()
}

/** Several streams read as one after the other. */
export function joined(readers: StreamReader[]): StreamReader {
  if (readers.length === 1) return readers[0] as StreamReader
  const starts: number[] = []
  let size = 0
  for (const reader of readers) {
    starts.push(size)
    size += reader.size
  }
  return {
    size,
    async read(from, to) {
      const parts: Buffer[] = []
      for (const [i, reader] of readers.entries()) {
        const start = starts[i] as number
        const a = Math.max(from, start) - start
        const b = Math.min(to, start + reader.size) - start
        if (a < b) parts.push(await reader.read(a, b))
      }
      return Buffer.concat(parts)
    },
  }
}

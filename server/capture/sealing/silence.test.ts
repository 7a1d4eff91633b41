import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createEvidence, type Evidence } from '../../evidence/index.ts'
import { manualClock } from '../../platform/clock.ts'
import { newId } from '../../platform/ids.ts'
import { silentLog } from '../../platform/log.ts'
import { localObjects } from '../../platform/objects/index.ts'
import { type TestDatabase, testDatabase } from '../../platform/testkit/database.ts'
import { createVault, fileEpochKeys, type Vault } from '../../vault/index.ts'
import { maskFacts } from '../mask-facts.ts'
import { LegRecords } from '../media/index.ts'
import { headerOf, logOf } from '../media/testkit/logs.ts'
import { sendRtp } from '../media/testkit/rtp.ts'
import { eventAt, unique } from '../media/testkit/timelines.ts'
import type { CaptureDb } from '../recorder/ledger.ts'
import { openLanes } from './derive.ts'
import { makeRenditions } from './renditions.ts'
import { createSealer } from './seal.ts'
import { silenceCall } from './silence.ts'

const DAY = 86_400_000
const clock = manualClock()
let database: TestDatabase
let db: CaptureDb
let root = ''
let vault: Vault
let evidence: Evidence
beforeAll(async () => {
  database = await testDatabase()
  db = database.db as never
  root = await mkdtemp(join(tmpdir(), 'verbale-silence-'))
  vault = await createVault({
    db: db as never,
    objects: localObjects(join(root, 'objects')),
    keys: localObjects(join(root, 'keys')),
    epochKeys: fileEpochKeys([localObjects(join(root, 'epoch'))]),
    clock,
    log: silentLog,
  })
  const guard = localObjects(join(root, 'guard'))
  evidence = createEvidence({ db: db as never, vault, clock, log: silentLog, guard, operator: 'log.example' })
})
afterAll(async () => {
  await vault.stop()
  await database.drop()
  await rm(root, { recursive: true, force: true })
})

/** Ten seconds of one leg; a mask of the call in progress was on from 2 to 3 s. */
function packets(): Buffer {
  const header = headerOf({ codec: 'PCMA', rate: 8000, channels: 1 })
  const leg = new LegRecords(header)
  const records = sendRtp(unique(500)).flatMap((s) => [
    ...(s.index === 100 ? [eventAt(leg, 2000, { type: 'mask', on: true, kind: 'sensitive' })] : []),
    ...(s.index === 150 ? [eventAt(leg, 3000, { type: 'mask', on: false })] : []),
    s.index >= 100 && s.index < 150 ? leg.maskedRtp(s.packet, s.arrivalNs) : leg.rtp(s.packet, s.arrivalNs),
  ])
  return logOf(header, [...records, eventAt(leg, 10_000, { type: 'end' })])
}

type Made = { id: string; card: string; renditions: Record<string, string> }

/** A call as the recorder seals it, with its renditions unless `pending`. */
async function sealedCall(pending = false): Promise<Made> {
  const [id, cardId, processingId] = [newId(), newId(), newId()]
  const day = (days: number): Date => new Date(clock.now() + days * DAY)
  const wrap = (purpose: string, days: number) => ({ purpose, expiresOn: day(days) })
  const wraps = [wrap('evidence', 40), wrap('training', 20), wrap('processing', 7)]
  const renditions: Record<string, string> = { processing: processingId, evidence: newId(), training: newId() }
  const { card, processing } = await db.transaction().execute(async (tx) => {
    const keys = {
      card: await vault.createRendition(tx, { id: cardId, callId: id, format: 'card', purpose: 'card', wraps }),
      processing: await vault.createRendition(tx, {
        id: processingId,
        callId: id,
        format: 'packets',
        purpose: 'processing',
        wraps: [wrap('processing', 7)],
      }),
    }
    const call = { id, state: 'sealing', protocol: 'siprec', decision: '{}', gaps_provable: true, card_id: cardId }
    const none = { session_index: Buffer.alloc(0), conversation_index: null, started_at: new Date(clock.now()) }
    await tx
      .insertInto('call')
      .values({ ...call, ...none, card: null } as never)
      .execute()
    for (const [purpose, rendition_id] of Object.entries(renditions))
      await tx
        .insertInto('call_rendition')
        .values({
          call_id: id,
          purpose,
          rendition_id,
          material: purpose === 'processing' ? null : purpose === 'evidence' ? 'original' : 'masked',
          format: purpose === 'training' ? 'lanes' : 'packets',
          state: purpose === 'processing' ? 'recording' : 'pending',
          expires_on: wraps
            .find((w) => w.purpose === purpose)!
            .expiresOn.toISOString()
            .slice(0, 10),
        })
        .execute()
    return keys
  })
  const streams = [await vault.writeStream(processing, 'packets/0', [packets()])]
  await createSealer({ db, vault, evidence, enqueueRenditions: async () => {} }).seal({
    callId: id,
    card,
    processing,
    streams,
    sequenced: true,
  })
  for (const key of [card, processing]) key.dispose()
  if (!pending) await makeRenditions({ db, vault, evidence, keeping: null as never }, id)
  return { id, card: cardId, renditions }
}

const found = {
  payment: [{ leg: 0, fromMs: 2500, toMs: 4000, type: 'CARD' }],
  personal: [{ leg: 0, fromMs: 6000, toMs: 7000 }],
}
const silence = (callId: string) => silenceCall({ db, vault, evidence }, callId, found)

/** Spans of a rendition that are silent, of those that are asked for: its card number, its personal data, what else was said. */
async function silentIn(renditionId: string, open: () => ReturnType<Vault['unlock']>): Promise<boolean[]> {
  const key = await open()
  const lane = (await openLanes(vault, key, await vault.manifest(renditionId)))[0]!.lane
  const silent = async (fromMs: number, toMs: number): Promise<boolean> =>
    (await lane.read(fromMs * 8, toMs * 8)).every((byte) => byte === 0xd5)
  const all = [await silent(3000, 4000), await silent(6000, 7000), await silent(8000, 9000)]
  lane.close()
  key.dispose()
  return all
}
const silentFor = (call: Made, purpose: string) =>
  silentIn(call.renditions[purpose]!, () => vault.unlock(call.renditions[purpose]!, purpose))

const editions = async ({ id }: Made) =>
  Object.fromEntries(
    (await db.selectFrom('call_rendition').select(['purpose', 'edition']).where('call_id', '=', id).execute()).map(
      ({ purpose, edition }) => [purpose, edition],
    ),
  )
const toldOf = async ({ card }: Made) => {
  const key = await vault.unlock(card, 'evidence')
  const events = await evidence.read(key)
  key.dispose()
  return events.filter(({ type }) => type === 'capture.silenced').map(({ data }) => data)
}

it('is done once, told once, and counts what the mask of the call had missed', async () => {
  const before = await maskFacts(db)
  const call = await sealedCall()
  expect(await maskFacts(db)).toEqual({ ...before, calls: before.calls + 1, maskedLiveMs: before.maskedLiveMs + 1000 })
  await silence(call.id)
  await silence(call.id)
  expect(await editions(call)).toEqual({ processing: 1, evidence: 1, training: 1 })
  expect(await silentFor(call, 'processing')).toEqual([true, false, false])
  expect(await silentFor(call, 'evidence')).toEqual([true, false, false])
  expect(await silentFor(call, 'training')).toEqual([true, true, false])
  expect(await toldOf(call)).toMatchObject([
    { purpose: 'processing', payment: [{ leg: 0, fromMs: 2500, toMs: 4000, types: ['CARD'] }], silencedMs: 1500 },
    { purpose: 'evidence', silencedMs: 1500 },
    { purpose: 'training', silencedMs: 2500, dropped: [] },
  ])
  const [leg] = await db.selectFrom('call_leg').selectAll().where('call_id', '=', call.id).execute()
  const sensitive = leg!.gaps.filter(({ kind }) => kind === 'sensitive')
  expect(sensitive.map(({ fromMs, toMs }) => [fromMs, toMs])).toEqual([[2000, 4000]])
  expect(await maskFacts(db)).toEqual({
    calls: before.calls + 1,
    maskedLiveMs: before.maskedLiveMs + 1000,
    foundLaterMs: before.foundLaterMs + 1000,
    callsWithMiss: before.callsWithMiss + 1,
  })
})

it('waits for renditions that are still being made', async () => {
  const call = await sealedCall(true)
  await expect(silence(call.id)).rejects.toMatchObject({ code: 'renditions_pending' })
  await makeRenditions({ db, vault, evidence, keeping: null as never }, call.id)
  await silence(call.id)
  expect(await silentFor(call, 'training')).toEqual([true, true, false])
})

it('leaves a purpose alone that has ended, and reaches one that a hold keeps beyond its day', async () => {
  const call = await sealedCall()
  const holdId = newId()
  await vault.end([{ renditionId: call.renditions['training']!, purpose: 'all' }])
  await db.transaction().execute((tx) => vault.hold(tx, { holdId, renditionIds: [call.renditions['evidence']!] }))
  clock.advance(60 * DAY)
  await silence(call.id)
  expect(await silentIn(call.renditions['evidence']!, () => vault.unlockHeld(call.renditions['evidence']!))).toEqual([
    true,
    false,
    false,
  ])
  expect(await editions(call)).toEqual({ processing: 1, evidence: 1, training: 0 })
  // nobody holds the card any more: the event outlives it
  const events = await db.selectFrom('evidence_event').select('rendition_id').where('call_id', '=', call.id).execute()
  expect(events).toEqual([{ rendition_id: null }, { rendition_id: null }])
})

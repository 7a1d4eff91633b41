import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Kysely } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { CallDetail } from '../../contract/models/calls.ts'
import { unpack } from '../../proof/package/testkit/repack.ts'
import { sourceOf } from '../../proof/package/testkit/sample.ts'
import { readTrust, type Verdict, verifyPackage } from '../../proof/verify.ts'
import type { SrcSimulator } from '../../server/capture/protocols/siprec/testkit/src-simulator.ts'
import type { CaptureTables } from '../../server/capture/index.ts'
import { personCopy } from '../../server/capture/playback/person-copy.ts'
import { openLanes } from '../../server/capture/sealing/derive.ts'
import { maskFacts } from '../../server/capture/mask-facts.ts'
import { asL16, type Lane } from '../../server/capture/media/index.ts'
import { systemClock } from '../../server/platform/clock.ts'
import { silentLog } from '../../server/platform/log.ts'
import { localObjects } from '../../server/platform/objects/index.ts'
import { textOfPdf } from '../../server/platform/testkit/pdf.ts'
import { organisation } from '../../server/retention/testkit/governance.ts'
import { scripted } from '../../server/transcripts/testkit/script.ts'
import { createVault, fileEpochKeys, type Vault, type VaultTables } from '../../server/vault/index.ts'
import { publish, rule } from './policy.ts'
import { addRecording } from './recording.ts'
import { type Client, join_, setUp, startServer, type TestServer } from './server.ts'
import { openSimulator } from './siprec.ts'
import { stepper } from './steps.ts'
import { soundsWav } from './wav.ts'

/* A card number that was said and that no mask kept out: the transcript finds it, and it leaves the audio of everything that is kept. */

const number = 'quattro uno uno uno uno uno uno uno uno uno uno uno uno uno uno uno'
const script: string[] = []
/** What has to be over before anything is heard. */
let hearing: Promise<void> = Promise.resolve()
let server: TestServer
let admin: Client
let analyst: Client
let simulator: SrcSimulator
let run: ReturnType<typeof stepper>
const folders: string[] = []
const vaults: Vault[] = []

beforeAll(async () => {
  const engines = scripted(script)
  const transcriber = engines.batch(null)!
  server = await startServer({
    engines: {
      ...engines,
      batch: () => ({
        ...transcriber,
        transcribe: async (audio, ask) => {
          await hearing
          return transcriber.transcribe(audio, ask)
        },
      }),
    },
  })
  admin = await setUp(server)
  await admin.api('PUT /organisation', { body: { organisation: organisation(), basedOn: 0 } })
  analyst = (await join_(admin, server, { name: 'Anna', email: 'anna@example.test', role: 'analyst' })).who
  const facts = { name: 'Bruno', email: 'bruno@example.test', role: 'agent' as const }
  const agent = (await join_(admin, server, { ...facts, aliases: ['sip:201@pbx.example.test'] })).who
  simulator = await openSimulator(admin)
  run = stepper({ admin, agent, simulator })
  await publish(admin, [rule({ purposes: ['evidence', 'training', 'analytics'] })])
})
afterAll(async () => {
  for (const vault of vaults) await vault.stop()
  simulator?.close()
  await server?.destroy()
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

/** Nothing is heard until the function it gives is called. */
function hold(): () => void {
  let release = (): void => {}
  hearing = new Promise((resolve) => (release = resolve))
  return release
}

const db = (): Kysely<CaptureTables & VaultTables> => server.database.db as never

/** A vault on a copy of the folders as they are now; other objects where they are given. */
async function vaultNow(objects?: string): Promise<Vault> {
  const at = copyOf(server.dataDir)
  const made = await createVault({
    db: server.database.db as never,
    objects: localObjects(objects ?? join(at, 'objects')),
    keys: localObjects(join(at, 'keystore')),
    epochKeys: fileEpochKeys([localObjects(join(at, 'epoch-keys'))]),
    clock: systemClock,
    log: silentLog,
  })
  vaults.push(made)
  return made
}

function copyOf(folder: string): string {
  const copy = mkdtempSync(join(tmpdir(), 'verbale-silence-'))
  folders.push(copy)
  cpSync(folder, copy, { recursive: true })
  return copy
}

async function done(callId: string): Promise<CallDetail> {
  for (const end = Date.now() + 30_000; Date.now() < end; await sleep(50)) {
    const { state } = await admin.api('GET /calls/:callId/transcript', { params: { callId } })
    if (state === 'done') return admin.api('GET /calls/:callId', { params: { callId } })
  }
  throw new Error('the call was not written down')
}

type Span = { leg: number; fromMs: number; toMs: number }

/** Where the marks of a type are, by the times of their words. */
async function marked(callId: string, type: string): Promise<Span[]> {
  const ask = { params: { callId }, body: { purpose: 'analytics', reason: '' } }
  const { turns } = await analyst.api('POST /calls/:callId/transcript', ask)
  return turns.flatMap(({ leg, words, marks }) =>
    marks
      .filter((mark) => mark.type === type)
      .flatMap((mark) => words.filter(({ at }) => at === mark.at).map(({ fromMs, toMs }) => ({ leg, fromMs, toMs }))),
  )
}

/** Share of a span in which something can be heard, 0 to 1. */
async function heardIn(lane: Lane, { fromMs, toMs }: Omit<Span, 'leg'>): Promise<number> {
  const plain = asL16(lane, lane.rate)
  const [from, to] = [fromMs, toMs].map((ms) => Math.round((ms * lane.rate) / 1000)) as [number, number]
  const bytes = await plain.read(from, to)
  let loud = 0
  for (let i = 0; i < to - from; i++) if (Math.abs(bytes.readInt16LE(2 * i)) > 100) loud++
  return loud / (to - from)
}

/** By rendition: what can be heard in a span, by purpose and window. */
async function everywhere(vault: Vault, callId: string, span: Span): Promise<Record<string, number>> {
  const rows = await db().selectFrom('call_rendition').selectAll().where('call_id', '=', callId).execute()
  const found: Record<string, number> = {}
  for (const { rendition_id, purpose, segment, state } of rows) {
    expect(state).toBe('sealed')
    const key = await vault.unlock(rendition_id, purpose)
    const manifest = await vault.manifest(rendition_id)
    for (const { leg, lane } of await openLanes(vault, key, manifest)) {
      if (leg === span.leg) found[`${purpose} ${segment}`] = await heardIn(lane, span)
      lane.close()
    }
    key.dispose()
  }
  return found
}

async function packaged(callId: string, segment?: number): Promise<{ verdict: Verdict; files: Map<string, Buffer> }> {
  const response = await admin.fetch(`/api/v1/calls/${callId}/package`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ reason: 'contestazione del contratto', segment }),
  })
  const bytes = Buffer.from(await response.arrayBuffer())
  if (response.status !== 200) throw new Error(bytes.toString('utf8'))
  const { items } = await admin.api('GET /log')
  const trust = readTrust({ logKeys: items.map(({ vkey }) => vkey), roots: null, newer: null, nowMs: Date.now() })
  return { verdict: await verifyPackage(sourceOf(bytes), trust), files: await unpack(bytes) }
}

async function doctor(): Promise<string[]> {
  const found: string[] = []
  for await (const { code } of server.running.doctor()) found.push(code)
  return found
}

const sensitiveOf = ({ gaps }: CallDetail): Span[] => gaps.filter(({ kind }) => kind === 'sensitive')
const grantFor = (callId: string, purpose: 'evidence' | 'training') =>
  admin.api('POST /calls/:callId/listen', { params: { callId }, body: { purpose, reason: 'verifica' } })

test('of a file: silent in every rendition, its bytes are gone, and everything around it is proved', async () => {
  script.splice(
    0,
    script.length,
    'prego mi dica',
    'prosegua pure',
    `buongiorno allora ecco adesso le dico il numero ${number} grazie e arrivederci`,
    'mi chiamo Mario Rossi',
  )
  const release = hold()
  const facts = { direction: 'inbound', agentLane: 0, customer: { address: '+39 333 4445556' } }
  const callId = await addRecording(admin, facts, soundsWav(22, { left: [1, 10], right: [5, 6, 7, 15] }))
  const before = copyOf(join(server.dataDir, 'objects'))
  const rows = {
    wraps: await db().selectFrom('key_wrap').selectAll().execute(),
    renditions: await db().selectFrom('rendition').select(['id', 'manifest']).where('call_id', '=', callId).execute(),
  }
  const [grant, training] = [await grantFor(callId, 'evidence'), await grantFor(callId, 'training')]
  release()
  const call = await done(callId)

  const [card] = (await marked(callId, 'CARD')) as [Span]
  const [name] = (await marked(callId, 'NAME')) as [Span]
  expect([card.leg, name.leg]).toEqual([1, 1])
  const vault = await vaultNow()
  const silent = { 'processing 0': 0, 'evidence 0': 0, 'training 0': 0 }
  expect(await everywhere(vault, callId, card)).toEqual(silent)
  const around = await everywhere(vault, callId, { leg: 1, fromMs: card.fromMs - 400, toMs: card.fromMs - 250 })
  expect(Object.values(around).every((share) => share > 0.9)).toBe(true)
  // personal, and no payment data: it leaves masked audio only
  const named = await everywhere(vault, callId, name)
  expect(named['training 0']).toBe(0)
  expect(named['evidence 0']).toBeGreaterThan(0.5)
  const other = await everywhere(vault, callId, { leg: 0, fromMs: 1200, toMs: 1800 })
  expect(Object.values(other).every((share) => share > 0.9)).toBe(true)

  // the file itself cannot be cut
  const names = (await Promise.all(rows.renditions.map(({ id }) => vault.manifest(id)))).flat().map((s) => s.name)
  expect(names.filter((n) => n.startsWith('original/'))).toEqual([])
  expect(sensitiveOf(call)).toMatchObject([{ leg: 1 }])
  expect(sensitiveOf(call)[0]!.fromMs).toBeLessThan(card.fromMs)
  expect(sensitiveOf(call)[0]!.toMs).toBeGreaterThan(card.toMs)

  // playback under way ends, and goes on with a new permission
  for (const { mediaUrl } of [grant, training]) {
    const answer = await admin.fetch(mediaUrl)
    expect([answer.status, ((await answer.json()) as { code: string }).code]).toEqual([410, 'grant_ended'])
  }
  const again = await grantFor(callId, 'evidence')
  expect((await admin.fetch(again.mediaUrl)).status).toBe(200)
  expect(again.gaps.filter(({ kind }) => kind === 'sensitive')).toHaveLength(1)

  const { verdict, files } = await packaged(callId)
  expect(verdict).toMatchObject({ verdict: 'verified', copy: 'masked' })
  const gaps = JSON.parse(files.get('gaps.json')!.toString()) as { silenced: (Span & { types: string[] })[] }
  expect(gaps.silenced).toMatchObject([{ index: 1, types: ['CARD'] }])
  expect(textOfPdf(files.get('report-it.pdf')!)).toContain('dati di carta o di conto')
  const custody = JSON.parse(files.get('custody.json')!.toString()) as { events: { type: string; file: string }[] }
  const told = custody.events.filter(({ type }) => type === 'capture.silenced')
  const events = told.map(({ file }) => JSON.parse(files.get(file)!.toString()).data as Record<string, unknown>)
  expect(events.map(({ purpose }) => purpose)).toEqual(['processing', 'evidence', 'training'])
  for (const { purpose, streams, dropped } of events) {
    expect(dropped).toEqual(purpose === 'training' ? [] : ['original/0'])
    expect(streams).toEqual(
      expect.arrayContaining([expect.objectContaining({ name: 'lane/1', sha256: expect.any(String) })]),
    )
  }
  // where it was, and not what was said
  expect(JSON.stringify(events)).not.toMatch(/quattro|Rossi/)

  const copies: number[] = []
  const book = { record: async () => 'record' }
  const person = { kind: 'person', personId: null } as never
  const asked = { callId, masks: [], audio: true, text: false, to: person, requestId: 'r' }
  for await (const piece of personCopy({ db: db() as never, vault, book }, asked, async function* (held) {
    for (const copy of held) for await (const bytes of copy.open()) yield bytes
  }))
    copies.push(piece.length)
  expect(copies.reduce((sum, n) => sum + n, 0)).toBeGreaterThan(22 * 8000)
  expect(await doctor()).toEqual(['vault_sound', 'log_sound', 'stamp_none', 'access_chain_sound'])

  // with the bytes, wraps and lists of before, nothing of the call opens
  for (const { rendition_id, purpose, ...row } of rows.wraps)
    await db()
      .updateTable('key_wrap')
      .set(row)
      .where('rendition_id', '=', rendition_id)
      .where('purpose', '=', purpose)
      .execute()
  for (const { id, manifest } of rows.renditions)
    await db()
      .updateTable('rendition')
      .set({ manifest: JSON.stringify(manifest) })
      .where('id', '=', id)
      .execute()
  const old = await vaultNow(before)
  for (const { rendition_id, purpose } of rows.wraps) {
    const row = rows.renditions.find(({ id }) => id === rendition_id)
    if (row?.manifest.some((stream) => stream.name.startsWith('lane/')))
      await expect(old.unlock(rendition_id, purpose)).rejects.toMatchObject({ code: 'purpose_lapsed' })
  }
})

test('of a call in packets: cut in the log, and the windows of a contract prove themselves', async () => {
  script.splice(
    0,
    script.length,
    `allora il numero è ${number} e poi le dico anche il resto con calma`,
    'prosegua pure',
  )
  hearing = Promise.resolve()
  const { id } = await run([60, 'contract_start', 120, 'contract_end', 60])
  const call = await done(id)
  const [card] = (await marked(id, 'CARD')) as [Span]
  const vault = await vaultNow()
  const heard = await everywhere(vault, id, card)
  expect(heard).toEqual({ 'processing 0': 0, 'evidence 1': 0, 'training 0': 0 })
  const after = await everywhere(vault, id, { leg: card.leg, fromMs: card.toMs + 300, toMs: card.toMs + 500 })
  expect(after['processing 0']).toBeGreaterThan(0.9)
  expect(sensitiveOf(call)).toMatchObject([{ leg: card.leg, provable: true }])
  expect(sensitiveOf(call)[0]!.toMs - sensitiveOf(call)[0]!.fromMs).toBeLessThan(card.toMs - card.fromMs + 400)
  const { verdict } = await packaged(id, 1)
  expect(verdict.verdict).toBe('verified')
  const facts = await maskFacts(db() as never)
  expect(facts).toMatchObject({ calls: 2, callsWithMiss: 2, maskedLiveMs: 0 })
  expect(facts.foundLaterMs).toBeGreaterThan(2 * 500)
})

test('a call in which nothing was found is left as it was', async () => {
  script.splice(0, script.length, 'buongiorno', 'vorrei una copia della fattura')
  const facts = { direction: 'inbound', agentLane: 0, customer: { address: '+39 333 4445556' } }
  const callId = await addRecording(admin, facts, soundsWav(8, { left: [1], right: [4] }))
  const editions = () => db().selectFrom('call_rendition').select('edition').where('call_id', '=', callId).execute()
  const call = await done(callId)
  expect(new Set((await editions()).map(({ edition }) => edition))).toEqual(new Set([0]))
  expect(sensitiveOf(call)).toEqual([])
  expect((await packaged(callId)).verdict).toMatchObject({ verdict: 'verified', copy: 'original' })
})

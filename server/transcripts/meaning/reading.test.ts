import type { Kysely } from 'kysely'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { SearchAsk } from '../../../contract/models/transcripts.ts'
import type { Actor } from '../../platform/http/handlers.ts'
import { newId } from '../../platform/ids.ts'
import { type TestDatabase, testDatabase } from '../../platform/testkit/database.ts'
import type { TranscriptTables } from '../store.ts'
import { transcribedCall } from '../testkit/turns.ts'
import { openEmbedder } from './embedder.ts'
import { countRead, forgetOthers, meant, readMeanings } from './reading.ts'
import { searchMeaning } from './search.ts'
import { type EmbeddingServer, embeddingServer } from './testkit.ts'

let database: TestDatabase
let db: Kysely<TranscriptTables>
let server: EmbeddingServer
beforeAll(async () => {
  database = await testDatabase()
  db = database.db as never
  server = await embeddingServer()
})
afterAll(async () => {
  await server?.close()
  await database?.drop()
})
afterEach(async () => {
  server.received.length = 0
  await db.deleteFrom('transcript').execute()
})

const embedder = (model = 'small') => openEmbedder({ url: server.url, model, timeoutSeconds: 5, batch: 2 })
const readAll = (model = 'small'): Promise<void> =>
  readMeanings({ db, enqueue: async () => {}, embedder: embedder(model), batch: 2 }, new AbortController().signal)
const someone = (role: string, more: Partial<Actor> = {}): Actor =>
  ({ personId: newId(), tokenId: null, sessionId: null, role, teamIds: [], ...more }) as unknown as Actor
const find = async (ask: Partial<SearchAsk> & { text: string }, actor = someone('analyst'), today = '2026-11-27') => {
  const deps = { db, today: () => today, embedder: embedder(), redactText: async (text: string) => text }
  const asked = SearchAsk.parse({ purpose: 'analytics', by: 'meaning', ...ask })
  return (await searchMeaning(deps, actor, asked)).items
}

it('finds what says the same in other words and other languages, the most alike first', async () => {
  const italian = await transcribedCall(db, [
    { text: 'buongiorno mi dica pure' },
    { text: 'vorrei rescindere il contratto con voi' },
    { text: 'ho un guasto alla linea di casa' },
  ])
  const french = await transcribedCall(db, [{ language: 'fr', text: 'je veux résilier mon contrat de téléphone' }])
  await readAll()
  const found = await find({ text: 'disdetta dell’abbonamento', limit: 2 })
  expect(new Set(found.map(({ callId, index }) => `${callId} ${index}`))).toEqual(
    new Set([`${italian} 1`, `${french} 0`]),
  )
  expect(found.map(({ quote }) => quote[0]?.text)).toContain('vorrei rescindere il contratto con voi')
  // what says something else is not found at all
  expect(await find({ text: 'un guasto' })).toMatchObject([{ callId: italian, index: 2 }])
})

it('is asked only of calls kept for the purpose, within the reach, that pass the filters', async () => {
  const agentId = newId()
  const said = [{ text: 'vorrei disdire il contratto' }]
  const mine = await transcribedCall(db, said, { agentId, queue: 'Vendite' })
  await transcribedCall(db, said, { purposes: { training: '2027-01-01' } })
  await transcribedCall(db, said, { purposes: { analytics: '2026-11-26' } })
  const other = await transcribedCall(db, [{ role: 'agent', text: 'può disdire il contratto quando vuole' }])
  await readAll()
  const calls = async (...args: Parameters<typeof find>): Promise<string[]> =>
    (await find(...args)).map(({ callId }) => callId).toSorted()
  const text = 'lasciarvi e chiudere il contratto'
  expect(await calls({ text })).toEqual([mine, other].toSorted())
  expect(await calls({ text, speaker: 'agent' })).toEqual([other])
  expect(await calls({ text, queue: 'Vendite' })).toEqual([mine])
  expect(await calls({ text, language: 'fr' })).toEqual([])
  expect(await calls({ text }, someone('agent', { personId: agentId } as never))).toEqual([mine])
})

it('reads neither marks nor what is too short to mean something', async () => {
  expect(meant('la mia carta è [CARD] grazie')).toBe('la mia carta è grazie')
  expect(meant('sì [NAME] certo')).toBeNull()
  const id = await transcribedCall(db, [{ text: 'sì certo' }, { text: 'abito in [ADDRESS] a [ADDRESS] da anni' }])
  await readAll()
  expect(server.received).toEqual(['abito in a da anni'])
  const rows = await db.selectFrom('transcript_meaning').select('idx').where('call_id', '=', id).execute()
  expect(rows).toEqual([{ idx: 1 }])
})

it('goes with the transcript; another model reads everything again', async () => {
  const id = await transcribedCall(db, [{ text: 'vorrei un rimborso della fattura' }])
  const gone = await transcribedCall(db, [{ text: 'il rimborso non è arrivato' }])
  await readAll()
  expect(await countRead(db)).toEqual({ read: 2, all: 2 })
  await db.deleteFrom('transcript').where('call_id', '=', gone).execute()
  expect(await db.selectFrom('transcript_meaning').select('call_id').execute()).toEqual([{ call_id: id }])
  await forgetOthers(db, 'small')
  expect(await countRead(db)).toEqual({ read: 1, all: 1 })
  await forgetOthers(db, 'large')
  expect(await countRead(db)).toEqual({ read: 0, all: 1 })
  // vectors of two models are never compared
  await readAll('large')
  expect(await find({ text: 'rimborso della fattura' })).toEqual([])
})

it('a transcript that the server refuses keeps no other waiting; a server that refuses all is told', async () => {
  const calls: string[] = []
  for (const text of [
    'vorrei un rimborso adesso',
    'la fattura è doppia',
    'il modem è rotto',
    'vorrei disdire il contratto',
  ])
    calls.push(await transcribedCall(db, [{ text }]))
  const no = { status: 400, body: '' }
  server.next = [no]
  await readAll()
  // the newest was refused
  expect(await countRead(db)).toEqual({ read: 3, all: 4 })
  await readAll()
  expect(await countRead(db)).toEqual({ read: 4, all: 4 })
  await forgetOthers(db, 'other')
  server.next = [no, no, no]
  await expect(readAll()).rejects.toMatchObject({ code: 'meaning_refused' })
})

it('a very long turn is read as far as models read', () => {
  expect(meant('parola '.repeat(900))).toHaveLength(1200)
})

it('stops with the reason when the server does, and goes on where it was', async () => {
  const first = await transcribedCall(db, [{ text: 'vorrei un rimborso adesso' }])
  const second = await transcribedCall(db, [{ text: 'la fattura è doppia' }])
  server.next = [
    { status: 200, body: JSON.stringify({ data: [{ embedding: Array(8).fill(1) }] }) },
    { status: 401, body: '' },
  ]
  await expect(readAll()).rejects.toMatchObject({ code: 'engine_rejected' })
  expect(await countRead(db)).toEqual({ read: 1, all: 2 })
  await readAll()
  expect(await countRead(db)).toEqual({ read: 2, all: 2 })
  const rows = await db.selectFrom('transcript_meaning').select('call_id').execute()
  expect(rows.map(({ call_id }) => call_id).toSorted()).toEqual([first, second].toSorted())
})

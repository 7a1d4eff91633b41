import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { scripted } from '../../server/transcripts/testkit/script.ts'
import { organisation } from '../../server/retention/testkit/governance.ts'
import { publish, rule } from './policy.ts'
import { addRecording } from './recording.ts'
import { type Client, join_, setUp, startServer, type TestServer } from './server.ts'
import { everyRow } from './tables.ts'
import { soundsWav } from './wav.ts'

const script: string[] = []
let server: TestServer
let admin: Client
let analyst: Client
let officer: Client
beforeAll(async () => {
  server = await startServer({ engines: scripted(script) })
  admin = await setUp(server)
  await admin.api('PUT /organisation', { body: { organisation: organisation(), basedOn: 0 } })
  await publish(admin, [rule({ purposes: ['evidence', 'analytics'] })])
  analyst = (await join_(admin, server, { name: 'Anna', email: 'anna@example.test', role: 'analyst' })).who
  officer = (await join_(admin, server, { name: 'Vera', email: 'vera@example.test', role: 'privacy_officer' })).who
})
afterAll(() => server?.destroy())

const facts = { direction: 'inbound', agentLane: 0, queue: 'Vendite', customer: { address: '+39 333 4445556' } }

/** A conversation, agent first, each says one thing after the other. */
async function said(...turns: string[]): Promise<string> {
  // Lanes are heard one after the other: all of the agent's, then all of the customer's.
  script.splice(0, script.length, ...turns.filter((_, i) => i % 2 === 0), ...turns.filter((_, i) => i % 2 === 1))
  const seconds = turns.map((_, i) => 1 + i * 4)
  const at = { left: seconds.filter((_, i) => i % 2 === 0), right: seconds.filter((_, i) => i % 2 === 1) }
  const callId = await addRecording(admin, facts, soundsWav(3 + turns.length * 4, at))
  for (const end = Date.now() + 20_000; Date.now() < end; await sleep(50)) {
    const { state } = await admin.api('GET /calls/:callId/transcript', { params: { callId } })
    if (state === 'done') return callId
  }
  throw new Error('the call was not written down')
}

const read = (who: Client, callId: string, purpose = 'analytics') =>
  who.api('POST /calls/:callId/transcript', { params: { callId }, body: { purpose, reason: '' } })
const find = (who: Client, text: string) =>
  who.api('POST /transcripts/search', { body: { purpose: 'analytics', text, limit: 50 } })

test('a call is written down, read by who may for a purpose, found by its words, and each look is in the records', async () => {
  const callId = await said('buongiorno come posso aiutarla', 'vorrei disdire l’abbonamento alla rivista')
  const { status, turns } = await read(analyst, callId)
  expect(status).toMatchObject({ state: 'done', language: 'it', engine: { engine: 'script' }, purposes: ['analytics'] })
  expect(turns.map(({ role, text }) => [role, text])).toEqual([
    ['agent', 'buongiorno come posso aiutarla'],
    ['customer', 'vorrei disdire l’abbonamento alla rivista'],
  ])
  const { items } = await find(analyst, 'disdetta OR abbonamenti')
  expect(items).toMatchObject([{ callId, role: 'customer', queue: 'Vendite' }])
  expect(items[0]?.quote.some(({ found }) => found)).toBe(true)
  const { items: accesses } = await officer.api('GET /calls/:callId/accesses', { params: { callId }, query: {} })
  expect(accesses.map(({ action, purpose, outcome, redaction }) => [action, purpose, outcome, redaction])).toEqual([
    ['view', 'analytics', 'allowed', 'masked'],
    ['view', 'analytics', 'allowed', 'masked'],
  ])
})

test('who may not use the purpose reads nothing and finds nothing', async () => {
  const callId = await said('buongiorno', 'cerco un ornitorinco')
  await expect(read(admin, callId)).rejects.toMatchObject({ code: 'purpose_not_allowed' })
  await expect(read(admin, callId, 'evidence')).rejects.toMatchObject({
    code: expect.stringMatching(/not_held|reason/),
  })
  await expect(find(admin, 'ornitorinco')).rejects.toMatchObject({ code: 'purpose_not_allowed' })
  expect((await find(analyst, 'ornitorinco')).items).toHaveLength(1)
})

test('a card number that is spoken is in no table, and the text shows where it was', async () => {
  const callId = await said(
    'mi dica il numero della carta',
    'quattro uno uno uno uno uno uno uno',
    'prosegua pure',
    'uno uno uno uno uno uno uno uno la ringrazio',
  )
  const { turns } = await read(analyst, callId)
  const customer = turns.filter(({ role }) => role === 'customer')
  expect(customer.map(({ text }) => text)).toEqual(['[CARD]', '[CARD] la ringrazio'])
  expect(customer.flatMap(({ marks }) => marks.map(({ type }) => type))).toEqual(['CARD', 'CARD'])
  const dump = await everyRow(server.database.db)
  expect(dump).toContain('la ringrazio')
  const traces = ['uno uno', 'quattro uno', '4111 1111', '41111111', "'uno':"]
  expect(traces.filter((trace) => dump.includes(trace))).toEqual([])
})

test('it leaves as a file for who may export, as an export in the records', async () => {
  const callId = await said('pronto', 'chiamo per il contatore')
  const ask = { params: { callId }, body: { purpose: 'analytics', format: 'srt' as const, reason: '' } }
  const file = await officer.api('POST /calls/:callId/transcript/export', ask)
  expect([file.name, file.content.split('\n')[2]]).toEqual([`${callId}.srt`, 'Operatore: pronto'])
  await expect(analyst.api('POST /calls/:callId/transcript/export', ask)).rejects.toMatchObject({ status: 403 })
  const { items } = await officer.api('GET /calls/:callId/accesses', { params: { callId }, query: {} })
  expect(items.map(({ action }) => action)).toEqual(['export'])
})

test('a note stands beside the text, without what is personal', async () => {
  const callId = await said('pronto', 'volevo un rinborso')
  const turn = await analyst.api('POST /calls/:callId/transcript/corrections', {
    params: { callId },
    body: { purpose: 'analytics', index: 1, text: 'rimborso sulla carta 4111 1111 1111 1111' },
  })
  expect(turn.text).toBe('volevo un rinborso')
  expect(turn.corrections).toMatchObject([{ text: 'rimborso sulla carta [CARD]', authorName: 'Anna' }])
})

test('it goes with its purpose, and evidence goes on', async () => {
  const callId = await said('pronto', 'parliamo di una zanzara')
  expect((await find(analyst, 'zanzara')).items).toHaveLength(1)
  await officer.api('POST /calls/:callId/terms/end', {
    params: { callId },
    body: { purpose: 'analytics', segment: 0, why: 'decisione di prova' },
  })
  expect((await find(analyst, 'zanzara')).items).toEqual([])
  await expect(read(analyst, callId)).rejects.toMatchObject({ status: 410 })
  expect((await admin.api('GET /calls/:callId/transcript', { params: { callId } })).state).toBe('none')
  const left = await sql`select from transcript_turn where call_id = ${callId}`.execute(server.database.db)
  expect(left.rows).toEqual([])
  const { terms } = await officer.api('GET /calls/:callId/terms', { params: { callId } })
  expect(terms.map((t) => `${t.purpose} ${t.state}`).toSorted()).toEqual(['analytics ended', 'evidence live'])
})

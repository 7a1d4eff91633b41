import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
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

/** From now on software writes down what was said for training, too. */
async function trainingReads(): Promise<void> {
  const { version, entries } = await admin.api('GET /purposes')
  const ai = { it: 'trascrizione', fr: 'transcription', en: 'transcription' }
  const next = entries.map((entry) => (entry.key === 'training' ? { ...entry, ai } : entry))
  await admin.api('POST /purposes/versions', {
    body: { entries: next, note: 'formazione sui testi', basedOn: version },
  })
}

test('it leaves in a vCon for the purposes that keep it, beside the audio, and for no other', async () => {
  await trainingReads()
  await publish(admin, [rule({ purposes: ['evidence', 'training', 'analytics'] })])
  const callId = await said(
    'pronto',
    'la mia carta è quattro uno uno uno uno uno uno uno uno uno uno uno uno uno uno uno',
  )
  type Analysis = {
    type: string
    vendor: string
    product: string
    schema: string
    dialog: number
    body: { turns: Turn[] }
  }
  type Turn = { party: number; text: string; from_ms: number; words: { text: string; from_ms: number }[] }
  const vconFor = async (purpose: string) =>
    (await admin.api('POST /calls/:callId/vcon', {
      params: { callId },
      body: { purpose, reason: 'copia di prova' },
    })) as unknown as { parties: { role?: string }[]; analysis: Analysis[] }
  const { analysis, parties } = await vconFor('training')
  expect(analysis).toMatchObject([
    { type: 'transcript', dialog: 0, vendor: 'verbale', product: 'transcripts', schema: 'verbale-transcript-1' },
  ])
  const turns = analysis[0]!.body.turns
  expect(turns.map(({ text, party }) => [parties[party]?.role, text])).toEqual([
    ['agent', 'pronto'],
    ['customer', 'la mia carta è [CARD]'],
  ])
  const { words, from_ms: began } = turns[1]!
  expect(words.map(({ text }) => text)).toEqual(['la', 'mia', 'carta', 'è', '[CARD]'])
  expect(words[0]?.from_ms).toBe(began)
  expect((await vconFor('evidence')).analysis).toEqual([])
  // each role is offered the purposes it may use, and is refused the others
  const offered = async (who: Client) =>
    (await who.api('GET /calls/:callId/transcript', { params: { callId } })).purposes
  expect([await offered(admin), await offered(analyst)]).toEqual([['training'], ['analytics']])
  expect((await read(admin, callId, 'training')).turns).toHaveLength(2)
  await expect(read(analyst, callId, 'training')).rejects.toMatchObject({ code: 'purpose_not_allowed' })
  const { items } = await officer.api('GET /calls/:callId/accesses', { params: { callId }, query: {} })
  expect(items.map(({ action, purpose, outcome }) => `${action} ${purpose} ${outcome}`)).toEqual([
    'view training refused',
    'view training allowed',
    'export evidence allowed',
    'export training allowed',
  ])
  await publish(admin, [rule({ purposes: ['evidence', 'analytics'] })])
})

test('a person’s own copy has what was said, without the words of passages that are silent in it', async () => {
  const callId = await said('pronto', 'sono io mia moglie si chiama così', 'bene', 'grazie')
  const filed = await officer.api('POST /rights/requests', {
    body: { callId, kind: 'access', channel: 'letter', receivedOn: today(), details: '', language: 'it' },
  })
  const at = { params: { requestId: filed.id } }
  await officer.api('POST /rights/requests/:requestId/identity', { ...at, body: { method: 'document' } })
  const { turns } = await read(officer, callId)
  const [, , third, , , sixth] = turns[1]!.words
  const masks = [{ lane: 1, fromMs: third!.fromMs, toMs: sixth!.fromMs + 1 }]
  await officer.api('POST /rights/requests/:requestId/act', { ...at, body: { masks } })
  const response = await officer.fetch(`/api/v1/rights/requests/${filed.id}/package`)
  const files = unzipped(Buffer.from(await response.arrayBuffer()))
  expect([...files.keys()]).toEqual(['data.json', 'about.pdf', 'transcript.txt', 'transcript.json', 'recording.wav'])
  const text = files.get('transcript.txt')!.toString()
  expect(text.split('\n').map((line) => line.split(': ')[1])).toEqual([
    'pronto',
    'sono io […] così',
    'bene',
    'grazie',
    undefined,
  ])
  expect(files.get('transcript.json')!.toString()).not.toMatch(/moglie|corrections/)
  expect(JSON.parse(files.get('data.json')!.toString())).toMatchObject({
    transcript: { engine: 'script', language: 'it', redacted: true, given: true },
  })
})

const today = (): string => new Date().toISOString().slice(0, 10)

/** Files of a ZIP that are stored as they are, by name. */
function unzipped(zip: Buffer): Map<string, Buffer> {
  const folder = mkdtempSync(join(tmpdir(), 'verbale-zip-'))
  try {
    writeFileSync(join(folder, 'data.zip'), zip)
    execFileSync('unzip', ['-q', 'data.zip', '-d', 'x'], { cwd: folder })
    const names = execFileSync('unzip', ['-Z1', 'data.zip'], { cwd: folder }).toString().trim().split('\n')
    return new Map(names.map((name) => [name, readFileSync(join(folder, 'x', name))]))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

test('a search is kept, shared by who may, and run for its purpose', async () => {
  await said('pronto', 'mi spedite una giraffa')
  const kept = await officer.api('POST /transcripts/searches', {
    body: { name: 'giraffe', ask: { purpose: 'analytics', text: 'giraffa' }, shared: true },
  })
  const { items } = await analyst.api('GET /transcripts/searches')
  expect(items).toMatchObject([{ id: kept.id, name: 'giraffe', mine: false, ownerName: 'Vera' }])
  expect((await find(analyst, items[0]!.ask.text)).items).toHaveLength(1)
  const at = { params: { searchId: kept.id } }
  const changed = { name: 'zebre', ask: { purpose: 'analytics', text: 'zebra' }, shared: false }
  await expect(analyst.api('PUT /transcripts/searches/:searchId', { ...at, body: changed })).rejects.toMatchObject({
    code: 'search_unknown',
  })
  await officer.api('PUT /transcripts/searches/:searchId', { ...at, body: changed })
  expect((await analyst.api('GET /transcripts/searches')).items).toEqual([])
  expect(await everyRow(server.database.db)).not.toContain('zebr')
  await officer.api('DELETE /transcripts/searches/:searchId', at)
  expect((await officer.api('GET /transcripts/searches')).items).toEqual([])
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

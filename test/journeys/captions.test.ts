import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import type { LiveEvent } from '../../contract/events.ts'
import type { Caption } from '../../contract/models/captions.ts'
import { organisation } from '../../server/retention/testkit/governance.ts'
import { scripted } from '../../server/transcripts/testkit/script.ts'
import { publish, rule } from './policy.ts'
import { type Client, client, join_, program, setUp, startServer, type TestServer } from './server.ts'
import { settled } from './steps.ts'
import { streamCredential, talk } from './talk.ts'
import { everyRow } from './tables.ts'

const script: string[] = []
let server: TestServer
let admin: Client
let agent: { who: Client; id: string }
let analyst: Client
let credential: { keyId: string; secret: string }
const rules = (pause: { detector: boolean }, purposes: string[]) =>
  rule({ purposes, pause: { agent: true, platform: true, autoResumeSeconds: 0, reachBackSeconds: 0, ...pause } })

beforeAll(async () => {
  server = await startServer({ engines: scripted(script) })
  admin = await setUp(server)
  await admin.api('PUT /organisation', { body: { organisation: organisation(), basedOn: 0 } })
  agent = await join_(admin, server, { name: 'Bruno', email: 'bruno@example.test', role: 'agent' })
  analyst = (await join_(admin, server, { name: 'Anna', email: 'anna@example.test', role: 'analyst' })).who
  credential = await streamCredential(admin)
  await publish(admin, [rules({ detector: true }, ['evidence', 'analytics', 'assist'])])
})
afterAll(() => server?.destroy())
beforeEach(() => void script.splice(0))

/** A machine that does other things too takes its time; what is awaited must come all the same. */
const patient = { timeout: 15_000 }
const facts = {
  agent: 'bruno@example.test',
  queue: 'Vendite',
  parties: [{ role: 'customer', address: '+39 333 4445556', country: 'IT' }],
}

/** A page that follows a call: what stands on it, and everything it was ever sent. */
async function follow(who: Client, callId: string) {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/api/v1/live`, { headers: { cookie: who.cookie } })
  const screen = new Map<string, Caption>()
  const events: LiveEvent[] = []
  const ever: string[] = []
  socket.on('message', (data: Buffer) => {
    const event = JSON.parse(data.toString()) as LiveEvent
    events.push(event)
    ever.push(data.toString())
    if (event.type !== 'captions') return
    for (const caption of event.captions) screen.set(caption.id, caption)
    for (const id of event.withdrawn) screen.delete(id)
    socket.send(JSON.stringify({ shown: event.seq }))
  })
  await new Promise((resolve, reject) => socket.once('message', resolve).once('error', reject))
  const began = await who.api('POST /calls/:callId/captions', { params: { callId } })
  return {
    screen,
    events,
    ever,
    began,
    texts: () => [...screen.values()].map(({ text }) => text),
    close: () => socket.close(),
  }
}

const statusOf = async (callId: string) =>
  (await agent.who.api('GET /live/calls')).items.find(({ id }) => id === callId)?.status
const transcribed = async (callId: string) => {
  await settled(admin, callId)
  await expect
    .poll(async () => (await admin.api('GET /calls/:callId/transcript', { params: { callId } })).state, {
      timeout: 20_000,
    })
    .toBe('done')
  return analyst.api('POST /calls/:callId/transcript', {
    params: { callId },
    body: { purpose: 'analytics', reason: '' },
  })
}

/** Sound under `evidence` in a span of the call, by lane: the share of samples that are not silence. */
async function sound(callId: string, { fromMs, toMs }: { fromMs: number; toMs: number }): Promise<number> {
  const grant = await admin.api('POST /calls/:callId/listen', {
    params: { callId },
    body: { purpose: 'evidence', reason: 'verifica di prova' },
  })
  const wav = Buffer.from(await (await admin.fetch(grant.mediaUrl)).arrayBuffer())
  const pcm = wav.subarray(wav.indexOf('data') + 8)
  let loud = 0
  const [from, to] = [Math.round(fromMs * 8), Math.round(toMs * 8)]
  for (let i = from; i < to; i++) if (pcm.readInt16LE(i * 4) !== 0 || pcm.readInt16LE(i * 4 + 2) !== 0) loud++
  return loud / (to - from)
}

test('a card number that is asked for is heard by nobody: not on the screen, not in the audio, in no file and no table', async () => {
  const call = await talk(server, credential, facts)
  const page = await follow(agent.who, call.callId)
  const says = async (who: 'agent' | 'customer', seconds: number, text: string) => {
    script.push(text)
    const span = await call.speak(who, seconds)
    await call.speak('nobody', 1.2)
    return span
  }
  const asked = await says('agent', 2, 'mi dica il numero della carta')
  await expect.poll(() => statusOf(call.callId), patient).toBe('masked')
  const told = await says('customer', 3, 'quattro uno uno uno uno uno uno uno')
  const rest = await says('customer', 3, 'uno uno uno uno uno uno uno uno')
  await call.speak('nobody', 1)
  const after = await says('agent', 2, 'grazie adesso controllo la fattura')
  await expect.poll(() => statusOf(call.callId), patient).toBe('recording')
  await call.speak('nobody', 0.5)
  expect(page.texts()[0]).toBe('mi dica il numero della carta')
  expect(page.texts().at(-1)).toBe('grazie adesso controllo la fattura')
  script.push('mi dica il numero della carta', 'grazie adesso controllo la fattura')
  await call.hangUp()
  const detail = await settled(admin, call.callId)
  const { turns } = await transcribed(call.callId)
  page.close()

  const secret = /quattro uno|uno uno|4111 ?1111/
  expect(page.ever.filter((event) => secret.test(event))).toEqual([])
  expect(turns.map(({ text }) => text)).toEqual(['mi dica il numero della carta', 'grazie adesso controllo la fattura'])
  expect(await everyRow(server.database.db)).not.toMatch(secret)
  expect(filesWith(server.dataDir, secret)).toEqual([])
  for (const span of [told, rest]) expect(await sound(call.callId, span)).toBe(0)
  for (const span of [asked, after])
    expect(await sound(call.callId, { fromMs: span.fromMs + 200, toMs: span.toMs - 200 })).toBeGreaterThan(0.9)
  expect(detail.gaps.filter(({ kind }) => kind === 'sensitive')).toHaveLength(2)
  expect(detail.marks.map(({ kind, by }) => `${kind} ${by}`)).toEqual(['mask detector', 'unmask detector'])
}, 60_000)

test('digits nobody asked for are left out from their beginning, which was still in memory', async () => {
  const call = await talk(server, credential, facts)
  script.push('quattro uno uno uno uno uno uno uno')
  await call.speak('nobody', 1)
  const told = await call.speak('customer', 2)
  await call.speak('nobody', 1.5)
  await expect.poll(() => statusOf(call.callId), patient).toBe('masked')
  script.push('ecco fatto grazie')
  await call.speak('nobody', 1)
  await call.speak('agent', 1)
  await call.speak('nobody', 1.5)
  await expect.poll(() => statusOf(call.callId), patient).toBe('recording')
  await call.hangUp()
  await settled(admin, call.callId)
  expect(await sound(call.callId, told)).toBe(0)
}, 60_000)

test('where nothing is recorded, captions are in memory only, and a receipt says so', async () => {
  await publish(admin, [rules({ detector: true }, ['assist'])])
  const call = await talk(server, credential, facts)
  const page = await follow(agent.who, call.callId)
  expect(page.began).toMatchObject({ captions: [], state: { mode: 'full', language: 'it' } })
  script.push('cerco un ornitorinco')
  await call.speak('customer', 1.5)
  await call.speak('nobody', 1.5)
  await expect.poll(page.texts, patient).toEqual(['cerco un ornitorinco'])
  const again = await follow(agent.who, call.callId)
  expect(again.began.captions.map(({ text }) => text)).toEqual(['cerco un ornitorinco'])
  await call.hangUp()
  const receiptOf = async () =>
    (await agent.who.api('GET /calls/:callId/captions/receipt', { params: { callId: call.callId } })).receipt
  await expect.poll(receiptOf, patient).toMatchObject({ captions: 1, viewers: 1, engine: 'script', recorded: false })
  expect(await everyRow(server.database.db)).not.toContain('ornitorinco')
  expect(filesWith(server.dataDir, /ornitorinco/)).toEqual([])
  for (const one of [page, again]) one.close()
}, 60_000)

test('who may not use assistance, and who has no page, follows nothing; each try is in the records', async () => {
  await publish(admin, [rules({ detector: false }, ['analytics', 'assist'])])
  const call = await talk(server, credential, facts)
  const ask = { params: { callId: call.callId } }
  await expect(analyst.api('POST /calls/:callId/captions', ask)).rejects.toMatchObject({ code: 'purpose_not_allowed' })
  const { token } = await admin.api('POST /tokens', { body: { name: 'crm', permissions: ['calls.read', 'calls.add'] } })
  await expect(program(server.url, token).api('POST /calls/:callId/captions', ask)).rejects.toMatchObject({
    status: 403,
  })
  const other = await join_(admin, server, { name: 'Livia', email: 'livia@example.test', role: 'agent' })
  await expect(other.who.api('POST /calls/:callId/captions', ask)).rejects.toMatchObject({ status: 404 })
  await agent.who.api('POST /calls/:callId/captions', ask)
  await call.hangUp()
  await settled(admin, call.callId)
  const officer = (await join_(admin, server, { name: 'Vera', email: 'vera@example.test', role: 'privacy_officer' }))
    .who
  const { items } = await officer.api('GET /calls/:callId/accesses', { params: { callId: call.callId }, query: {} })
  expect(items.map(({ actorRole, purpose, outcome }) => [actorRole, purpose, outcome])).toEqual([
    ['agent', 'assist', 'allowed'],
    ['analyst', 'assist', 'refused'],
  ])
}, 60_000)

test('captions of the platform come through as the platform’s, and are the transcript where no engine of ours is', async () => {
  const own = await startServer({ engines: { ...scripted([]), batch: () => null, live: () => null } })
  try {
    const boss = await setUp(own)
    await boss.api('PUT /organisation', { body: { organisation: organisation(), basedOn: 0 } })
    await publish(boss, [rules({ detector: true }, ['evidence', 'analytics', 'assist'])])
    const [bruno, anna] = [
      (await join_(boss, own, { name: 'Bruno', email: 'bruno@example.test', role: 'agent' })).who,
      (await join_(boss, own, { name: 'Anna', email: 'anna@example.test', role: 'analyst' })).who,
    ]
    const { token } = await boss.api('POST /tokens', { body: { name: 'centrale', permissions: ['calls.add'] } })
    const platform = program(own.url, token)
    const call = await talk(own, await streamCredential(boss), { ...facts, queue: 'Ventes' })
    const seen = async () =>
      (await bruno.api('POST /calls/:callId/captions', { params: { callId: call.callId } })).captions
    const push = (captions: object[]) =>
      platform.api('POST /captions', { body: { call: { callId: call.callId }, captions: captions as never } })

    await call.speak('customer', 1)
    await push([
      { id: '1', role: 'customer', final: false, text: 'bonjour je', startMs: 0, endMs: 700, language: 'fr-FR' },
    ])
    expect(await seen()).toMatchObject([{ text: 'bonjour je', final: false, origin: 'source', role: 'customer' }])
    call.stream.json({
      type: 'caption',
      said: {
        id: '1',
        role: 'customer',
        final: true,
        text: 'bonjour je voudrais résilier',
        startMs: 0,
        endMs: 1000,
        language: 'fr-FR',
      },
    })
    await expect
      .poll(async () => (await seen()).map(({ text }) => text), patient)
      .toEqual(['bonjour je voudrais résilier'])
    call.stream.json({ type: 'caption', said: { id: 7 } })
    const { taken } = await push([
      { id: '2', role: 'agent', final: true, text: 'donnez-moi le numéro de la carte', startMs: 1000, endMs: 1900 },
      { id: '2', role: 'agent', final: true, text: 'donnez-moi le numéro de la carte', startMs: 1000, endMs: 1900 },
    ])
    expect(taken).toBe(1)
    await expect.poll(async () => (await bruno.api('GET /live/calls')).items[0]?.status, patient).toBe('masked')
    await call.speak('customer', 2)
    await push([
      {
        id: '3',
        role: 'customer',
        final: true,
        text: 'quatre mille cent onze onze onze onze onze onze onze',
        startMs: 2000,
        endMs: 3000,
      },
    ])
    expect((await seen()).map(({ text }) => text)).toEqual([
      'bonjour je voudrais résilier',
      'donnez-moi le numéro de la carte',
      expect.not.stringMatching(/onze/),
    ])
    await expect(
      platform.api('POST /captions', {
        body: {
          call: { callId: '0198f2d0-0000-7000-8000-000000000000' },
          captions: [{ id: '1', final: true, text: 'x' }],
        },
      }),
    ).rejects.toMatchObject({ code: 'call_not_in_progress' })
    await call.hangUp()
    await settled(boss, call.callId)
    const ask = { params: { callId: call.callId } }
    await expect
      .poll(async () => (await boss.api('GET /calls/:callId/transcript', ask)).state, { timeout: 20_000 })
      .toBe('done')
    const { status, turns } = await anna.api('POST /calls/:callId/transcript', {
      ...ask,
      body: { purpose: 'analytics', reason: '' },
    })
    expect(status.engine).toMatchObject({ engine: 'source', model: 'stream' })
    expect(turns.map(({ text, madeBy }) => [text, madeBy])).toContainEqual(['bonjour je voudrais résilier', 'source'])
    const { items } = await anna.api('POST /transcripts/search', {
      body: { purpose: 'analytics', text: 'résiliation', limit: 10 },
    })
    expect(items).toMatchObject([{ callId: call.callId }])
    expect(await everyRow(own.database.db)).not.toMatch(/onze onze/)
  } finally {
    await own.destroy()
  }
}, 90_000)

test('what the platform said outlives a program that stops in the middle of the call', async () => {
  const engines = { ...scripted([]), batch: () => null, live: () => null }
  let own = await startServer({ engines })
  try {
    const boss = await setUp(own)
    await boss.api('PUT /organisation', { body: { organisation: organisation(), basedOn: 0 } })
    await publish(boss, [rules({ detector: false }, ['evidence', 'analytics'])])
    const call = await talk(own, await streamCredential(boss), { ...facts, queue: 'Guasti' })
    await call.speak('customer', 1)
    const said = { id: '1', role: 'customer', final: true, text: 'il contatore è fermo', startMs: 0, endMs: 900 }
    call.stream.json({ type: 'caption', said })
    await call.speak('nobody', 1)
    own = await own.restart()
    const again = client(own.url)
    again.cookie = boss.cookie
    await settled(again, call.callId)
    const ask = { params: { callId: call.callId } }
    await expect
      .poll(async () => (await again.api('GET /calls/:callId/transcript', ask)).state, { timeout: 20_000 })
      .toBe('done')
    expect(await everyRow(own.database.db)).toContain('il contatore è fermo')
  } finally {
    await own.destroy()
  }
}, 60_000)

/** Files below a folder in which something stands in plain text. */
function filesWith(folder: string, text: RegExp): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile() && text.test(readFileSync(path, 'latin1')))
}

import { setTimeout as sleep } from 'node:timers/promises'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { CallDetail } from '../../contract/models/calls.ts'
import { metadata } from '../../server/capture/protocols/siprec/testkit/messages.ts'
import { publish, rule } from './policy.ts'
import { type Client, join_, setUp, startServer, type TestServer } from './server.ts'
import { openSimulator } from './siprec.ts'

let server: TestServer
let admin: Client
let agent: { who: Client; id: string }
let teamId = ''
beforeAll(async () => {
  server = await startServer()
  admin = await setUp(server)
  teamId = (await admin.api('POST /teams', { body: { name: 'Vendite', country: 'IT' } })).id
  agent = await join_(admin, server, {
    name: 'Bruno Agente',
    email: 'bruno@example.test',
    role: 'agent',
    teams: [teamId],
    aliases: ['sip:201@pbx.example.test'],
  })
  await publish(admin, [rule()])
})
afterAll(() => server?.destroy())

async function until<T>(what: string, look: () => Promise<T | null | undefined | false>, ms = 15_000): Promise<T> {
  for (const end = Date.now() + ms; Date.now() < end; await sleep(50)) {
    const found = await look()
    if (found) return found
  }
  throw new Error(`not within ${ms} ms: ${what}`)
}

const frame = (value: number): Buffer => Buffer.alloc(160, value)

test('a SIPREC call is recorded, paused, hidden in the pause, and heard by the right person only', async () => {
  const simulator = await openSimulator(admin)
  const people = [
    { aor: 'sip:+39021234567@carrier.example.test', name: 'Carla Cliente' },
    { aor: 'sip:201@pbx.example.test' },
  ]
  const call = await simulator.call({ metadata: metadata(people, ['1', '2']) })
  const send = async (customer: number, operator: number, frames: number): Promise<void> => {
    for (let i = 0; i < frames; i++) {
      call.senders[0]?.send(frame(customer))
      call.senders[1]?.send(frame(operator))
      await sleep(20)
    }
  }
  await send(0x11, 0x21, 25)
  const live = await until('a live call', async () => (await agent.who.api('GET /live/calls')).items[0])
  expect(live.status).toBe('recording')
  await agent.who.api('POST /calls/:callId/control', { params: { callId: live.id }, body: { action: 'pause' } })
  await send(0x55, 0x56, 25)
  expect((await agent.who.api('GET /live/calls')).items[0]?.status).toBe('paused')
  await agent.who.api('POST /calls/:callId/control', { params: { callId: live.id }, body: { action: 'resume' } })
  await send(0x13, 0x23, 25)
  await call.bye()
  simulator.close()

  const done = await until<CallDetail>('the renditions', async () => {
    const detail = await admin.api('GET /calls/:callId', { params: { callId: live.id } })
    return detail.renditions.filter((r) => r.state === 'sealed').length === 3 && detail
  })
  expect(done.state).toBe('sealed')
  expect(done.ending).toBe('hangup')
  expect(done.customerName).toBe('Carla Cliente')
  expect(done.agentId).toBe(agent.id)
  expect(done.teamIds).toEqual([teamId])
  expect(done.callerCountry).toBe('IT')
  expect(done.legs.map((l) => [l.role, l.codec, l.packets, l.lost])).toEqual([
    ['customer', 'PCMU', 75, 0],
    ['agent', 'PCMU', 75, 0],
  ])
  for (const leg of [0, 1]) {
    const paused = done.gaps.filter((g) => g.leg === leg && g.kind === 'paused')
    expect(paused).toHaveLength(1)
    expect((paused[0]?.toMs ?? 0) - (paused[0]?.fromMs ?? 0)).toBeGreaterThan(300)
  }

  for (const purpose of ['evidence', 'training'] as const) {
    const grant = await admin.api('POST /calls/:callId/listen', {
      params: { callId: live.id },
      body: { purpose, reason: 'verifica di prova' },
    })
    const wav = Buffer.from(await (await admin.fetch(grant.mediaUrl)).arrayBuffer())
    expect(wav.readUInt16LE(20)).toBe(7)
    const channel = (n: number) => wav.subarray(58).filter((_, i) => i % 2 === n)
    const count = (bytes: Uint8Array, value: number): number => bytes.reduce((sum, b) => sum + (b === value ? 1 : 0), 0)
    // Agents are on the left.
    expect(count(channel(1), 0x11)).toBe(25 * 160)
    expect(count(channel(0), 0x21)).toBe(25 * 160)
    expect(count(channel(0), 0x23)).toBe(25 * 160)
    expect(count(wav.subarray(58), 0x55) + count(wav.subarray(58), 0x56)).toBe(0)
    const part = await admin.fetch(grant.mediaUrl, { headers: { range: 'bytes=100-299' } })
    expect(part.status).toBe(206)
    expect(Buffer.from(await part.arrayBuffer())).toEqual(wav.subarray(100, 300))
    // The grant is the session's own.
    expect((await agent.who.fetch(grant.mediaUrl)).status).toBe(410)
  }

  await expect(
    agent.who.api('POST /calls/:callId/listen', {
      params: { callId: live.id },
      body: { purpose: 'evidence', reason: 'curiosità' },
    }),
  ).rejects.toThrow('purpose_not_allowed')
  const { items } = await admin.api('GET /calls/:callId/accesses', { params: { callId: live.id }, query: {} as never })
  expect(items.map((r) => [r.actorName, r.purpose, r.outcome])).toEqual([
    ['Bruno Agente', 'evidence', 'refused'],
    ['Ada Prima', 'training', 'allowed'],
    ['Ada Prima', 'evidence', 'allowed'],
  ])
  expect(items[1]?.servedMs).toBeGreaterThan(1000)
})

test('nothing in the data folder is audio or personal data in clear', async () => {
  const files = readdirSync(server.dataDir, { recursive: true, withFileTypes: true }).filter((f) => f.isFile())
  expect(files.length).toBeGreaterThan(5)
  const forbidden = [
    frame(0x11).subarray(0, 40),
    frame(0x55).subarray(0, 40),
    Buffer.from('Carla'),
    Buffer.from('021234567'),
    Buffer.from('Bruno'),
    Buffer.from('ada@example'),
  ]
  for (const file of files) {
    const bytes = readFileSync(join(file.parentPath, file.name))
    for (const needle of forbidden)
      expect(bytes.includes(needle), `${file.name} holds ${needle.toString('latin1')}`).toBe(false)
  }
  const tables = await server.database.pool.query<{ name: string }>(
    `select relname as name from pg_class where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace`,
  )
  for (const { name } of tables.rows) {
    const dump = JSON.stringify((await server.database.pool.query(`select t::text from "${name}" t`)).rows)
    for (const word of ['Carla', '021234567', 'Bruno', 'ada@example', 'bruno@', Buffer.from('Carla').toString('hex')])
      expect(dump.includes(word), `${name} holds ${word}`).toBe(false)
  }
})

import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import type { LiveEvent } from '../../contract/events.ts'
import { endOldAccesses } from '../../server/capture/playback/access-chain.ts'
import { addRecording } from './recording.ts'
import { type Client, join_, setUp, startServer, type TestServer } from './server.ts'

let server: TestServer
let admin: Client
let agent: { who: Client; id: string }
let other: { who: Client; id: string }
let officer: Client
let callId = ''

beforeAll(async () => {
  server = await startServer()
  admin = await setUp(server)
  agent = await join_(admin, server, { name: 'Bruno Conti', email: 'bruno@example.test', role: 'agent' })
  other = await join_(admin, server, { name: 'Livia Monti', email: 'livia@example.test', role: 'agent' })
  officer = (await join_(admin, server, { name: 'Elena Vitale', email: 'elena@example.test', role: 'privacy_officer' }))
    .who
  callId = await recorded('bruno@example.test')
})
afterAll(() => server?.destroy())

const recorded = (agent: string): Promise<string> => addRecording(admin, { direction: 'inbound', agent })

/** The events a person's page hears, and when. */
async function hearing(who: Client): Promise<{ heard: { event: LiveEvent; atMs: number }[]; socket: WebSocket }> {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/api/v1/live`, { headers: { cookie: who.cookie } })
  const heard: { event: LiveEvent; atMs: number }[] = []
  socket.on('message', (data: Buffer) =>
    heard.push({ event: JSON.parse(data.toString()) as LiveEvent, atMs: performance.now() }),
  )
  await new Promise((resolve, reject) => socket.once('message', resolve).once('error', reject))
  return { heard, socket }
}

const listen = (who: Client, reason: string, caseRef?: string) =>
  who.api('POST /calls/:callId/listen', { params: { callId }, body: { purpose: 'evidence', reason, caseRef } })

test('an agent learns within a second who listened, when, for which purpose and why', async () => {
  const [mine, others] = [await hearing(agent.who), await hearing(other.who)]
  const asked = performance.now()
  const grant = await listen(officer, 'contestazione del cliente', 'Pratica 2026/41')
  await expect.poll(() => mine.heard.find((h) => h.event.type === 'me.heard')).toBeTruthy()
  const told = mine.heard.find((h) => h.event.type === 'me.heard')!
  expect(told.atMs - asked).toBeLessThan(1000)
  expect(told.event).toMatchObject({ callId })
  await officer.fetch(grant.mediaUrl).then((r) => r.arrayBuffer())
  await expect.poll(() => mine.heard.filter((h) => h.event.type === 'me.heard')).toHaveLength(2)

  const { items } = await agent.who.api('GET /me/heard', { query: {} })
  expect(items).toMatchObject([
    {
      callId,
      who: 'Elena Vitale',
      role: 'privacy_officer',
      action: 'play',
      purpose: 'evidence',
      reason: 'contestazione del cliente',
    },
  ])
  expect(items[0]!.servedMs).toBeGreaterThan(1900)
  expect(others.heard.map((h) => h.event.type)).toEqual(['hello'])
  expect((await other.who.api('GET /me/heard', { query: {} })).items).toEqual([])
  mine.socket.close()
  others.socket.close()
})

test('own listening and refusals are not in the ledger; refusals are in the records', async () => {
  await agent.who.api('POST /calls/:callId/listen', { params: { callId }, body: { purpose: 'training', reason: '' } })
  await expect(listen(agent.who, 'curiosità mia')).rejects.toMatchObject({ code: 'purpose_not_allowed' })
  expect((await agent.who.api('GET /me/heard', { query: {} })).items).toHaveLength(1)
  const { items } = await officer.api('GET /accesses', { query: { actorId: agent.id } })
  expect(items.map((r) => [r.outcome, r.purpose])).toEqual([
    ['refused', 'evidence'],
    ['allowed', 'training'],
  ])
})

test('records carry agent, way in, legal basis, case, what was given and their place in the chain; only the privacy officer searches them', async () => {
  const { items } = await officer.api('GET /accesses', {
    query: { callId, purpose: 'evidence', from: new Date(Date.now() - 60_000).toISOString() },
  })
  expect(items.at(-1)).toMatchObject({
    agentId: agent.id,
    authMethod: 'session',
    legalBasis: 'legitimate_interests',
    callId,
    session: expect.stringMatching(/^[0-9a-f]{16}$/) as string,
    renditionId: expect.any(String) as string,
    segment: 0,
    purposeIri: 'https://w3id.org/dpv#EstablishContractualAgreement',
    caseRef: 'Pratica 2026/41',
    approverId: null,
    redaction: 'original',
    number: 1,
    prevHash: '00'.repeat(32),
  })
  const all = (await officer.api('GET /accesses', { query: { callId } })).items
  expect(all.map(({ number }) => number)).toEqual([3, 2, 1])
  expect(all.map(({ prevHash }) => prevHash)).toEqual([...all.slice(1).map(({ hash }) => hash), '00'.repeat(32)])
  expect(all.map(({ redaction }) => redaction)).toEqual([null, 'masked', 'original'])
  // sessions are told apart, and never named by what opens them
  expect(new Set(all.map(({ session }) => session)).size).toBe(2)
  const { rows } = await sql<{ id: string }>`select id::text from sessions`.execute(server.database.db)
  for (const { session } of all)
    expect(rows.some(({ id }) => id.replaceAll('-', '').includes(session ?? ''))).toBe(false)
  expect((await officer.api('GET /accesses', { query: { to: '2020-01-01T00:00:00Z' } })).items).toEqual([])
  await expect(admin.api('GET /accesses', { query: {} })).rejects.toMatchObject({ code: 'forbidden' })
  expect(
    (await admin.api('GET /calls/:callId/accesses', { params: { callId }, query: {} })).items.length,
  ).toBeGreaterThan(1)
  await expect(
    admin.api('POST /tokens', { body: { name: 'totals', permissions: ['access.search'] } }),
  ).rejects.toMatchObject({ code: 'token_permission_refused' })
})

test('the doctor finds a record that was changed behind the program’s back', async () => {
  const { db } = server.database
  const said = async (): Promise<string[]> => {
    const found: string[] = []
    for await (const { code, detail } of server.running.doctor())
      if (code.startsWith('access_chain')) found.push(`${code} ${detail}`)
    return found
  }
  expect(await said()).toEqual([expect.stringContaining('access_chain_sound 3 ')])
  const change = (role: string) =>
    db.transaction().execute(async (tx) => {
      await sql`set local session_replication_role = replica`.execute(tx)
      await sql`update access_record set actor_role = ${role} where number = 2`.execute(tx)
    })
  await change('administrator')
  const { items } = await officer.api('GET /accesses', { query: { callId } })
  expect(await said()).toEqual([expect.stringContaining(`access_chain_broken Access record ${items[1]?.id}`)])
  await change('agent')
  expect(await said()).toEqual([expect.stringContaining('access_chain_sound 3 ')])
})

test('the database refuses to change what a record says, and to remove it before its time', async () => {
  const { db } = server.database
  const grow = sql`update access_record set served_ms = served_ms + 10, to_ms = 9000`.execute(db)
  await expect(grow).resolves.toBeTruthy()
  for (const change of [
    sql`update access_record set reason = null`,
    sql`update access_record set actor_role = 'agent'`,
    sql`update access_record set served_ms = 0`,
    sql`update access_record set to_ms = 1`,
    sql`update access_record set case_ref = null`,
    sql`update access_record set hash = prev_hash`,
    sql`delete from access_record`,
    sql`truncate access_record`,
  ])
    await expect(change.execute(db)).rejects.toThrow('kept as written')
  const count = async (): Promise<unknown> => (await sql`select 1 from access_record`.execute(db)).rows.length
  const before = await count()
  await endOldAccesses(db as never, Date.now() + 300 * 86_400_000, 12)
  expect(await count()).toBe(before)
  await endOldAccesses(db as never, Date.now() + 370 * 86_400_000, 12)
  expect(await count()).toBe(0)
})

import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { SrcSimulator } from '../../server/capture/protocols/siprec/testkit/src-simulator.ts'
import { LEAF_LOCK } from '../../server/vault/renditions.ts'
import { publish, rule } from './policy.ts'
import { type Client, join_, setUp, startServer, type TestServer } from './server.ts'
import { openSimulator } from './siprec.ts'
import { stepper } from './steps.ts'

let server: TestServer
let admin: Client
let agent: { who: Client; id: string }
let simulator: SrcSimulator
let run: ReturnType<typeof stepper>
let officer: Client
beforeAll(async () => {
  server = await startServer()
  admin = await setUp(server)
  agent = await join_(admin, server, {
    name: 'Bruno Agente',
    email: 'bruno@example.test',
    role: 'agent',
    aliases: ['sip:201@pbx.example.test'],
  })
  simulator = await openSimulator(admin)
  run = stepper({ admin, agent: agent.who, simulator })
})
afterAll(async () => {
  simulator?.close()
  await server?.destroy()
})

/** Which of the recognisable payload values can be heard under a purpose, in samples of the customer's channel. */
async function heard(
  callId: string,
  purpose: 'evidence' | 'training',
  segment?: number,
): Promise<Record<number, number>> {
  const grant = await admin.api('POST /calls/:callId/listen', {
    params: { callId },
    body: { purpose, segment, reason: 'verifica di prova' },
  })
  const wav = Buffer.from(await (await admin.fetch(grant.mediaUrl)).arrayBuffer()).subarray(58)
  const found: Record<number, number> = {}
  for (let i = 1; i < wav.length; i += 2) {
    const value = wav[i] ?? 255
    if (value < 0x20) found[value] = (found[value] ?? 0) + 1
  }
  return found
}

const termsOf = async (callId: string): Promise<Record<string, string>> => {
  const { terms } = await admin.api('GET /calls/:callId/terms', { params: { callId } })
  return Object.fromEntries(terms.map((t) => [t.purpose, t.reason ? `${t.state} ${t.reason}` : t.state]))
}

const near = (packets: number): unknown =>
  expect.toSatisfy((n: number) => Math.abs(n - packets * 160) <= 3 * 160, `about ${packets} packets`)

test('agent mode starts off; only what the agent switched on exists', async () => {
  await publish(admin, [rule({ action: { kind: 'agent' }, purposes: ['training'] })])
  const { id, statuses, detail } = await run([15, 'recording_on', 20, 'recording_off', 15])
  expect(statuses).toEqual(['recording', 'off'])
  const call = await detail()
  expect(new Set(call.gaps.map((g) => g.kind))).toEqual(new Set(['agent_off']))
  expect(await heard(id, 'training')).toEqual({ 2: near(20) })
})

test('the contract window holds the contract and nothing else', async () => {
  await publish(admin, [rule({ action: { kind: 'contract_window' }, purposes: ['evidence'] })])
  const { id, statuses, detail } = await run([15, 'contract_start', 20, 'contract_end', 15])
  expect(statuses).toEqual(['recording', 'waiting_contract'])
  const call = await detail()
  expect(call.gaps.every((g) => g.kind === 'outside_contract')).toBe(true)
  expect(await heard(id, 'evidence')).toEqual({ 2: near(20) })
})

test('a call recorded for training too keeps evidence of the marked contract only', async () => {
  await publish(admin, [rule({ purposes: ['evidence', 'training'] })])
  const { id, detail } = await run([15, 'contract_start', 20, 'contract_end', 15])
  await detail()
  expect(await heard(id, 'training')).toEqual({ 1: near(15), 2: near(20), 3: near(15) })
  expect(await heard(id, 'evidence')).toEqual({ 2: near(20) })
})

test('two contracts in one call are two proofs: one may end while the other goes on', async () => {
  await publish(admin, [rule({ purposes: ['evidence', 'training'] })])
  const { id, detail } = await run([
    15,
    'contract_start',
    20,
    'contract_end',
    15,
    'contract_start',
    10,
    'contract_end',
    5,
  ])
  const call = await detail()
  const parts = call.renditions.filter((r) => r.purpose === 'evidence')
  expect(parts.map((r) => [r.segment, r.state])).toEqual([
    [1, 'sealed'],
    [2, 'sealed'],
  ])
  expect([await heard(id, 'evidence', 1), await heard(id, 'evidence', 2)]).toEqual([{ 2: near(20) }, { 4: near(10) }])
  const { terms } = await admin.api('POST /calls/:callId/terms/end', {
    params: { callId: id },
    body: { purpose: 'evidence', segment: 1, why: 'conferma scritta ricevuta' },
  })
  expect(terms.map((t) => `${t.purpose} ${t.segment} ${t.state}`)).toEqual([
    'evidence 1 ended',
    'evidence 2 live',
    'training 0 live',
  ])
  await expect(heard(id, 'evidence', 1)).rejects.toMatchObject({ code: 'purpose_not_held' })
  expect(await heard(id, 'evidence')).toEqual({ 4: near(10) })
  expect(await heard(id, 'training')).toEqual({ 1: near(15), 2: near(20), 3: near(15), 4: near(10), 5: near(5) })
})

test('under opt-in nothing is kept before the caller’s yes, nor after a no; what rested on it goes', async () => {
  await publish(admin, [rule({ consent: 'opt_in', purposes: ['evidence', 'training'] })])
  const { id, detail } = await run([15, 'consent_yes', 20, 'consent_no', 15])
  await expect.poll(() => termsOf(id), { timeout: 10_000 }).toEqual({ evidence: 'live', training: 'ended withdrawal' })
  await expect.poll(async () => (await detail()).listenPurposes, { timeout: 10_000 }).toEqual(['evidence'])
  const call = await detail()
  expect(call.gaps.map((g) => g.kind)).toContain('no_consent')
  expect(await heard(id, 'evidence')).toEqual({ 2: near(20) })
  const { items } = await admin.api('GET /calls/:callId/consents', { params: { callId: id } })
  expect(items.map((c) => [c.kind, c.channel])).toEqual([
    ['withdrawn', 'spoken'],
    ['given', 'spoken'],
  ])
})

test('an answer given while the call’s rows wait for the database is written down once', async () => {
  await publish(admin, [rule({ consent: 'opt_in', purposes: ['evidence'] })])
  let free = (): void => {}
  const locked = server.database.db.transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(${LEAF_LOCK})`.execute(tx)
    await new Promise<void>((resolve) => (free = resolve))
  })
  const going = run(['consent_yes', 40])
  try {
    await expect.poll(async () => (await admin.api('GET /live/calls')).items[0]?.status).toBe('recording')
  } finally {
    free()
    await locked
  }
  const { id, detail } = await going
  await detail()
  const { items } = await admin.api('GET /calls/:callId/consents', { params: { callId: id } })
  expect(items.map((c) => [c.kind, c.channel])).toEqual([['given', 'spoken']])
})

test('a call of which nothing would stay is gone a moment after a no', async () => {
  await publish(admin, [rule({ purposes: ['training'] })])
  const { id } = await run([15, 'consent_no', 5])
  await expect
    .poll(async () => (await admin.api('GET /calls/:callId', { params: { callId: id } })).state, { timeout: 15_000 })
    .toBe('destroyed')
  expect(await termsOf(id)).toEqual({ training: 'ended objection' })
})

test('who objected earlier is not recorded for that purpose, from the beginning of the call', async () => {
  await publish(admin, [rule({ purposes: ['evidence', 'training'] })])
  officer = (await join_(admin, server, { name: 'Vera', email: 'vera@example.test', role: 'privacy_officer' })).who
  await officer.api('POST /consents', {
    body: { address: '+39 06 7654321', purpose: 'training', kind: 'objected', channel: 'operator' },
  })
  const going = run([150], 'sip:+39067654321@carrier.example.test')
  const live = async () => (await agent.who.api('GET /live/calls')).items[0]?.id ?? ''
  await expect.poll(live).not.toBe('')
  const id = await live()
  const soon = { timeout: 2500, interval: 50 }
  await expect.poll(() => termsOf(id), soon).toEqual({ evidence: 'live', training: 'ended objection' })
  expect(await live()).toBe(id)
  await (await going).detail()
  expect(await heard(id, 'evidence')).toEqual({ 1: near(150) })
  await expect(heard(id, 'training')).rejects.toMatchObject({ code: 'purpose_not_held' })
})

test('of who objected to all of it nothing more is recorded once the call begins', async () => {
  await publish(admin, [rule({ purposes: ['training'] })])
  await officer.api('POST /consents', {
    body: { address: '+39 06 7654399', purpose: null, kind: 'objected', channel: 'operator' },
  })
  const going = run([100], 'sip:+39067654399@carrier.example.test')
  const status = async () => (await agent.who.api('GET /live/calls')).items[0]?.status
  await expect.poll(status, { timeout: 2500, interval: 50 }).toBe('no_consent')
  const { id } = await going
  await expect
    .poll(async () => (await admin.api('GET /calls/:callId', { params: { callId: id } })).state, { timeout: 10_000 })
    .toBe('destroyed')
  expect(await termsOf(id)).toEqual({ training: 'ended objection' })
})

test('a pause resumes by itself, and the page was told when', async () => {
  await publish(admin, [
    rule({
      purposes: ['training'],
      pause: { agent: true, platform: true, detector: false, autoResumeSeconds: 1, reachBackSeconds: 0 },
    }),
  ])
  const { id, detail } = await run([10, 'pause', 100, 10])
  const call = await detail()
  expect(call.marks.map((m) => [m.kind, m.by])).toEqual([
    ['pause', 'agent'],
    ['resume', 'timer'],
  ])
  const paused = call.gaps.filter((g) => g.kind === 'paused' && g.leg === 0)
  expect(paused).toHaveLength(1)
  const values = await heard(id, 'training')
  expect(values[1]).toEqual(near(10))
  expect(values[3]).toEqual(near(10))
  expect(values[2]).toBeLessThan(80 * 160)
})

test('a pause may reach back into what is still in memory', async () => {
  await publish(admin, [
    rule({
      purposes: ['training'],
      pause: { agent: true, platform: true, detector: false, autoResumeSeconds: 0, reachBackSeconds: 1 },
    }),
  ])
  const { id, detail } = await run([70, 20, 'pause', 10, 'resume', 10])
  await detail()
  const values = await heard(id, 'training')
  expect(values[1]).toBeGreaterThan(0)
  // The last second before the pause, at least thirty packets of it, is gone.
  expect((values[1] ?? 0) + (values[2] ?? 0)).toBeLessThan(60 * 160)
  expect(values[2]).toBeUndefined()
  expect(values[3]).toBeUndefined()
})

test('never, no rule, and a draw that failed leave a row without audio or personal data', async () => {
  const never = rule({ name: 'Mai', action: { kind: 'never' }, purposes: [], legalBasis: null })
  for (const rules of [
    [never],
    [],
    [rule({ action: { kind: 'random', percent: 0 } })],
    [rule({ purposes: ['assist'] })],
  ]) {
    await publish(admin, rules)
    const call = await (await run([10])).detail()
    expect(call).toMatchObject({ state: 'not_recorded', renditions: [], customerAddress: null, agentId: agent.id })
  }
  const { rows } = await server.database.pool.query(
    'select count(*)::int as n from rendition where call_id in (select id from call where state = $1)',
    ['not_recorded'],
  )
  expect(rows[0]).toEqual({ n: 0 })
})

test('rules choose by caller country and are told on the call', async () => {
  await publish(admin, [
    rule({
      name: 'Francia',
      when: { ...rule().when, callerCountries: ['FR'] },
      action: { kind: 'never' },
      purposes: [],
      legalBasis: null,
    }),
    rule({ name: 'Altri' }),
  ])
  const french = await (await run([10], 'sip:+33145000000@carrier.example.test')).detail()
  expect(french).toMatchObject({ ruleName: 'Francia', state: 'not_recorded', callerCountry: 'FR' })
  const italian = await (await run([10])).detail()
  expect(italian).toMatchObject({ ruleName: 'Altri', state: 'sealed' })
  const simulation = await admin.api('POST /policy/simulate', {
    body: {
      rules: [rule({ action: { kind: 'never' }, purposes: [], legalBasis: null })],
      from: new Date(Date.now() - 3_600_000).toISOString(),
      to: new Date(Date.now() + 3_600_000).toISOString(),
    },
  })
  expect(simulation.calls).toBeGreaterThan(8)
  expect(simulation.teams.reduce((n, team) => n + team.recorded, 0)).toBe(0)
})

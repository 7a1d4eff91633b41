import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { LiveCall } from '../../contract/models/calls.ts'
import type { SimulatedCall, SrcSimulator } from '../../server/capture/protocols/siprec/testkit/src-simulator.ts'
import { metadata } from '../../server/capture/protocols/siprec/testkit/messages.ts'
import { loadConfig } from '../../server/config.ts'
import { publish, rule } from './policy.ts'
import { type Client, join_, setUp, startServer, type TestServer } from './server.ts'
import { openSimulator } from './siprec.ts'

let server: TestServer
let admin: Client
let supervisor: Client
let simulator: SrcSimulator
beforeAll(async () => {
  const { capture } = loadConfig()
  server = await startServer({ config: { capture: { ...capture, silentLegSeconds: 1 } } })
  admin = await setUp(server)
  const team = await admin.api('POST /teams', { body: { name: 'Vendite', country: 'IT' } })
  await join_(admin, server, {
    name: 'Bruno',
    email: 'bruno@example.test',
    role: 'agent',
    teams: [team.id],
    aliases: ['sip:201@pbx.example.test'],
  })
  supervisor = (
    await join_(admin, server, { name: 'Sofia', email: 'sofia@example.test', role: 'supervisor', teams: [team.id] })
  ).who
  await publish(admin, [rule({ action: { kind: 'random', percent: 100 } })])
  simulator = await openSimulator(admin)
})
afterAll(async () => {
  simulator?.close()
  await server?.destroy()
})

const begin = (group: string, agent = 'sip:201@pbx.example.test'): Promise<SimulatedCall> =>
  simulator.call({
    metadata: metadata([{ aor: 'sip:+39021234567@carrier.example.test' }, { aor: agent }], ['1', '2']).replace(
      'group_id="g1"',
      `group_id="${group}"`,
    ),
  })

async function liveOnes(count: number): Promise<LiveCall[]> {
  for (;;) {
    const { items } = await supervisor.api('GET /live/calls')
    if (items.length === count) return items
    await sleep(20)
  }
}

test('a pause on one source of a conversation is a pause on all of them, also on one that joins later', async () => {
  const first = await begin('conversation-1')
  const [one] = await liveOnes(1)
  await supervisor.api('POST /calls/:callId/control', { params: { callId: one?.id ?? '' }, body: { action: 'pause' } })
  const second = await begin('conversation-1')
  expect((await liveOnes(2)).map((c) => c.status)).toEqual(['paused', 'paused'])
  const other = (await liveOnes(2)).find((c) => c.id !== one?.id)
  await supervisor.api('POST /calls/:callId/control', {
    params: { callId: other?.id ?? '' },
    body: { action: 'resume' },
  })
  expect((await liveOnes(2)).map((c) => c.status)).toEqual(['recording', 'recording'])
  // One draw for both.
  const details = await Promise.all(
    (await liveOnes(2)).map((c) => admin.api('GET /calls/:callId', { params: { callId: c.id } })),
  )
  expect(new Set(details.map((d) => d.decision.draw)).size).toBe(1)
  await first.bye()
  await second.bye()
  await liveOnes(0)
})

test('a leg on which nothing is heard raises an alert during the call, and drops it when it is heard', async () => {
  const call = await begin('conversation-2')
  const loud = Buffer.alloc(160, 0x10)
  const speak = async (legs: number[], frames: number): Promise<void> => {
    for (let i = 0; i < frames; i++) {
      for (const leg of legs) call.senders[leg]?.send(loud)
      await sleep(20)
    }
  }
  await speak([0], 120)
  const [silent] = await liveOnes(1)
  expect(silent?.alerts).toContain('silent_leg')
  expect(silent?.legs.map((l) => l.silent)).toEqual([false, true])
  await speak([0, 1], 80)
  expect((await liveOnes(1))[0]?.alerts).not.toContain('silent_leg')
  await call.bye()
  await liveOnes(0)
  const detail = await admin.api('GET /calls/:callId', { params: { callId: silent?.id ?? '' } })
  expect(detail.alerts).toContain('silent_leg')
  expect(detail.marks.some((m) => m.kind === 'silent_leg')).toBe(true)
})

test('a supervisor sees the calls of their teams and no others', async () => {
  const stranger = await begin('conversation-3', 'sip:999@pbx.example.test')
  await sleep(300)
  expect((await supervisor.api('GET /live/calls')).items).toEqual([])
  const all = (await admin.api('GET /live/calls')).items
  expect(all).toHaveLength(1)
  const callId = all[0]?.id ?? ''
  await expect(supervisor.api('GET /calls/:callId', { params: { callId } })).rejects.toThrow('call_unknown')
  await expect(
    supervisor.api('POST /calls/:callId/control', { params: { callId }, body: { action: 'pause' } }),
  ).rejects.toThrow('call_unknown')
  await expect(
    supervisor.api('POST /calls/:callId/listen', { params: { callId }, body: { purpose: 'training', reason: '' } }),
  ).rejects.toThrow('call_unknown')
  expect((await supervisor.api('GET /calls', { query: {} as never })).items.every((c) => c.teamIds.length > 0)).toBe(
    true,
  )
  await stranger.bye()
})

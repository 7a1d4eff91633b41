import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { LiveCall } from '../../contract/models/calls.ts'
import { metadata } from '../../server/capture/protocols/siprec/testkit/messages.ts'
import { pressPackets } from '../../server/capture/protocols/siprec/testkit/press.ts'
import type { SimulatedCall, SrcSimulator } from '../../server/capture/protocols/siprec/testkit/src-simulator.ts'
import { AudioHookClient } from '../../server/capture/testkit/audiohook-client.ts'
import { organisation } from '../../server/retention/testkit/governance.ts'
import { publish, rule } from './policy.ts'
import { type Client, join_, setUp, startServer, type TestServer } from './server.ts'
import { openSimulator } from './siprec.ts'
import { speechOf } from './speech.ts'
import { settled } from './steps.ts'

let server: TestServer
let admin: Client
let simulator: SrcSimulator
beforeAll(async () => {
  server = await startServer()
  admin = await setUp(server)
  await join_(admin, server, {
    name: 'Bruno Agente',
    email: 'bruno@example.test',
    role: 'agent',
    aliases: ['sip:201@pbx.example.test'],
  })
  const keys = { yes: '1', no: '9' }
  await admin.api('PUT /organisation', { body: { organisation: organisation({ country: 'IT', keys }), basedOn: 0 } })
  await publish(admin, [rule()])
  simulator = await openSimulator(admin)
})
afterAll(async () => {
  simulator?.close()
  await server?.destroy()
})

const begin = (from: string, conversation: string): Promise<SimulatedCall> =>
  simulator.call({
    metadata: metadata([{ aor: from }, { aor: 'sip:201@pbx.example.test' }], ['1', '2']).replace(
      'group_id="g1"',
      `group_id="${conversation}"`,
    ),
  })

/** Speaks on both legs until the calls in progress all have a status, which they must not leave before. */
async function until(status: LiveCall['status'], speak: () => void): Promise<LiveCall[]> {
  for (const end = Date.now() + 30_000; Date.now() < end; await sleep(20)) {
    speak()
    const { items } = await admin.api('GET /live/calls')
    if (items.length > 0 && items.every((call) => call.status === status)) return items
  }
  throw new Error(`the calls do not become "${status}"`)
}

/** Speaks on both legs, up to now, whenever called. */
function speaking(call: SimulatedCall): () => void {
  const { catchUp } = speechOf(call)
  return () => catchUp(1)
}

/** Speaks for a while. */
async function speakFor(durationMs: number, speak: () => void): Promise<void> {
  for (const end = performance.now() + durationMs; performance.now() < end; await sleep(20)) speak()
}

/** A key on the leg's own stream; the end packets are lost. */
function press(call: SimulatedCall, leg: number, key: string): void {
  const sender = call.senders[leg]
  if (!sender) throw new Error('no such leg')
  const { ssrc, sequence, timestamp } = sender
  for (const packet of pressPackets(key, { ssrc, sequence, timestamp }).slice(0, 5)) {
    sender.transmit(packet)
    sender.skip()
  }
}

const nothingLive = async (): Promise<void> => {
  while ((await admin.api('GET /live/calls')).items.length > 0) await sleep(20)
}

const said = async (callId: string) =>
  (await admin.api('GET /calls/:callId/consents', { params: { callId } })).items.map(
    ({ kind, channel, announcement, at, recordedBy }) => ({ kind, channel, announcement, at, recordedBy }),
  )

const terms = async (callId: string): Promise<Record<string, string>> => {
  const found = await admin.api('GET /calls/:callId/terms', { params: { callId } })
  return Object.fromEntries(found.terms.map((term) => [term.purpose, `${term.state} ${term.reason ?? ''}`.trim()]))
}

test('the key for no ends recording on every source, and what rests on interests ends with the call', async () => {
  const [first, second] = [
    await begin('sip:+39021234567@carrier.example.test', 'one'),
    await begin('sip:+39021234567@carrier.example.test', 'one'),
  ]
  const { current } = await admin.api('GET /announcements')
  const speak = speaking(first)
  await until('recording', speak)
  press(first, 1, '9')
  await speakFor(3000, speak)
  expect((await admin.api('GET /live/calls')).items.map((call) => call.status)).toEqual(['recording', 'recording'])
  press(first, 0, '9')
  const live = await until('no_consent', speak)
  await first.bye()
  await second.bye()
  await nothingLive()
  for (const { id } of live) {
    const detail = await settled(admin, id)
    const mark = detail.marks.find((one) => one.kind === 'consent_no')
    expect(mark?.by).toBe('caller_key')
    const [record, ...more] = await said(id)
    expect(more).toEqual([])
    expect(record).toMatchObject({
      kind: 'objected',
      channel: 'dtmf',
      announcement: current?.version,
      recordedBy: null,
    })
    // the record tells when the key was pressed, the mark when it was certain
    const saidMs = Date.parse(record?.at ?? '') - Date.parse(detail.startedAt)
    expect((mark?.atMs ?? 0) - saidMs).toBeGreaterThan(1990)
    expect(await terms(id)).toEqual({ evidence: 'live', training: 'ended objection' })
  }
})

test('a card number typed on the telephone changes nothing', async () => {
  const call = await begin('sip:+39021234567@carrier.example.test', 'two')
  const speak = speaking(call)
  const [live] = await until('recording', speak)
  for (const key of '4539148803436467919'.split('')) {
    press(call, 0, key)
    await speakFor(100, speak)
  }
  await speakFor(3000, speak)
  expect((await admin.api('GET /live/calls')).items.map((one) => one.status)).toEqual(['recording'])
  await call.bye()
  await nothingLive()
  const id = live?.id ?? ''
  await settled(admin, id)
  expect(await said(id)).toEqual([])
  expect(await terms(id)).toEqual({ evidence: 'live', training: 'live' })
})

test('where a yes is asked for, its key begins the recording, and nothing of before is kept', async () => {
  const call = await begin('sip:+4930123456@carrier.example.test', 'three')
  const speak = speaking(call)
  const [live] = await until('no_consent', speak)
  press(call, 0, '1')
  await until('recording', speak)
  await speakFor(1000, speak)
  await call.bye()
  await nothingLive()
  const id = live?.id ?? ''
  const detail = await settled(admin, id)
  const yes = detail.marks.find(({ kind }) => kind === 'consent_yes')
  expect(yes?.by).toBe('caller_key')
  const [record, ...more] = await said(id)
  expect(more).toEqual([])
  expect(record).toMatchObject({ kind: 'given', channel: 'dtmf' })
  // pressed alone for two seconds; until that was certain nothing is kept, to a packet or two
  const pressedMs = Date.parse(record?.at ?? '') - Date.parse(detail.startedAt)
  expect((yes?.atMs ?? 0) - pressedMs).toBeGreaterThan(1990)
  const before = detail.gaps.filter((gap) => gap.kind === 'no_consent')
  expect(before.length).toBeGreaterThan(0)
  expect(Math.max(...before.map((gap) => gap.toMs))).toBeGreaterThan((yes?.atMs ?? Number.POSITIVE_INFINITY) - 60)
})

test('AudioHook tells a caller’s key too', async () => {
  const made = await admin.api('POST /sources/credentials', { body: { protocol: 'audiohook', name: 'Genesys' } })
  const signing = { keyId: made.credential.keyId, secret: Buffer.from(made.secret, 'base64') }
  const url = `${server.url.replace('http', 'ws')}/capture/audiohook`
  const client = new AudioHookClient({ url, signing })
  await client.opened
  const speak = (): void => client.audio(Buffer.alloc(320, 1))
  const [live] = await until('recording', speak)
  client.message('dtmf', { digit: '9' })
  await until('no_consent', speak)
  await client.close()
  await nothingLive()
  expect(await said(live?.id ?? '')).toMatchObject([{ kind: 'objected', channel: 'dtmf' }])
})

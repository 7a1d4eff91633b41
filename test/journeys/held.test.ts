import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { organisation } from '../../server/retention/testkit/governance.ts'
import { publish, rule } from './policy.ts'
import { addRecording } from './recording.ts'
import { type Client, join_, setUp, startServer, type TestServer } from './server.ts'

/* A legal hold keeps a call from every end. What callers said and asked for meanwhile is not forgotten: its release does it. */

let server: TestServer
let admin: Client
let vera: Client
let dario: Client

beforeAll(async () => {
  server = await startServer()
  admin = await setUp(server)
  await publish(admin, [rule()])
  await admin.api('PUT /organisation', { body: { organisation: organisation(), basedOn: 0 } })
  const officer = async (name: string) =>
    (await join_(admin, server, { name, email: `${name.toLowerCase()}@example.test`, role: 'privacy_officer' })).who
  vera = await officer('Vera')
  dario = await officer('Dario')
})
afterAll(() => server?.destroy())

const recorded = (): Promise<string> =>
  addRecording(admin, { direction: 'inbound', customer: { address: '+39 333 4445556' } }, 1)

const termsOf = async (callId: string): Promise<Record<string, string>> => {
  const { terms } = await vera.api('GET /calls/:callId/terms', { params: { callId } })
  return Object.fromEntries(terms.map((t) => [t.purpose, t.reason ? `${t.state} ${t.reason}` : t.state]))
}
const hold = async (callIds: string[]): Promise<string> =>
  (
    await vera.api('POST /holds', {
      body: { covers: { kind: 'calls', callIds }, reason: 'richiesta dell’autorità', reference: '' },
    })
  ).id
async function release(holdId: string): Promise<void> {
  const params = { holdId }
  await vera.api('POST /holds/:holdId/release-request', { params, body: { reason: 'indagine conclusa' } })
  await dario.api('POST /holds/:holdId/release', { params })
}
async function eventually(callId: string, wanted: Record<string, string>): Promise<void> {
  for (let i = 0; i < 100 && JSON.stringify(await termsOf(callId)) !== JSON.stringify(wanted); i++) await sleep(100)
  expect(await termsOf(callId)).toEqual(wanted)
}

test('an objection and an erasure under a hold are carried out by its release, those of other holds are not', async () => {
  const [objected, erased, twice] = [await recorded(), await recorded(), await recorded()]
  const [first, second] = [await hold([objected, erased, twice]), await hold([twice])]

  for (const callId of [objected, twice])
    await vera.api('POST /consents', {
      body: { callId, purpose: null, kind: 'objected', channel: 'operator', note: '' },
    })
  const { id: requestId } = await vera.api('POST /rights/requests', {
    body: {
      callId: erased,
      kind: 'erasure',
      channel: 'letter',
      receivedOn: new Date().toISOString().slice(0, 10),
      details: '',
      language: 'it',
    },
  })
  const params = { requestId }
  await vera.api('POST /rights/requests/:requestId/identity', { params, body: { method: 'document' } })
  const { report } = await vera.api('POST /rights/requests/:requestId/act', { params, body: {} })
  expect(report?.kept).toContainEqual(expect.objectContaining({ purpose: 'training', why: 'hold' }))
  for (const callId of [objected, erased, twice])
    expect(await termsOf(callId)).toEqual({ evidence: 'live', training: 'live' })

  await release(first)
  await eventually(objected, { evidence: 'live', training: 'ended objection' })
  await eventually(erased, { evidence: 'live', training: 'ended erasure' })
  const ended = async () => (await vera.api('GET /rights/requests/:requestId', { params })).report?.ended
  for (let i = 0; i < 50 && (await ended())?.length === 0; i++) await sleep(100)
  expect(await ended()).toEqual([{ purpose: 'training' }])
  expect(await termsOf(twice)).toEqual({ evidence: 'live', training: 'live' })

  await release(second)
  await eventually(twice, { evidence: 'live', training: 'ended objection' })
})

import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { manualClock } from '../../server/platform/clock.ts'
import { addRecording } from './recording.ts'
import { type Client, join_, registerAgreement, setUp, startServer, type TestServer, program } from './server.ts'

const DAY = 86_400_000
const clock = manualClock(Date.now())
let server: TestServer
let admin: Client
/** A program's token does not end when the clock moves by years. */
let robot: Client
let token = ''

beforeAll(async () => {
  server = await startServer({ clock })
  admin = await setUp(server)
  ;({ token } = await admin.api('POST /tokens', {
    body: {
      name: 'retention',
      permissions: ['calls.read', 'calls.add', 'calls.listen', 'governance.read', 'governance.write'],
    },
  }))
  robot = program(server.url, token)
})
afterAll(() => server?.destroy())

/** An uploaded call whose renditions are all there. */
const recorded = (facts: object = {}): Promise<string> =>
  addRecording(robot, { direction: 'inbound', customer: { name: 'Carla Neri', address: '+39021234567' }, ...facts })

async function doctorSays(): Promise<string[]> {
  const found: string[] = []
  for await (const { code } of server.running.doctor()) found.push(code)
  return found
}

const termsOf = async (callId: string): Promise<Record<string, string>> => {
  const { terms } = await robot.api('GET /calls/:callId/terms', { params: { callId } })
  return Object.fromEntries(terms.map((t) => [t.purpose, t.reason ? `${t.state} ${t.reason}` : t.state]))
}
const end = (callId: string, purpose: string) =>
  admin.api('POST /calls/:callId/terms/end', { params: { callId }, body: { purpose, why: 'non serve più' } })
const folders = (): string[] => readdirSync(join(server.dataDir, 'objects'))

test('a purpose ends by decision: nobody hears it any more, the others live on, and the last takes everything', async () => {
  const callId = await recorded()
  expect(await termsOf(callId)).toEqual({ evidence: 'live', training: 'live' })
  await end(callId, 'training')
  expect(await termsOf(callId)).toEqual({ evidence: 'live', training: 'ended decision' })
  const listen = (purpose: 'training' | 'evidence') =>
    admin.api('POST /calls/:callId/listen', { params: { callId }, body: { purpose, reason: 'prova di ascolto' } })
  await expect(listen('training')).rejects.toMatchObject({ code: 'purpose_not_held' })
  const { mediaUrl } = await listen('evidence')
  expect((await admin.fetch(mediaUrl)).status).toBe(200)
  await expect(end(callId, 'training')).rejects.toMatchObject({ code: 'term_not_live' })

  const { certificate } = await end(callId, 'evidence')
  expect(certificate).toMatchObject({
    callId,
    receipts: [
      { room: 'capture', erased: { card: 1, legs: 2, marks: 0 } },
      { room: 'rights', erased: { reference: 1 } },
    ],
  })
  expect((await admin.fetch(mediaUrl)).status).toBe(410)
  const call = await robot.api('GET /calls/:callId', { params: { callId } })
  expect(call).toMatchObject({ state: 'destroyed', customerName: null, customerAddress: null, queue: null, legs: [] })
  for (const rendition of certificate?.renditions ?? []) expect(folders()).not.toContain(rendition)
  const { items } = await admin.api('POST /calls/search', { body: { address: '+39 02 1234567' } })
  expect(items.map((c) => c.id)).not.toContain(callId)
})

test('a hold keeps a call from every end until a second person releases it', async () => {
  const { who: officer } = await join_(admin, server, {
    name: 'Vera Dati',
    email: 'vera@example.test',
    role: 'privacy_officer',
  })
  const callId = await recorded()
  const hold = await admin.api('POST /holds', {
    body: {
      covers: { kind: 'caller', address: '0039 02 1234567' },
      reason: 'causa 118/2026, tribunale di Milano',
      reference: 'RG 118/2026',
    },
  })
  expect(hold).toMatchObject({ kind: 'caller', state: 'active', placedByName: 'Ada Prima', tooLate: 0 })
  const later = await recorded()
  await expect(end(callId, 'training')).rejects.toMatchObject({ code: 'rendition_held' })
  await expect(end(later, 'evidence')).rejects.toMatchObject({ code: 'rendition_held' })
  const of = { params: { holdId: hold.id } }
  await admin.api('POST /holds/:holdId/release-request', { ...of, body: { reason: 'la causa è stata conciliata' } })
  await expect(admin.api('POST /holds/:holdId/release', of)).rejects.toMatchObject({ code: 'hold_two_people' })
  await expect(robot.api('POST /holds/:holdId/release', of)).rejects.toMatchObject({ code: 'person_needed' })
  expect(await officer.api('POST /holds/:holdId/release', of)).toMatchObject({
    state: 'released',
    releasedByName: 'Vera Dati',
  })
  await end(callId, 'training')
  expect(await termsOf(callId)).toEqual({ evidence: 'live', training: 'ended decision' })
})

test('training use stays locked for Italian agents until agreement and notice are registered; their own calls stay theirs', async () => {
  const { who: agent, id } = await join_(admin, server, { name: 'Bruno', email: 'bruno@example.test', role: 'agent' })
  const callId = await recorded({ agent: 'bruno@example.test' })
  const listen = (who: Client) =>
    who.api('POST /calls/:callId/listen', { params: { callId }, body: { purpose: 'training', reason: '' } })
  await listen(admin)
  const { items } = await admin.api('GET /agreements')
  const notice = items.find((a) => a.kind === 'worker_notice')
  await admin.api('POST /agreements/:agreementId/revoke', {
    params: { agreementId: notice?.id ?? '' },
    body: { reason: 'informativa superata' },
  })
  await expect(listen(admin)).rejects.toMatchObject({ code: 'gate_closed', status: 403 })
  const seen = await admin.api('GET /calls/:callId', { params: { callId } })
  expect(seen).toMatchObject({
    agentId: id,
    listenPurposes: ['evidence'],
    locked: { country: 'IT', needs: [['worker_notice']] },
  })
  await listen(agent)
  await registerAgreement(admin, 'worker_notice')
  await listen(admin)
})

test('a written confirmation ends the proof where the register says so', async () => {
  const [italian, french] = [await recorded(), await recorded({ customer: { address: '+33140000000', country: 'FR' } })]
  const confirm = (callId: string) =>
    admin.api('POST /calls/:callId/confirmation', { params: { callId }, body: { reference: 'conferma 17/2026' } })
  await confirm(italian)
  await confirm(french)
  expect([await termsOf(italian), await termsOf(french)]).toEqual([
    { evidence: 'live', training: 'live' },
    { evidence: 'ended confirmation', training: 'live' },
  ])
})

test('a shorter retention is previewed, and applied to what is there once it is published', async () => {
  const callId = await recorded()
  const { entries, version } = await admin.api('GET /purposes')
  const shorter = entries.map((e) => (e.key === 'training' ? { ...e, keep: { months: 2 } } : e))
  const { items } = await admin.api('POST /purposes/preview', { body: { entries: shorter } })
  expect(items.find((i) => i.purpose === 'training')).toMatchObject({ now: 0 })
  expect(items.filter((i) => i.purpose === 'training').reduce((n, i) => n + i.sooner, 0)).toBeGreaterThan(0)
  const before = await robot.api('GET /calls/:callId/terms', { params: { callId } })
  await admin.api('POST /purposes/versions', { body: { entries: shorter, note: 'due mesi bastano', basedOn: version } })
  await expect
    .poll(async () => {
      const { terms } = await robot.api('GET /calls/:callId/terms', { params: { callId } })
      return terms.map((t) => [t.purpose, t.lastDay])
    })
    .not.toEqual(before.terms.map((t) => [t.purpose, t.lastDay]))
  const { renditions } = await admin.api('GET /calls/:callId', { params: { callId } })
  const { terms } = await robot.api('GET /calls/:callId/terms', { params: { callId } })
  for (const t of terms) expect(renditions.find((r) => r.purpose === t.purpose)?.expiresOn).toBe(t.lastDay)
})

test('the calendar tells what ends when; each purpose ends on its day, after a restart too', async () => {
  const callId = await recorded()
  const { terms } = await robot.api('GET /calls/:callId/terms', { params: { callId } })
  const day = (purpose: string): string => terms.find((t) => t.purpose === purpose)?.lastDay ?? ''
  const calendar = await robot.api('GET /retention/calendar', { query: { from: day('training'), to: day('evidence') } })
  expect(calendar.items.filter((i) => i.day === day('training')).map((i) => i.purpose)).toEqual(['training'])
  const to = (when: string): void => clock.advance(Date.parse(`${when}T12:00:00Z`) - clock.now())
  to(day('training'))
  expect(await robot.api('POST /retention/sweep')).toMatchObject({ alarm: null, due: 0 })
  expect(await termsOf(callId)).toEqual({ evidence: 'live', training: 'live' })
  expect(await doctorSays()).toEqual(expect.arrayContaining(['vault_sound', 'log_sound']))
  clock.advance(DAY)
  await robot.api('POST /retention/sweep')
  expect(await termsOf(callId)).toEqual({ evidence: 'live', training: 'ended clock' })

  // Five years later, after a down time: nothing is destroyed by a clock nobody vouches for.
  to(day('evidence'))
  clock.advance(DAY)
  server = await server.restart()
  robot = program(server.url, token)
  expect(await robot.api('POST /retention/sweep')).toMatchObject({ alarm: 'clock_ahead' })
  expect(await termsOf(callId)).toEqual({ evidence: 'live', training: 'ended clock' })
  const today = new Date(clock.now()).toISOString().slice(0, 10)
  await robot.api('POST /retention/clock', { body: { day: today } })
  expect(await termsOf(callId)).toEqual({ evidence: 'ended clock', training: 'ended clock' })
  const { certificate } = await robot.api('GET /calls/:callId/terms', { params: { callId } })
  expect(certificate?.terms.map((t) => t.reason)).toEqual(['clock', 'clock'])
  expect(await robot.api('GET /retention/status')).toMatchObject({ alarm: null, due: 0, ending: 0 })
  expect(await doctorSays()).toEqual(expect.arrayContaining(['vault_sound', 'log_sound']))
})

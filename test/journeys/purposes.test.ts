import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { PurposeEntry } from '../../contract/models/retention.ts'
import { manualClock } from '../../server/platform/clock.ts'
import { publish, rule } from './policy.ts'
import { addRecording } from './recording.ts'
import { type Client, join_, registerAgreement, setUp, startServer, type TestServer, program } from './server.ts'

/* Purposes that an organisation adds beside the four of the law. */

const DAY = 86_400_000
const clock = manualClock(Date.now())
let server: TestServer
let admin: Client
let officer: Client
let supervisor: Client
let robot: Client

const same = (text: string) => ({ it: text, fr: text, en: text })
const added = (facts: Partial<PurposeEntry>): PurposeEntry => ({
  key: 'complaints',
  name: same('Reclami'),
  description: same('Chiarire che cosa è stato detto in caso di reclamo'),
  spoken: same('chiarire i reclami'),
  legalBasis: 'legitimate_interests',
  legalText: '',
  iri: 'https://w3id.org/dpv#DisputeManagement',
  audience: ['privacy_officer'],
  material: 'original',
  keep: { days: 100 },
  audio: { days: 40 },
  ceiling: { months: 12 },
  ceilingText: 'Regolamento interno dei reclami, art. 3',
  extensionText: '',
  countries: [],
  confirmationEnds: false,
  ai: null,
  active: true,
  ...facts,
})

beforeAll(async () => {
  server = await startServer({ clock })
  admin = await setUp(server)
  const staff = (name: string, role: 'privacy_officer' | 'supervisor') =>
    join_(admin, server, { name, email: `${name.toLowerCase()}@example.test`, role })
  ;({ who: officer } = await staff('Vera', 'privacy_officer'))
  ;({ who: supervisor } = await staff('Sara', 'supervisor'))
  const { token } = await admin.api('POST /tokens', {
    body: {
      name: 'prova',
      permissions: ['calls.read', 'calls.add', 'governance.read', 'governance.write', 'policy.read', 'policy.write'],
    },
  })
  robot = program(server.url, token)
})
afterAll(() => server?.destroy())

async function register(entries: (entries: PurposeEntry[]) => PurposeEntry[]): Promise<void> {
  const { entries: old, version } = await robot.api('GET /purposes')
  await robot.api('POST /purposes/versions', { body: { entries: entries(old), note: 'prova', basedOn: version } })
}

const recorded = (queue: string): Promise<string> =>
  addRecording(robot, { direction: 'inbound', queue, customer: { address: '+39021234567' } })

const listen = (who: Client, callId: string, purpose: string, reason = 'verifica di un reclamo') =>
  who.api('POST /calls/:callId/listen', { params: { callId }, body: { purpose, reason } })
const termsOf = async (callId: string) => (await robot.api('GET /calls/:callId/terms', { params: { callId } })).terms
const folders = (): number => readdirSync(join(server.dataDir, 'objects')).filter((name) => name !== 'journal').length

test('a purpose of the organisation is recorded for, heard by its audience alone, and told by its name', async () => {
  await register((old) => [...old, added({})])
  await publish(admin, [rule({ name: 'Reclami', purposes: ['complaints', 'training'] })])
  const { items } = await supervisor.api('GET /purposes/names')
  expect(items.find(({ key }) => key === 'complaints')).toMatchObject({ name: { it: 'Reclami' }, material: 'original' })

  const callId = await recorded('Reclami')
  const call = await officer.api('GET /calls/:callId', { params: { callId } })
  expect(call.purposes.toSorted()).toEqual(['complaints', 'training'])
  expect(call.listenPurposes).toEqual(['complaints'])
  expect(call.renditions.find((r) => r.purpose === 'complaints')).toMatchObject({ material: 'original' })
  // as it was said: only with a reason
  await expect(listen(officer, callId, 'complaints', '')).rejects.toMatchObject({ code: 'reason_missing' })
  const { mediaUrl } = await listen(officer, callId, 'complaints')
  const audio = Buffer.from(await (await officer.fetch(mediaUrl)).arrayBuffer())
  expect(audio.length).toBeGreaterThan(16_000)
  await expect(listen(admin, callId, 'complaints')).rejects.toMatchObject({ code: 'purpose_not_allowed' })
  const { items: records } = await officer.api('GET /accesses', { query: { purpose: 'complaints' } })
  expect(records.map((r) => r.outcome).toSorted()).toEqual(['allowed', 'refused', 'refused'])
  const vcon = await officer.api('POST /calls/:callId/vcon', {
    params: { callId },
    body: { purpose: 'complaints', reason: 'verifica di un reclamo' },
  })
  expect(JSON.stringify(vcon)).toContain('recording')
})

test('one that others than privacy officers use watches work: it waits for the agreement', async () => {
  await register((old) => [...old, added({ key: 'coaching', audience: ['administrator'], material: 'masked' })])
  await publish(admin, [rule({ name: 'Coaching', purposes: ['coaching'] })])
  const callId = await recorded('Coaching')
  await robot.api('PUT /organisation', { body: { organisation: italian, basedOn: 0 } })
  for (const { id } of (await robot.api('GET /agreements')).items)
    await robot.api('POST /agreements/:agreementId/revoke', {
      params: { agreementId: id },
      body: { reason: 'disdetto dalle parti' },
    })
  await expect(listen(admin, callId, 'coaching')).rejects.toMatchObject({ code: 'gate_closed' })
  expect((await admin.api('GET /calls/:callId', { params: { callId } })).locked).toMatchObject({
    purpose: 'coaching',
    country: 'IT',
  })
  for (const kind of ['it_union_agreement', 'worker_notice'] as const) await registerAgreement(admin, kind)
  await expect(listen(admin, callId, 'coaching')).resolves.toMatchObject({ mediaUrl: expect.any(String) as string })
})

const italian = {
  name: 'Acme S.p.A.',
  address: 'Via Roma 1, Milano',
  country: 'IT',
  email: 'info@acme.example',
  dpo: { name: 'Ada Neri', email: 'dpo@acme.example', phone: '' },
  authority: 'Garante',
  callers: { url: '', email: 'privacy@acme.example', phone: '' },
  languages: ['it' as const],
  keys: { yes: '1', no: '9' },
  unknownCallers: 'controller' as const,
}

test('its audio ends on its own day, the rest later; what is switched off is dropped, and told', async () => {
  await publish(robot, [rule({ name: 'Reclami', purposes: ['complaints'] })])
  const callId = await recorded('Reclami')
  const before = folders()
  const term = async () => (await termsOf(callId)).find((t) => t.purpose === 'complaints')
  expect(await term()).toMatchObject({ state: 'live', audioEndedAt: null })
  const { audioLastDay, lastDay } = (await term())!
  expect(Date.parse(lastDay) - Date.parse(audioLastDay!)).toBe(60 * DAY)
  const { items } = await robot.api('GET /retention/calendar', { query: { from: audioLastDay!, to: lastDay } })
  expect(items).toContainEqual(expect.objectContaining({ day: audioLastDay, what: 'audio', purpose: 'complaints' }))
  for (const days of [20, 20]) {
    clock.advance(days * DAY)
    await robot.api('POST /retention/sweep')
  }
  expect(await term()).toMatchObject({ state: 'live', audioEndedAt: expect.any(String) as string })
  const { renditions, state } = await robot.api('GET /calls/:callId', { params: { callId } })
  expect(renditions.every((r) => r.state === 'erased')).toBe(true)
  expect(state).toBe('sealed')
  expect(folders()).toBeLessThan(before)
  for (const days of [30, 30]) {
    clock.advance(days * DAY)
    await robot.api('POST /retention/sweep')
  }
  expect(await term()).toMatchObject({ state: 'ended', reason: 'clock' })

  await register((old) => old.map((e) => (e.key === 'complaints' ? { ...e, active: false } : e)))
  const { warnings } = await robot.api('GET /policy')
  expect(warnings.map((w) => w.code)).toContain('purpose_off')
  const circumstances = {
    protocol: 'upload' as const,
    direction: 'inbound' as const,
    queue: 'Reclami',
    agentId: null,
    teamIds: [],
    callerCountry: 'IT',
    agentCountry: 'IT',
    startedAt: new Date(clock.now()).toISOString(),
  }
  const explained = await robot.api('POST /policy/explain', { body: { circumstances } })
  expect(explained).toMatchObject({ dropped: ['complaints'], decision: { record: false, reason: 'no_purpose' } })
  await expect(recorded('Reclami')).rejects.toThrow('policy_refuses')
})

import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { SecurityEvidence } from '../../contract/models/security.ts'
import { manualClock } from '../../server/platform/clock.ts'
import { addRecording } from './recording.ts'
import { type Client, client, join_, setUp, startServer, type TestServer, program } from './server.ts'

const DAY = 86_400_000
const clock = manualClock(Date.now())
let server: TestServer
let admin: Client
/** A program's token does not end when the clock moves by months. */
let robot: Client

beforeAll(async () => {
  server = await startServer({ clock })
  admin = await setUp(server)
  const { token } = await admin.api('POST /tokens', { body: { name: 'audit', permissions: ['governance.read'] } })
  robot = program(server.url, token)
})
afterAll(() => server?.destroy())

const shown = async (who: Client = admin) => SecurityEvidence.parse(await who.api('GET /accountability/security'))
const controlIn = (evidence: SecurityEvidence, key: string) => evidence.controls.find((control) => control.key === key)
/** A measure wherever it is shown. */
const measureIn = (evidence: SecurityEvidence, key: string) =>
  evidence.controls.flatMap((control) => control.evidence).find((measure) => measure.key === key)

/** Looks until the evidence is as it should be: the log and the sweep run in their own time. */
async function until(good: (evidence: SecurityEvidence) => boolean): Promise<SecurityEvidence> {
  for (const end = Date.now() + 15_000; Date.now() < end; await sleep(50)) {
    const evidence = await shown()
    if (good(evidence)) return evidence
  }
  throw new Error('the evidence did not become what it should')
}

const recorded = (): Promise<string> => addRecording(admin, { customer: { address: '+39 02 1234567' } }, 1)

test('a fresh installation shows what is good, what is missing, and what is not ours', async () => {
  const evidence = await until(
    (e) => measureIn(e, 'log_checked')?.good === true && measureIn(e, 'swept')?.good === true,
  )
  expect(evidence.controls.length).toBeGreaterThan(45)
  const count = (status: string) => evidence.controls.filter((control) => control.status === status).length
  expect(evidence.counts).toEqual({ shown: count('shown'), attention: count('attention'), outside: count('outside') })
  expect(controlIn(evidence, 'backup')).toMatchObject({ clause: '8.13', status: 'outside', evidence: [] })
  // no authority of time stamps, keys beside the data: told, not hidden
  expect(controlIn(evidence, 'clock')?.status).toBe('attention')
  expect(measureIn(evidence, 'stamp_level')).toMatchObject({ good: false, value: { code: 'self' } })
  expect(measureIn(evidence, 'epoch_keys_apart')).toMatchObject({ good: false, value: { code: 'no' } })
  expect(controlIn(evidence, 'records')?.status).toBe('shown')
  expect(measureIn(evidence, 'signature')?.value).toEqual({ kind: 'text', text: 'Ed25519' })
  expect(measureIn(evidence, 'cipher')?.value).toEqual({ kind: 'text', text: 'AES-256-GCM' })
  expect(measureIn(evidence, 'transport')).toMatchObject({ good: true, value: { code: 'local' } })
  const pg = measureIn(evidence, 'postgres')?.value
  expect(pg).toMatchObject({ kind: 'text', text: expect.stringMatching(/^\d+\.\d+$/) })
})

test('somebody without a second factor asks for attention until there is one', async () => {
  const before = await shown()
  expect(measureIn(before, 'second_factor')).toMatchObject({ good: true, value: { kind: 'part', n: 1, of: 1 } })
  const { person, invitationToken } = await admin.api('POST /people', {
    body: { name: 'Bea Nuova', email: 'bea@example.test', role: 'agent', country: 'IT', teams: [], aliases: [] },
  })
  const during = await shown()
  expect(measureIn(during, 'second_factor')).toMatchObject({ good: false, value: { n: 1, of: 2 } })
  expect(controlIn(during, 'authentication')?.status).toBe('attention')
  expect(measureIn(during, 'invitations')?.value).toMatchObject({ n: 1 })
  expect(invitationToken).not.toBe('')
  await admin.api('PATCH /people/:personId', { params: { personId: person.id }, body: { active: false } })
  expect(measureIn(await shown(), 'second_factor')).toMatchObject({ good: true, value: { n: 1, of: 1 } })
})

test('a call that is destroyed is counted with its certificate', async () => {
  const callId = await recorded()
  const before = await shown()
  expect(measureIn(before, 'calls')?.value).toMatchObject({ n: 1 })
  expect(measureIn(before, 'certified')?.value).toEqual({ kind: 'part', n: 0, of: 0 })
  const end = (purpose: string) =>
    admin.api('POST /calls/:callId/terms/end', { params: { callId }, body: { purpose, why: 'non serve più' } })
  await end('training')
  await end('evidence')
  const after = await shown()
  expect(measureIn(after, 'certified')).toMatchObject({ good: true, value: { n: 1, of: 1 } })
  expect(measureIn(after, 'finals')?.value).toMatchObject({ n: 0 })
  expect(measureIn(after, 'ended')?.value).toMatchObject({ items: [{ name: { en: 'decision' }, n: 2 }] })
  expect(measureIn(after, 'without_purpose')).toMatchObject({ good: true, value: { n: 0 } })
})

test('who may not read the rules does not see it; the document is a PDF in three languages', async () => {
  await expect(client(server.url).api('GET /accountability/security')).rejects.toMatchObject({ status: 401 })
  for (const language of ['it', 'fr', 'en']) {
    const response = await admin.fetch(`/api/v1/accountability/security/document?language=${language}`)
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/pdf'])
    const pdf = Buffer.from(await response.arrayBuffer())
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-')
  }
})

test('refusals are counted, and a request that nobody answers is overdue', async () => {
  const callId = await recorded()
  const { who } = await join_(admin, server, { name: 'Ora Rossi', email: 'ora@example.test', role: 'quality_manager' })
  await expect(
    who.api('POST /calls/:callId/listen', { params: { callId }, body: { purpose: 'evidence', reason: 'per prova' } }),
  ).rejects.toMatchObject({ status: 403 })
  const asked = await shown()
  expect(measureIn(asked, 'refused')?.value).toMatchObject({ n: 1 })
  const day = new Date(clock.now()).toISOString().slice(0, 10)
  await admin.api('POST /rights/requests', {
    body: { callId, kind: 'access', channel: 'email', receivedOn: day, details: '', language: 'it' },
  })
  expect(measureIn(await shown(), 'requests_overdue')).toMatchObject({ good: true, value: { n: 0 } })
  clock.advance(33 * DAY)
  const late = await shown(robot)
  expect(measureIn(late, 'requests_overdue')).toMatchObject({ good: false, value: { n: 1 } })
  expect(controlIn(late, 'handling')).toMatchObject({ status: 'attention', uncertain: true, formerly: '7.3.9' })
})

test('accounts and API tokens that nobody uses come to light', async () => {
  clock.advance(60 * DAY)
  const unused = await shown(robot)
  expect(measureIn(unused, 'dormant')).toMatchObject({ good: false, value: { n: 2 } })
  expect(controlIn(unused, 'identity')?.status).toBe('attention')
  expect(measureIn(unused, 'tokens_unused')).toMatchObject({ good: true, value: { n: 0 } })
})

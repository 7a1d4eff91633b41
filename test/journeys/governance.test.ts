import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Organisation } from '../../contract/models/retention.ts'
import { organisation } from '../../server/retention/testkit/governance.ts'
import { rule } from '../../server/policy/testkit/fixtures.ts'
import { addRecording } from './recording.ts'
import { type Client, client, setUp, startServer, type TestServer, program } from './server.ts'

let server: TestServer
let admin: Client

beforeAll(async () => {
  server = await startServer()
  admin = await setUp(server)
})
afterAll(() => server?.destroy())

const recorded = (): Promise<string> => addRecording(admin, { customer: { address: '+39 02 1234567' } }, 1)

test('what is announced follows the policy, the register and the organisation', async () => {
  expect((await admin.api('GET /announcements')).current).toBeNull()
  const { version } = await admin.api('GET /policy')
  await admin.api('POST /policy/versions', {
    body: { rules: [rule({ purposes: ['training'] })], note: 'Live calls', basedOn: version },
  })
  const before = await admin.api('GET /announcements')
  expect(before).toMatchObject({ current: { version: 1 }, missing: ['name', 'contact', 'dpo'] })
  const said: Organisation = organisation({ callers: { url: '', email: '', phone: '800 123' } })
  await admin.api('PUT /organisation', { body: { organisation: said, basedOn: 0 } })
  const { current } = await admin.api('GET /announcements')
  expect(current?.version).toBe(2)
  expect(current?.texts.objection.en.short).toContain('data protection officer: 800 123.')
  const { entries, version: basedOn } = await admin.api('GET /purposes')
  const shorter = entries.map((entry) => (entry.key === 'training' ? { ...entry, keep: { months: 3 } } : entry))
  await admin.api('POST /purposes/versions', { body: { entries: shorter, note: 'Shorter', basedOn } })
  expect((await admin.api('GET /announcements')).current?.texts.opt_in.it.short).toContain('3\u00a0mesi')
})

test('what a caller says counts for the call, and goes out as a record', async () => {
  const callId = await recorded()
  const { token } = await admin.api('POST /tokens', {
    body: { name: 'IVR', permissions: ['consents.record', 'calls.read'] },
  })
  const ivr = program(server.url, token)
  await expect(admin.api('POST /consents', { body: { callId, kind: 'given' } })).rejects.toMatchObject({ status: 403 })
  const { id } = await ivr.api('POST /consents', {
    body: { callId, kind: 'objected', channel: 'dtmf', purpose: 'training', note: 'Pressed 9' },
  })
  const { items, standing } = await admin.api('GET /calls/:callId/consents', { params: { callId } })
  expect(items).toMatchObject([{ id, value: 'no', announcement: 3, recordedBy: null, note: 'Pressed 9' }])
  expect(standing).toContainEqual({ purpose: 'training', value: 'no', recordId: id })
  expect((await ivr.api('GET /calls/:callId/consents', { params: { callId } })).items[0]?.note).toBeNull()
  await ivr.api('POST /consents', { body: { address: '0039021234567', kind: 'withdrawn' } })
  const found = await admin.api('POST /consents/search', { body: { address: 'tel:+39021234567' } })
  expect(found.items.map((item) => item.kind)).toEqual(['withdrawn', 'objected'])
  const dpv = await admin.api('GET /consents/:consentId/dpv', { params: { consentId: id } })
  expect(dpv['@type']).toBe('dpv:ConsentRecord')
})

test('the law of a country is changed with a reason only; a document too large is refused', async () => {
  const { rows, version } = await admin.api('GET /jurisdictions')
  const lax = rows.map((row) => (row.code === 'DE' ? { ...row, silence: 'allowed' as const } : row))
  await expect(admin.api('PUT /jurisdictions', { body: { rows: lax, basedOn: version } })).rejects.toMatchObject({
    code: 'jurisdiction_reason',
  })
  const facts = {
    country: 'FR',
    kind: 'fr_cse',
    features: ['scoring'],
    teams: [],
    validFrom: '2026-01-01',
    validTo: null,
    reference: 'PV 12',
  }
  const send = async (bytes: number) => {
    const form = new FormData()
    form.set('document', new Blob([new Uint8Array(bytes)], { type: 'application/pdf' }), 'pv.pdf')
    form.set('facts', JSON.stringify(facts))
    return admin.fetch('/api/v1/agreements', { method: 'POST', body: form })
  }
  const kept = await send(5000)
  expect(kept.status).toBe(201)
  const { id } = (await kept.json()) as { id: string }
  const back = await admin.fetch(`/api/v1/agreements/${id}/document`)
  expect((await back.arrayBuffer()).byteLength).toBe(5000)
  // the connection may end before everything was sent: the client then sees either the answer or a broken connection
  const status = await send(30 << 20).then(
    (response) => response.status,
    () => 413,
  )
  expect(status).toBe(413)
  const { items } = await admin.api('GET /agreements')
  expect(items.find((item) => item.id === id)).toMatchObject({ inForce: true, reference: 'PV 12' })
  await admin.api('POST /agreements/:agreementId/revoke', { params: { agreementId: id }, body: { reason: 'Replaced' } })
  expect((await admin.api('GET /agreements')).items[0]).toMatchObject({ inForce: false, revokedBecause: 'Replaced' })
})

test('the register of processing tells what is in force, and is a document in three languages', async () => {
  const register = await admin.api('GET /accountability/processing')
  const { entries, version } = await admin.api('GET /purposes')
  expect(register.activities.map(({ purpose }) => purpose)).toEqual(entries.map(({ key }) => key))
  expect(register.versions.register).toBe(version)
  expect(register.versions.policy).toBe((await admin.api('GET /policy')).version)
  for (const language of ['it', 'fr', 'en']) {
    const response = await admin.fetch(`/api/v1/accountability/processing/document?language=${language}`)
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/pdf'])
  }
  await expect(client(server.url).api('GET /accountability/processing')).rejects.toMatchObject({ status: 401 })
})

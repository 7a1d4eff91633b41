import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RightsKind, RightsRequest } from '../../contract/models/rights.ts'
import { organisation } from '../../server/retention/testkit/governance.ts'
import { textOfPdf } from '../../server/platform/testkit/pdf.ts'
import { publish, rule } from './policy.ts'
import { addRecording } from './recording.ts'
import { type Client, client, join_, setUp, startServer, type TestServer } from './server.ts'

const today = new Date().toISOString().slice(0, 10)
let server: TestServer
let admin: Client
let officer: Client
/** Somebody without an account. */
let caller: Client
let folder = ''

beforeAll(async () => {
  server = await startServer()
  admin = await setUp(server)
  await publish(admin, [rule()])
  await admin.api('PUT /organisation', { body: { organisation: organisation(), basedOn: 0 } })
  officer = (await join_(admin, server, { name: 'Vera', email: 'vera@example.test', role: 'privacy_officer' })).who
  caller = client(server.url)
  folder = mkdtempSync(join(tmpdir(), 'verbale-requests-'))
})
afterAll(async () => {
  await server?.destroy()
  rmSync(folder, { recursive: true, force: true })
})

const recorded = (): Promise<string> =>
  addRecording(
    admin,
    { direction: 'inbound', agentLane: 0, customer: { name: 'Carla Neri', address: '+39 333 4445556' } },
    3,
  )

const filed = (callId: string, kind: RightsKind, details = ''): Promise<RightsRequest> =>
  officer.api('POST /rights/requests', {
    body: { callId, kind, channel: 'letter', receivedOn: today, details, language: 'it' },
  })
const at = (request: RightsRequest) => ({ params: { requestId: request.id } })
const identified = (request: RightsRequest): Promise<RightsRequest> =>
  officer.api('POST /rights/requests/:requestId/identity', { ...at(request), body: { method: 'document' } })
const carriedOut = (request: RightsRequest, body: object = {}): Promise<RightsRequest> =>
  officer.api('POST /rights/requests/:requestId/act', { ...at(request), body })
const states = async (callId: string): Promise<Record<string, string>> => {
  const { terms } = await admin.api('GET /calls/:callId/terms', { params: { callId } })
  return Object.fromEntries(terms.map((t) => [t.purpose, t.reason ? `${t.state} ${t.reason}` : t.state]))
}
const listen = (who: Client, callId: string) =>
  who.api('POST /calls/:callId/listen', { params: { callId }, body: { purpose: 'evidence', reason: 'verifica' } })

/** Files of a ZIP, by what everybody has to open one. */
function unzipped(bytes: Buffer): { names: string[]; read: (name: string) => Buffer } {
  const file = join(folder, 'data.zip')
  writeFileSync(file, bytes)
  expect(execFileSync('unzip', ['-t', file]).toString()).toContain('No errors')
  const into = mkdtempSync(join(folder, 'x-'))
  execFileSync('unzip', ['-q', file, '-d', into])
  const names = execFileSync('unzip', ['-Z1', file]).toString().trim().split('\n')
  return { names, read: (name) => readFileSync(join(into, name)) }
}

test('nothing is carried out before it is known who asks', async () => {
  const request = await filed(await recorded(), 'erasure')
  expect(request).toMatchObject({ identity: null, tasks: ['identity', 'act', 'letter', 'close'] })
  await expect(carriedOut(request)).rejects.toMatchObject({ code: 'request_identity', status: 409 })
  const known = await identified(request)
  expect(known.identity).toMatchObject({ method: 'document' })
  expect(known.tasks).toEqual(['act', 'letter', 'close'])
  await expect(
    officer.api('POST /rights/requests/:requestId/close', {
      ...at(request),
      body: { decision: 'done', outcome: 'niente da fare' },
    }),
  ).rejects.toMatchObject({ code: 'request_not_acted' })
  const refuse = { decision: 'refused' as const, outcome: 'il numero non coincide' }
  await expect(
    officer.api('POST /rights/requests/:requestId/close', { ...at(request), body: refuse }),
  ).rejects.toMatchObject({ code: 'request_article' })
  const closed = await officer.api('POST /rights/requests/:requestId/close', {
    ...at(request),
    body: { ...refuse, article: '12(6)' },
  })
  expect(closed).toMatchObject({ state: 'closed', decision: 'refused', article: '12(6)', tasks: [] })
})

test('an erasure ends what the law does not keep, and says what stays, until when and why', async () => {
  await publish(admin, [rule({ legalBasis: 'contract', purposes: ['evidence', 'training'] })])
  const callId = await recorded()
  const { report } = await carriedOut(await identified(await filed(callId, 'erasure')))
  expect(report).toMatchObject({ ended: [{ purpose: 'training' }], failed: [], destroyed: false })
  expect(report?.kept).toMatchObject([{ purpose: 'evidence', why: 'law' }])
  expect(report?.kept[0]?.article).toContain('6(1)(b)')
  expect(await states(callId)).toEqual({ evidence: 'live', training: 'ended erasure' })
})

test('an erasure of a call kept on consent alone leaves nothing; what was asked stays, without words', async () => {
  await publish(admin, [rule({ legalBasis: 'consent', purposes: ['training'], consent: 'objection' })])
  const callId = await recorded()
  const request = await carriedOut(
    await identified(await filed(callId, 'erasure', 'sono Carla Neri, cancellate tutto')),
  )
  expect(request.report).toMatchObject({ ended: [{ purpose: 'training' }], kept: [], destroyed: true })
  const after = await officer.api('GET /rights/requests/:requestId', at(request))
  expect(after).toMatchObject({ kind: 'erasure', details: null })
  await publish(admin, [rule()])
})

test('access tells every consultation with date and purpose, without names, and gives the recording', async () => {
  const callId = await recorded()
  await listen(officer, callId)
  await listen(admin, callId)
  const request = await identified(await filed(callId, 'access'))
  await expect(officer.fetch(`/api/v1/rights/requests/${request.id}/package`)).resolves.toMatchObject({ status: 409 })
  await carriedOut(request, { masks: [{ lane: 1, fromMs: 1000, toMs: 2000 }] })
  const response = await officer.fetch(`/api/v1/rights/requests/${request.id}/package`)
  const { names, read } = unzipped(Buffer.from(await response.arrayBuffer()))
  expect(names).toEqual(['data.json', 'about.pdf', 'recording.wav'])
  const data = JSON.parse(read('data.json').toString()) as {
    call: { listened: { at: string; role: string; purpose: string }[]; purposes: unknown[] }
    transcript: null
  }
  expect(data.call.listened.map(({ role, purpose }) => `${role} ${purpose}`).toSorted()).toEqual([
    'administrator evidence',
    'privacy_officer evidence',
  ])
  expect(JSON.stringify(data)).not.toContain('Vera')
  expect(read('about.pdf').toString('latin1', 0, 5)).toBe('%PDF-')
  const wav = read('recording.wav')
  expect(wav.toString('latin1', 0, 4)).toBe('RIFF')
  const sample = (second: number, channel: number): number =>
    wav.readInt16LE(wav.length - 3 * 32_000 + second * 32_000 + channel * 2)
  expect(sample(1.5, 1)).toBe(0)
  expect(sample(0.5, 1)).not.toBe(0)
  expect(sample(1.5, 0)).not.toBe(0)
  // the reading itself is on record
  const { items } = await officer.api('GET /calls/:callId/accesses', { params: { callId }, query: {} })
  expect(items[0]).toMatchObject({
    purpose: 'rights',
    purposeIri: 'https://w3id.org/dpv#RightsFulfilment',
    action: 'export',
    actorRole: 'privacy_officer',
    caseRef: request.id,
    segment: 0,
    redaction: 'silenced',
  })
})

test('of a call that was destroyed, access still tells what there was and who was given it', async () => {
  await publish(admin, [rule({ legalBasis: 'legitimate_interests', purposes: ['training'] })])
  const callId = await recorded()
  await admin.api('POST /calls/:callId/terms/end', {
    params: { callId },
    body: { purpose: 'training', why: 'fine uso' },
  })
  const request = await carriedOut(await identified(await filed(callId, 'access')))
  const response = await officer.fetch(`/api/v1/rights/requests/${request.id}/package`)
  const { names, read } = unzipped(Buffer.from(await response.arrayBuffer()))
  expect(names).toEqual(['data.json', 'about.pdf'])
  expect(JSON.parse(read('data.json').toString())).toMatchObject({ call: { state: 'destroyed' } })
  const wrong = await identified(await filed(callId, 'rectification', 'non era gennaio'))
  await expect(carriedOut(wrong)).rejects.toMatchObject({ code: 'request_nothing_kept', status: 410 })
  const done = { decision: 'done' as const, outcome: 'nulla è più conservato' }
  expect(await officer.api('POST /rights/requests/:requestId/close', { ...at(wrong), body: done })).toMatchObject({
    state: 'closed',
  })
  await publish(admin, [rule()])
})

test('a caller asks for a copy on the own page and fetches it there once it is released', async () => {
  const callId = await recorded()
  const { token } = await admin.api('POST /calls/:callId/caller-link', { params: { callId }, body: {} })
  const { token: other } = await admin.api('POST /calls/:callId/caller-link', {
    params: { callId: await recorded() },
    body: {},
  })
  await caller.api('POST /caller/request', { body: { token, kind: 'copy', details: 'mi serve per il contratto' } })
  const view = () => caller.api('POST /caller/view', { body: { token } })
  const { id } = (await view()).requests[0]!
  const fetchIt = (by: string) =>
    caller.fetch('/api/v1/caller/package', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token: by, requestId: id }),
    })
  expect((await fetchIt(token)).status).toBe(409)
  const request = await officer.api('GET /rights/requests/:requestId', { params: { requestId: id } })
  expect(request).toMatchObject({ identity: { method: 'link' }, details: 'mi serve per il contratto' })
  await carriedOut(request)
  expect((await view()).requests[0]?.releasedUntil).not.toBeNull()
  expect((await fetchIt(other)).status).toBe(410)
  const response = await fetchIt(token)
  expect(response.status).toBe(200)
  expect(unzipped(Buffer.from(await response.arrayBuffer())).names).toContain('recording.wav')
  expect((await view()).listened[0]).toMatchObject({ role: 'caller', purpose: 'rights', export: true })
})

test('a restricted call is kept and not used, until the restriction is lifted', async () => {
  const callId = await recorded()
  const grant = await listen(admin, callId)
  const request = await identified(await filed(callId, 'restriction'))
  await expect(carriedOut(request)).rejects.toMatchObject({ code: 'request_grounds' })
  await carriedOut(request, { grounds: 'claims' })
  await expect(listen(admin, callId)).rejects.toMatchObject({ code: 'call_restricted', status: 423 })
  expect((await admin.fetch(grant.mediaUrl)).status).toBe(423)
  const pack = await admin.fetch(`/api/v1/calls/${callId}/package`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ reason: 'contestazione' }),
  })
  expect(pack.status).toBe(423)
  const { restrictions } = await admin.api('GET /calls/:callId/rights', { params: { callId } })
  expect(restrictions).toMatchObject([{ grounds: 'claims', requestId: request.id }])
  // whoever needs it for a claim must find it again
  const { holds } = await admin.api('GET /calls/:callId/terms', { params: { callId } })
  expect(holds).toHaveLength(1)
  await officer.api('POST /rights/requests/:requestId/lift', { ...at(request), body: { told: true } })
  await expect(listen(admin, callId)).resolves.toMatchObject({ durationMs: 3000 })
})

test('a rectification stands beside the recording, for staff and the caller', async () => {
  const callId = await recorded()
  const request = await identified(await filed(callId, 'rectification', 'non ho detto gennaio, ho detto giugno'))
  await carriedOut(request)
  await carriedOut(request, { text: 'La cliente precisa: giugno, non gennaio' })
  const { annotations } = await admin.api('GET /calls/:callId/rights', { params: { callId } })
  expect(annotations.map(({ text }) => text)).toEqual(['La cliente precisa: giugno, non gennaio'])
  const { token } = await admin.api('POST /calls/:callId/caller-link', { params: { callId }, body: {} })
  expect((await caller.api('POST /caller/view', { body: { token } })).annotations).toHaveLength(1)
})

test('data go elsewhere only when they are kept on consent or for a contract', async () => {
  await publish(admin, [rule({ legalBasis: 'legitimate_interests' })])
  const no = await identified(await filed(await recorded(), 'portability'))
  await expect(carriedOut(no)).rejects.toMatchObject({ code: 'request_not_portable' })
  await publish(admin, [rule({ legalBasis: 'contract' })])
  const yes = await identified(await filed(await recorded(), 'portability'))
  expect((await carriedOut(yes)).releasedUntil).not.toBeNull()
})

test('an objection filed by letter ends what rests on interests', async () => {
  await publish(admin, [rule({ legalBasis: 'legitimate_interests', purposes: ['training'] })])
  const callId = await recorded()
  const { report } = await carriedOut(await identified(await filed(callId, 'objection')))
  expect(report).toMatchObject({ ended: [{ purpose: 'training' }], destroyed: true })
  expect(await states(callId)).toEqual({ training: 'ended objection' })
  await publish(admin, [rule()])
})

test('two months more are taken once, with a reason, and every letter is written in three languages', async () => {
  const request = await filed(await recorded(), 'access')
  const letter = (kind: string, language: string) =>
    officer.fetch(`/api/v1/rights/requests/${request.id}/letter?kind=${kind}&language=${language}`)
  expect((await letter('extended', 'it')).status).toBe(409)
  expect((await letter('answer', 'it')).status).toBe(409)
  const reason = 'la chiamata va riascoltata con un interprete'
  const extended = await officer.api('POST /rights/requests/:requestId/extend', {
    ...at(request),
    body: { months: 2, reason },
  })
  expect(extended.dueOn > request.dueOn).toBe(true)
  expect(extended.extension?.reason).toBe(reason)
  await expect(
    officer.api('POST /rights/requests/:requestId/extend', { ...at(request), body: { months: 1, reason } }),
  ).rejects.toMatchObject({ code: 'request_extended' })
  await carriedOut(await identified(request))
  for (const kind of ['received', 'extended', 'answer'])
    for (const language of ['it', 'fr', 'en']) {
      const response = await letter(kind, language)
      expect([kind, language, response.status, response.headers.get('content-type')]).toEqual([
        kind,
        language,
        200,
        'application/pdf',
      ])
      const text = textOfPdf(Buffer.from(await response.arrayBuffer()))
      expect(text).toContain('Acme S.p.A.')
      if (kind === 'extended') expect(text).toContain('riascoltata con un interprete')
      expect(text).not.toMatch(/\{\w+\}|undefined|null/)
    }
})

test('requests are the officer’s: others neither read nor file them', async () => {
  const { who: agent } = await join_(admin, server, { name: 'Ugo', email: 'ugo@example.test', role: 'agent' })
  await expect(agent.api('GET /rights/requests', { query: {} })).rejects.toMatchObject({ status: 403 })
  const body = {
    callId: await recorded(),
    kind: 'copy' as const,
    channel: 'phone' as const,
    receivedOn: today,
    language: 'it' as const,
  }
  await expect(agent.api('POST /rights/requests', { body })).rejects.toMatchObject({ status: 403 })
  await expect(
    officer.api('POST /rights/requests', { body: { ...body, receivedOn: '2999-01-01' } }),
  ).rejects.toMatchObject({ code: 'request_future' })
})

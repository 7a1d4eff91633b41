import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { RightsCall, RightsKind, RightsRequest } from '../../contract/models/rights.ts'
import { anyCall } from '../../contract/rules.ts'
import { metadata } from '../../server/capture/protocols/siprec/testkit/messages.ts'
import type { SrcSimulator } from '../../server/capture/protocols/siprec/testkit/src-simulator.ts'
import { textOfPdf } from '../../server/platform/testkit/pdf.ts'
import { organisation } from '../../server/retention/testkit/governance.ts'
import { publish, rule } from './policy.ts'
import { addRecording } from './recording.ts'
import { type Client, client, join_, setUp, startServer, type TestServer } from './server.ts'
import { openSimulator } from './siprec.ts'

/** Several recordings come in within one test. */
vi.setConfig({ testTimeout: 60_000 })

const today = new Date().toISOString().slice(0, 10)
let server: TestServer
let admin: Client
let officer: Client
let simulator: SrcSimulator
let folder = ''

beforeAll(async () => {
  server = await startServer()
  admin = await setUp(server)
  const interests = { legalBasis: 'legitimate_interests' as const, purposes: ['training' as const] }
  await publish(admin, [
    rule({ name: 'Contratti', when: { ...anyCall, queues: ['Contratti'] }, legalBasis: 'contract' }),
    rule({ name: 'Altre', ...interests }),
  ])
  await admin.api('PUT /organisation', { body: { organisation: organisation(), basedOn: 0 } })
  officer = (await join_(admin, server, { name: 'Vera', email: 'vera@example.test', role: 'privacy_officer' })).who
  const team = await admin.api('POST /teams', { body: { name: 'Vendite', country: 'IT' } })
  await join_(admin, server, {
    name: 'Bruno',
    email: 'bruno@example.test',
    role: 'agent',
    teams: [team.id],
    aliases: ['sip:201@pbx.example.test'],
  })
  simulator = await openSimulator(admin)
  folder = mkdtempSync(join(tmpdir(), 'verbale-caller-'))
})
afterAll(async () => {
  simulator?.close()
  await server?.destroy()
  rmSync(folder, { recursive: true, force: true })
})

let numbers = 1_000_000
const someone = (): string => `+39 02 ${++numbers}`

const recorded = (address: string, queue = 'Assistenza'): Promise<string> =>
  addRecording(admin, { direction: 'inbound', queue, agentLane: 0, customer: { address } })

const at = (request: { id: string }) => ({ params: { requestId: request.id } })
const filed = (about: { callId?: string; address?: string }, kind: RightsKind, details = ''): Promise<RightsRequest> =>
  officer.api('POST /rights/requests', {
    body: { ...about, scope: 'caller', kind, channel: 'letter', receivedOn: today, details, language: 'it' },
  })
const identified = (request: RightsRequest): Promise<RightsRequest> =>
  officer.api('POST /rights/requests/:requestId/identity', { ...at(request), body: { method: 'document' } })
const act = (request: RightsRequest, body: object = {}): Promise<RightsRequest> =>
  officer.api('POST /rights/requests/:requestId/act', { ...at(request), body })
const callsOf = (request: RightsRequest) =>
  officer.api('GET /rights/requests/:requestId/calls', { ...at(request), query: {} })

/** The request once every call was gone through, or something else holds of it. */
async function carriedOut(
  request: RightsRequest,
  body: object = {},
  until = (r: RightsRequest): boolean => r.actedAt !== null,
): Promise<RightsRequest> {
  await act(request, body)
  return waited(request, until)
}
async function waited(request: RightsRequest, until: (r: RightsRequest) => boolean): Promise<RightsRequest> {
  for (const end = Date.now() + 20_000; Date.now() < end; await sleep(50)) {
    const now = await officer.api('GET /rights/requests/:requestId', at(request))
    if (until(now)) return now
  }
  throw new Error('the request did not get there')
}
const states = async (callId: string): Promise<Record<string, string>> => {
  const { terms } = await admin.api('GET /calls/:callId/terms', { params: { callId } })
  return Object.fromEntries(terms.map((t) => [t.purpose, t.reason ? `${t.state} ${t.reason}` : t.state]))
}
const listen = (callId: string, purpose: 'evidence' | 'training' = 'training') =>
  admin.api('POST /calls/:callId/listen', { params: { callId }, body: { purpose, reason: 'verifica' } })

test('an erasure by the number alone goes over every call of its caller, tells each apart, and follows the one in progress', async () => {
  const address = someone()
  const [free, contract, held] = [
    await recorded(address),
    await recorded(address, 'Contratti'),
    await recorded(address),
  ]
  const other = await recorded(someone())
  await officer.api('POST /holds', {
    body: { covers: { kind: 'calls', callIds: [held] }, reason: 'causa in tribunale', reference: '' },
  })
  const live = await simulator.call({
    metadata: metadata(
      [{ aor: `sip:${address.replaceAll(' ', '')}@carrier.example.test` }, { aor: 'sip:201@pbx.example.test' }],
      ['1', '2'],
    ),
  })
  let liveId = ''
  for (; !liveId; await sleep(20)) liveId = (await admin.api('GET /live/calls')).items[0]?.id ?? ''
  // its rows follow while media waits in memory
  for (; Object.keys(await states(liveId).catch(() => ({}))).length === 0;) await sleep(20)
  for (let i = 0; i < 10; i++) for (const sender of live.senders) sender.send(Buffer.alloc(160, 3))

  const request = await filed({ address }, 'erasure', 'cancellate tutto')
  expect(request).toMatchObject({ scope: 'caller', callId: null, calls: { all: 4, done: 0 } })
  expect((await filed({ callId: free }, 'erasure')).id).toBe(request.id)
  await expect(act(request)).rejects.toMatchObject({ code: 'request_identity' })
  const done = await carriedOut(await identified(request))
  expect(done).toMatchObject({ calls: { all: 4, done: 3 }, report: null })
  const { items, totals } = await callsOf(done)
  const of = (id: string): RightsCall['report'] => items.find(({ callId }) => callId === id)?.report ?? null
  expect(of(free)).toMatchObject({ ended: [{ purpose: 'training' }], destroyed: true, workingCopy: 'destroyed' })
  expect(of(contract)).toMatchObject({
    ended: [{ purpose: 'training' }],
    kept: [{ purpose: 'evidence', why: 'law' }],
    destroyed: false,
    workingCopy: 'destroyed',
  })
  expect(of(held)).toMatchObject({ ended: [], kept: [{ why: 'hold' }], workingCopy: 'held' })
  expect(of(liveId)).toMatchObject({ ended: [], kept: [{ purpose: 'training', why: 'soon' }], workingCopy: 'soon' })
  expect(totals).toMatchObject({
    calls: 4,
    done: 3,
    ended: [{ purpose: 'training', calls: 2 }],
    failed: [],
    destroyed: 1,
    workingCopy: { destroyed: 2, held: 1, soon: 1 },
  })
  expect(await states(other)).toEqual({ training: 'live' })
  // no audio as captured is left of it, and the proof plays
  const { rendition_id: copy } = await server.database.db
    .selectFrom('call_rendition')
    .select('rendition_id')
    .where('call_id', '=', contract)
    .where('purpose', '=', 'processing')
    .executeTakeFirstOrThrow()
  expect(readdirSync(join(server.dataDir, 'objects'))).not.toContain(copy)
  await expect(listen(contract, 'evidence')).resolves.toMatchObject({ durationMs: 2000 })

  await live.bye()
  await waited(done, ({ calls }) => calls.done === 4)
  expect(await states(liveId)).toEqual({ training: 'ended erasure' })
  const pdf = await officer.fetch(`/api/v1/rights/requests/${request.id}/letter?kind=answer&language=en`)
  const text = textOfPdf(Buffer.from(await pdf.arrayBuffer()))
  expect(text).toContain('Calls found: 4.')
  expect(text).toContain('ended (calls: 3)')
  // asked again it does nothing, and tells the same
  expect((await act(request)).calls).toEqual({ all: 4, done: 4 })

  const closed = await officer.api('POST /rights/requests/:requestId/close', {
    ...at(request),
    body: { decision: 'done', outcome: 'risposto per lettera' },
  })
  expect(closed.state).toBe('closed')
  // by what the calls were found does not outlive the request
  const { rows } = await server.database.pool.query<{ row: string }>(
    'select to_jsonb(r)::text as row from rights_request r where id = $1',
    [request.id],
  )
  expect(rows[0]?.row).toContain('"caller": null')
  expect(rows[0]?.row).not.toContain(String(numbers - 1))
})

test('an objection to everything ends what rests on interests in every call, and counts for the next one', async () => {
  const address = someone()
  const [one, two] = [await recorded(address), await recorded(address, 'Contratti')]
  const done = await carriedOut(await identified(await filed({ callId: one }, 'objection')))
  expect(done.calls).toEqual({ all: 2, done: 2 })
  expect(await states(one)).toEqual({ training: 'ended objection' })
  expect(await states(two)).toEqual({ evidence: 'live', training: 'ended objection' })
  const { items } = await officer.api('POST /consents/search', { body: { address } })
  expect(items).toMatchObject([{ kind: 'objected', callId: null, purpose: null }])
  // as soon as it is settled
  const next = await recorded(address, 'Contratti')
  expect(await states(next)).toEqual({ evidence: 'live', training: 'ended objection' })
})

test('a link proves one call: an officer widens the request once it is sure otherwise who asks', async () => {
  const address = someone()
  const [one, two] = [await recorded(address), await recorded(address)]
  const { token } = await admin.api('POST /calls/:callId/caller-link', { params: { callId: one }, body: {} })
  const page = client(server.url)
  await page.api('POST /caller/request', { body: { token, kind: 'access' } })
  const view = () => page.api('POST /caller/view', { body: { token } })
  const { id } = (await view()).requests[0]!
  const widen = (body: { method?: 'document' } = {}) =>
    officer.api('POST /rights/requests/:requestId/widen', { params: { requestId: id }, body })
  await expect(widen()).rejects.toMatchObject({ code: 'request_identity_link', status: 409 })
  const wide = await widen({ method: 'document' })
  expect(wide).toMatchObject({ scope: 'caller', callId: one, calls: { all: 2 }, identity: { method: 'document' } })
  await expect(widen()).rejects.toMatchObject({ code: 'request_widened' })

  const released = await officer.api('POST /rights/requests/:requestId/act', { params: { requestId: id }, body: {} })
  expect(released.releasedUntil).not.toBeNull()
  // the link still opens its one call, and nothing of the other
  expect((await view()).requests).toMatchObject([{ id, kind: 'access', releasedUntil: null }])
  const fetched = await page.fetch('/api/v1/caller/package', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token, requestId: id }),
  })
  expect(fetched.status).toBe(410)
  const { requests } = await admin.api('GET /calls/:callId/rights', { params: { callId: two } })
  expect(requests).toMatchObject([{ id }])
})

test('a copy of every call has a folder for each: audio only of those somebody looked at, with its own passages silent', async () => {
  const address = someone()
  const calls = [await recorded(address), await recorded(address), await recorded(address)]
  const [given, withheld, unseen] = calls as [string, string, string]
  const request = await identified(await filed({ address }, 'copy'))
  const choose = (callId: string, body: { audio: boolean; masks?: { fromMs: number; toMs: number }[] }) =>
    officer.api('POST /rights/requests/:requestId/calls/:callId', { params: { requestId: request.id, callId }, body })
  await choose(given, { audio: true, masks: [{ fromMs: 500, toMs: 1500 }] })
  await choose(withheld, { audio: false })
  await expect(choose(await recorded(someone()), { audio: true })).rejects.toMatchObject({
    code: 'request_call_unknown',
  })
  await act(request)
  const response = await officer.fetch(`/api/v1/rights/requests/${request.id}/package`)
  const file = join(folder, 'all.zip')
  writeFileSync(file, Buffer.from(await response.arrayBuffer()))
  expect(execFileSync('unzip', ['-t', file]).toString()).toContain('No errors')
  execFileSync('unzip', ['-q', file, '-d', folder])
  const names = execFileSync('unzip', ['-Z1', file]).toString().trim().split('\n')
  const read = (name: string): Buffer => readFileSync(join(folder, name))
  const { calls: lines } = JSON.parse(read('overview.json').toString()) as {
    calls: { folder: string; audio: string }[]
  }
  const folderOf = (id: string): string => lines.find((line) => line.folder.endsWith(id.slice(-8)))?.folder ?? ''
  expect(lines.map(({ audio }) => audio).toSorted()).toEqual(['given', 'not_examined', 'withheld'])
  expect(names.filter((name) => name.endsWith('.wav'))).toEqual([`${folderOf(given)}/recording.wav`])
  for (const id of calls) expect(names).toContain(`${folderOf(id)}/data.json`)
  expect(JSON.parse(read(`${folderOf(unseen)}/data.json`).toString())).toMatchObject({ audio: 'not_examined' })
  const wav = read(`${folderOf(given)}/recording.wav`)
  const sample = (second: number): number => wav.readInt16LE(wav.length - 2 * 32_000 + second * 32_000)
  expect([sample(1), sample(0.25) === 0]).toEqual([0, false])
  expect(textOfPdf(read('overview.pdf'))).toContain('non esaminato')
  // each call's record says that it was given
  for (const callId of calls) {
    const { items } = await officer.api('GET /calls/:callId/accesses', { params: { callId }, query: {} })
    expect(items[0]).toMatchObject({ purpose: 'rights', action: 'export' })
  }
})

test('restriction and rectification stand on every call; one hold keeps them, and one word lifts all', async () => {
  const address = someone()
  const [one, two] = [await recorded(address), await recorded(address)]
  const wrong = await carriedOut(await identified(await filed({ address }, 'rectification', 'mi chiamo Neri')), {})
  for (const callId of [one, two]) {
    const { annotations } = await admin.api('GET /calls/:callId/rights', { params: { callId } })
    expect(annotations.map(({ text }) => text)).toEqual(['mi chiamo Neri'])
  }
  await carriedOut(wrong, { text: 'La cliente si chiama Neri' }, ({ calls }) => calls.done === 2)
  for (const callId of [one, two])
    expect((await admin.api('GET /calls/:callId/rights', { params: { callId } })).annotations).toHaveLength(1)

  const request = await identified(await filed({ address }, 'restriction'))
  await expect(act(request)).rejects.toMatchObject({ code: 'request_grounds' })
  await carriedOut(request, { grounds: 'claims' })
  const holds = await Promise.all(
    [one, two].map(async (callId) => (await admin.api('GET /calls/:callId/terms', { params: { callId } })).holds),
  )
  expect(holds[0]).toHaveLength(1)
  expect(holds[1]).toEqual(holds[0])
  for (const callId of [one, two]) await expect(listen(callId)).rejects.toMatchObject({ code: 'call_restricted' })
  await officer.api('POST /rights/requests/:requestId/lift', { ...at(request), body: { told: true } })
  for (const callId of [one, two]) await expect(listen(callId)).resolves.toMatchObject({ durationMs: 2000 })
  await expect(
    officer.api('POST /rights/requests/:requestId/lift', { ...at(request), body: { told: true } }),
  ).rejects.toMatchObject({ code: 'restriction_unknown' })
})

test('of somebody of whom nothing is kept, nothing is found, and that is an answer', async () => {
  const request = await identified(await filed({ address: someone() }, 'erasure', 'sono io'))
  expect(request.calls.all).toBe(0)
  await carriedOut(request)
  const { totals } = await callsOf(request)
  expect(totals).toMatchObject({ calls: 0, ended: [], kept: [] })
  const closed = await officer.api('POST /rights/requests/:requestId/close', {
    ...at(request),
    body: { decision: 'done', outcome: 'nulla è conservato' },
  })
  expect(closed).toMatchObject({ state: 'closed', details: null })
  await expect(filed({}, 'erasure')).rejects.toMatchObject({ code: 'request_about_nothing' })
})

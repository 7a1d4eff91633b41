import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { manualClock } from '../../server/platform/clock.ts'
import { organisation } from '../../server/retention/testkit/governance.ts'
import { publish, rule } from './policy.ts'
import { addRecording } from './recording.ts'
import { type Client, client, join_, setUp, startServer, type TestServer, program } from './server.ts'

const DAY = 86_400_000
const clock = manualClock(Date.now())
let server: TestServer
let admin: Client
/** A program's token does not end when the clock moves by months. */
let robot: Client
/** Somebody without an account. */
let caller: Client

beforeAll(async () => {
  server = await startServer({ clock })
  admin = await setUp(server)
  await publish(admin, [rule()])
  await admin.api('PUT /organisation', { body: { organisation: organisation(), basedOn: 0 } })
  const { token } = await admin.api('POST /tokens', {
    body: {
      name: 'crm',
      permissions: ['calls.read', 'calls.add', 'callers.link', 'governance.read', 'governance.write'],
    },
  })
  robot = program(server.url, token)
  caller = client(server.url)
})
afterAll(() => server?.destroy())

const number = '+39 333 4445556'

const recorded = (): Promise<string> =>
  addRecording(robot, { direction: 'inbound', customer: { name: 'Carla Neri', address: number } })

const link = (callId: string, days = 30) =>
  robot.api('POST /calls/:callId/caller-link', { params: { callId }, body: { days } })
const view = (token: string, who = caller) => who.api('POST /caller/view', { body: { token } })
const accessOf = (callId: string) => robot.api('GET /calls/:callId/caller-access', { params: { callId } })
const states = async (callId: string): Promise<Record<string, string>> => {
  const { terms } = await robot.api('GET /calls/:callId/terms', { params: { callId } })
  return Object.fromEntries(terms.map((t) => [t.purpose, t.reason ? `${t.state} ${t.reason}` : t.state]))
}

test('a caller sees with a link what is kept, why, until when and who listened, and no name of anybody', async () => {
  const callId = await recorded()
  const { who: officer } = await join_(admin, server, {
    name: 'Elena Vitale',
    email: 'elena@example.test',
    role: 'privacy_officer',
  })
  const body = { purpose: 'evidence' as const, reason: 'contestazione della signora Neri' }
  await officer.api('POST /calls/:callId/listen', { params: { callId }, body })
  const { token } = await link(callId)
  const seen = await view(token)
  expect(seen).toMatchObject({
    state: 'kept',
    direction: 'inbound',
    held: false,
    destroyed: null,
    company: { name: 'Acme S.p.A.', authority: 'Garante per la protezione dei dati personali' },
    listened: [{ role: 'privacy_officer', purpose: 'evidence', export: false }],
  })
  expect(seen.purposes).toMatchObject([
    {
      key: 'evidence',
      state: 'live',
      basis: 'contract',
      end: null,
      article: 'GDPR art. 6(1)(b)',
      consent: 'not_asked',
    },
    { key: 'training', state: 'live', basis: 'legitimate_interests', end: 'object' },
  ])
  for (const { name, lastDay } of seen.purposes) {
    expect([name?.it, name?.fr, name?.en].every(Boolean)).toBe(true)
    expect(lastDay).toMatch(/^\d{4}-\d\d-\d\d$/)
  }
  expect(JSON.stringify(seen)).not.toMatch(/Elena|Vitale|Neri|333|Ada/)
})

test('an objection ends training at once; evidence stays, with the article that says so', async () => {
  const callId = await recorded()
  const { token } = await link(callId)
  const { outcomes, workingCopy, view: seen } = await caller.api('POST /caller/object', { body: { token } })
  expect(workingCopy).toBe('destroyed')
  expect(outcomes).toMatchObject([
    { purpose: 'evidence', became: 'stays', article: 'GDPR art. 6(1)(b)' },
    { purpose: 'training', became: 'ended', article: 'GDPR art. 21(1), 17(1)(c)' },
  ])
  expect(seen.purposes.map((p) => [p.key, p.state, p.reason, p.consent])).toEqual([
    ['evidence', 'live', null, 'no'],
    ['training', 'ended', 'objection', 'no'],
  ])
  expect(await states(callId)).toEqual({ evidence: 'live', training: 'ended objection' })
  const { items } = await robot.api('GET /calls/:callId/consents', { params: { callId } })
  expect(items).toMatchObject([{ kind: 'objected', channel: 'caller_page', purpose: null, recordedBy: null }])
  // once more changes nothing
  const again = await caller.api('POST /caller/withdraw', { body: { token, purpose: 'training' } })
  expect(again.outcomes).toEqual([])
})

test('a withdrawal names its purpose; what a legal claim holds is not destroyed', async () => {
  const callId = await recorded()
  const hold = await admin.api('POST /holds', {
    body: { covers: { kind: 'calls', callIds: [callId] }, reason: 'causa 118/2026, Milano', reference: 'RG 118' },
  })
  const { token } = await link(callId)
  expect((await view(token)).held).toBe(true)
  const { outcomes, workingCopy } = await caller.api('POST /caller/withdraw', { body: { token, purpose: 'training' } })
  expect(workingCopy).toBe('held')
  expect(outcomes).toMatchObject([{ purpose: 'training', became: 'held', article: 'GDPR art. 17(3)(e)' }])
  expect(JSON.stringify(await view(token))).not.toMatch(new RegExp(`118|${hold.id}`))
})

test('an agent makes links for own calls only', async () => {
  const callId = await recorded()
  const { who: agent } = await join_(admin, server, { name: 'Livia', email: 'livia@example.test', role: 'agent' })
  await expect(agent.api('POST /calls/:callId/caller-link', { params: { callId }, body: {} })).rejects.toMatchObject({
    code: 'call_unknown',
  })
})

test('a copy is asked once, due in a month, seen by staff and closed with what was done', async () => {
  const callId = await recorded()
  const { token } = await link(callId)
  const ask = { body: { token, kind: 'copy' as const } }
  const first = await caller.api('POST /caller/request', ask)
  expect(await caller.api('POST /caller/request', ask)).toEqual(first)
  const { items } = await robot.api('GET /rights/requests', { query: { state: 'open' } })
  const [request] = items.filter((r) => r.callId === callId)
  expect(request).toMatchObject({ kind: 'copy', state: 'open', dueOn: first.request.dueOn })
  const params = { requestId: request!.id }
  await robot.api('POST /rights/requests/:requestId/act', { params, body: {} })
  const close = { params, body: { decision: 'done' as const, outcome: 'copia messa a disposizione' } }
  expect(await robot.api('POST /rights/requests/:requestId/close', close)).toMatchObject({ state: 'closed' })
  await expect(robot.api('POST /rights/requests/:requestId/close', close)).rejects.toMatchObject({
    code: 'request_closed',
  })
  expect((await view(token)).requests).toMatchObject([{ kind: 'copy', state: 'closed' }])
})

test('reference and number bring a one-time code, and the code a link; the answer is the same whatever is right', async () => {
  const callId = await recorded()
  const { reference } = await accessOf(callId)
  expect(reference).toMatch(/^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$/)
  const ask = (of: string, address: string) => caller.api('POST /caller/ask', { body: { reference: of, address } })
  const enter = (code: string) => caller.api('POST /caller/enter', { body: { reference: reference!, code } })
  const wrong = await ask(reference!, '+39 06 999999')
  expect(await ask('0000-0000', number)).toEqual(wrong)
  expect((await accessOf(callId)).code).toBeNull()
  // written down carelessly, and the number as the caller writes it
  expect(await ask(` ${reference!.toLowerCase().replace('-', ' ')}`, '0039 333 444 55 56')).toEqual(wrong)
  await expect.poll(async () => (await accessOf(callId)).code).not.toBeNull()
  const { code } = (await accessOf(callId)).code!
  await expect(enter(code === '000000' ? '000001' : '000000')).rejects.toMatchObject({ code: 'caller_code_wrong' })
  const { token, expiresAt } = await enter(code)
  expect(Date.parse(expiresAt) - clock.now()).toBe(DAY)
  expect((await view(token)).state).toBe('kept')
  await expect(enter(code)).rejects.toMatchObject({ code: 'caller_code_wrong' })
})

test('a code ends after ten minutes and after five tries, and guessing is slowed down', async () => {
  const callId = await recorded()
  const reference = (await accessOf(callId)).reference!
  const codeNow = async (): Promise<string> => {
    await caller.api('POST /caller/ask', { body: { reference, address: number } })
    await expect.poll(async () => (await accessOf(callId)).code).not.toBeNull()
    return (await accessOf(callId)).code!.code
  }
  const enter = (code: string) => caller.api('POST /caller/enter', { body: { reference, code } })
  const late = await codeNow()
  clock.advance(11 * 60_000)
  await expect(enter(late)).rejects.toMatchObject({ code: 'caller_code_wrong' })
  clock.advance(3_700_000)
  const right = await codeNow()
  const wrong = right === '123456' ? '654321' : '123456'
  for (let i = 0; i < 5; i++) await expect(enter(wrong)).rejects.toMatchObject({ code: 'caller_code_wrong' })
  await expect(enter(right)).rejects.toMatchObject({ code: 'caller_code_wrong' })
  const answers: string[] = []
  for (let i = 0; i < 8; i++)
    answers.push((await enter(wrong).catch((error: { code: string }) => error.code)) as string)
  expect(answers).toContain('too_many_attempts')
  clock.advance(3_700_000)
})

test('links end by time and by revocation, and guesses at them are slowed down', async () => {
  const callId = await recorded()
  const [short, revoked] = [await link(callId, 1), await link(callId)]
  await robot.api('DELETE /caller-links/:linkId', { params: { linkId: revoked.id } })
  await expect(view(revoked.token)).rejects.toMatchObject({ code: 'caller_link_ended', status: 410 })
  expect((await view(short.token)).state).toBe('kept')
  clock.advance(DAY + 1000)
  await expect(view(short.token)).rejects.toMatchObject({ code: 'caller_link_ended' })
  const { rows } = await sql<{ text: string }>`select row_to_json(l)::text as text from caller_link l`.execute(
    server.database.db,
  )
  for (const { token } of [short, revoked]) expect(rows.some((r) => r.text.includes(token))).toBe(false)
  const answers = new Set<string>()
  for (let i = 0; i < 40; i++)
    answers.add(
      await view('x'.repeat(43)).then(
        () => '',
        (error: { code: string }) => error.code,
      ),
    )
  expect(answers).toEqual(new Set(['caller_link_ended', 'too_many_attempts']))
  const good = await link(callId)
  expect((await view(good.token)).state).toBe('kept')
  const raw = await caller.fetch('/api/v1/caller/view', {
    method: 'POST',
    body: JSON.stringify({ token: good.token }),
    headers: { 'content-type': 'application/json' },
  })
  expect(raw.headers.get('cache-control')).toBe('no-store')
})

test('when the call has been destroyed, the link says what and when', async () => {
  const callId = await recorded()
  const { token } = await link(callId)
  for (const purpose of ['training', 'evidence'])
    await robot.api('POST /calls/:callId/terms/end', { params: { callId }, body: { purpose, why: 'non serve più' } })
  const seen = await view(token)
  expect(seen).toMatchObject({ state: 'destroyed', gaps: [], direction: null })
  expect(seen.destroyed?.copiesEnd).toMatch(/^\d{4}-/)
  expect(seen.purposes.map((p) => [p.key, p.state, p.reason])).toEqual([
    ['evidence', 'ended', 'decision'],
    ['training', 'ended', 'decision'],
  ])
  expect((await accessOf(callId)).reference).toBeNull()
  expect((await caller.api('POST /caller/object', { body: { token } })).outcomes).toEqual([])
})

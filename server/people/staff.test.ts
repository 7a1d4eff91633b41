import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newId } from '../platform/ids.ts'
import { goodPassword, startRoom, type TestRoom } from './testkit/server.ts'

let room: TestRoom
let admin: Awaited<ReturnType<TestRoom['administrator']>>
beforeAll(async () => {
  room = await startRoom()
  admin = await room.administrator()
})
afterAll(() => room.stop())

const draft = (email: string, rest: object = {}) => ({
  name: 'Dario Dati',
  email,
  role: 'agent',
  teams: [] as string[],
  aliases: [] as string[],
  country: null,
  ...rest,
})
const add = async (email: string, rest: object = {}) => admin.browser.call('POST /people', draft(email, rest))
const team = async (name: string, country: string | null = null) =>
  (await admin.browser.call('POST /teams', { name, country })).body.id as string

describe('the last administrator', () => {
  it('cannot be demoted, deactivated or reset, by anyone', async () => {
    const { id } = (await admin.browser.call('GET /me')).body
    for (const change of [{ role: 'agent' }, { active: false }]) {
      expect(await admin.browser.call(`PATCH /people/${id}`, change)).toMatchObject({
        status: 409,
        body: { code: 'last_administrator' },
      })
    }
    expect((await admin.browser.call(`POST /people/${id}/invitation`)).body.code).toBe('last_administrator')
    // one who has not enrolled could not administer either
    await add('half@example.com', { role: 'administrator' })
    expect((await admin.browser.call(`PATCH /people/${id}`, { role: 'agent' })).body.code).toBe('last_administrator')
    expect(
      (await admin.browser.call(`PATCH /people/${id}`, { name: 'Ada Nuova', role: 'administrator' })).body.name,
    ).toBe('Ada Nuova')
  })

  it('of two who demote each other at once, one stays', async () => {
    const other = await room.person(admin.browser, { email: 'second@example.com', role: 'administrator' })
    const { id } = (await admin.browser.call('GET /me')).body
    const answers = await Promise.all([
      admin.browser.call(`PATCH /people/${other.id}`, { role: 'agent' }),
      other.browser.call(`PATCH /people/${id}`, { role: 'agent' }),
    ])
    expect(answers.filter((a) => a.status === 200)).toHaveLength(1)
    expect(await room.people.setupNeeded()).toBe(false)
    if (answers[1]!.status === 200) {
      await other.browser.call(`PATCH /people/${id}`, { role: 'administrator' })
      await room.signIn(admin.browser, admin.email, admin.secret)
    }
    expect((await admin.browser.call('GET /me')).body.role).toBe('administrator')
  })
})

describe('people and teams', () => {
  it('refuses a second person of one e-mail or login without repeating it', async () => {
    expect((await add('gina@example.com', { aliases: ['gina', '2001'] })).status).toBe(200)
    const email = await add('GINA@Example.com')
    expect(email).toMatchObject({ status: 409, body: { code: 'email_taken' } })
    const login = await add('other@example.com', { aliases: ['Gina '] })
    expect(login).toMatchObject({ status: 409, body: { code: 'alias_taken' } })
    const crossed = [
      await add('x@example.com', { aliases: ['gina@EXAMPLE.com'] }),
      await add('2001@example.com', { aliases: ['z'] }),
    ]
    expect(crossed[0]?.body.code).toBe('alias_taken')
    expect((await add('y@example.com', { aliases: ['2001@example.com'] })).body.code).toBe('alias_taken')
    for (const answer of [email, login, crossed[0]!])
      expect(JSON.stringify(answer.body).toLowerCase()).not.toContain('gina')
    const people = (await admin.browser.call('GET /people')).body.items as { email: string }[]
    expect(people.filter((p) => ['other@example.com', 'x@example.com', 'y@example.com'].includes(p.email))).toEqual([])
  })

  it('changes what is given and nothing else', async () => {
    const north = await team('Nord', 'IT')
    const { body } = await add('rita@example.com', { teams: [north], aliases: ['rita', 'rr'], country: 'FR' })
    const path = `PATCH /people/${body.person.id}`
    expect((await admin.browser.call(path, { name: 'Rita Rossi' })).body).toMatchObject({
      name: 'Rita Rossi',
      email: 'rita@example.com',
      teams: [north],
      aliases: ['rita', 'rr'],
      country: 'FR',
    })
    expect((await admin.browser.call(path, { aliases: ['rr', 'RITA', 'rita'], country: null })).body).toMatchObject({
      aliases: ['rr', 'rita'],
      country: null,
    })
    expect((await admin.browser.call(path, { email: 'rita.rossi@example.com', teams: [] })).body).toMatchObject({
      email: 'rita.rossi@example.com',
      teams: [],
    })
    expect((await admin.browser.call(path, { teams: [newId()] })).body.code).toBe('team_unknown')
    expect((await admin.browser.call(`PATCH /people/${newId()}`, { name: 'X' })).status).toBe(404)
  })

  it('a team has a name of its own, and goes only when empty', async () => {
    const south = await team('Sud')
    expect((await admin.browser.call('POST /teams', { name: ' sud', country: null })).body.code).toBe('team_name_taken')
    const { body } = await add('tom@example.com', { teams: [south] })
    expect((await admin.browser.call(`DELETE /teams/${south}`)).body.code).toBe('team_not_empty')
    expect((await admin.browser.call(`PATCH /teams/${south}`, { country: 'CH' })).body).toEqual({
      id: south,
      name: 'Sud',
      country: 'CH',
    })
    expect((await admin.browser.call(`PATCH /teams/${south}`, { name: 'Meridione' })).body.name).toBe('Meridione')
    await admin.browser.call(`PATCH /people/${body.person.id}`, { teams: [] })
    expect((await admin.browser.call(`DELETE /teams/${south}`)).status).toBe(200)
    expect((await admin.browser.call(`DELETE /teams/${south}`)).status).toBe(404)
  })

  it('a supervisor sees the people of own teams, an agent nobody', async () => {
    const [mine, others] = [await team('Mia'), await team('Altrui')]
    await add('in@example.com', { teams: [mine, others] })
    await add('out@example.com', { teams: [others] })
    const supervisor = await room.person(admin.browser, { email: 'sup@example.com', role: 'supervisor', teams: [mine] })
    const seen = (await supervisor.browser.call('GET /people')).body.items as { email: string }[]
    expect(seen.map((p) => p.email).toSorted()).toEqual(['in@example.com', 'sup@example.com'])
    expect((await supervisor.browser.call('GET /teams')).body.items.map((t: { name: string }) => t.name)).toEqual([
      'Mia',
    ])
    expect((await supervisor.browser.call('POST /teams', { name: 'Nuova', country: null })).status).toBe(403)
    const agent = await room.person(admin.browser, { email: 'ag@example.com', role: 'agent', teams: [mine] })
    expect((await agent.browser.call('GET /people')).status).toBe(403)
  })
})

describe('directory', () => {
  it('knows an agent by every way a source may write one', async () => {
    const desk = await team('Banco', 'CH')
    const { body } = await add('lia@example.com', {
      name: 'Lia Laghi',
      teams: [desk],
      aliases: ['lia.l', '3001', 'lia@pbx.example'],
    })
    const match = { personId: body.person.id, teamIds: [desk], country: 'CH' }
    const { directory } = room.people
    const found = (names: string[]) => names.map((name) => directory.agentByAlias(name))
    const known = ['lia.l', ' LIA.L', '3001', 'lia@example.com', body.person.id]
    const addresses = ['sip:3001@10.0.0.1;transport=tls', 'sips:lia@pbx.example', 'tel:3001', '"Lia" <sip:3001@pbx>']
    expect(found([...known, ...addresses])).toEqual([...known, ...addresses].map(() => match))
    expect(found(['3002', '', 'lia', '3001@10.0.0.1'])).toEqual([null, null, null, null])
    expect(directory.names([body.person.id, newId()])).toEqual(new Map([[body.person.id, 'Lia Laghi']]))
    expect(directory.team(desk)).toEqual({ id: desk, name: 'Banco', country: 'CH' })

    await admin.browser.call(`PATCH /people/${body.person.id}`, { aliases: ['3002'], country: 'DE', name: 'Lia Monti' })
    expect(directory.agentByAlias('3001')).toBeNull()
    expect(directory.agentByAlias('3002')).toMatchObject({ country: 'DE' })
    await admin.browser.call(`PATCH /people/${body.person.id}`, { active: false })
    expect(directory.agentByAlias('3002')).toBeNull()
    expect(directory.names([body.person.id]).get(body.person.id)).toBe('Lia Monti')
    expect(directory.person(body.person.id)).toMatchObject({ active: false, role: 'agent' })
  })
})

describe('API tokens', () => {
  const ask = (token: string, key: string, body?: unknown) =>
    room.browser().call(key, body, { authorization: `Bearer ${token}`, 'x-verbale': '' })

  it('hold what was granted, are shown once, and end at once', async () => {
    const made = await admin.browser.call('POST /tokens', {
      name: 'Centralino di Ada',
      permissions: ['people.read', 'calls.control', 'people.read'],
    })
    const { token, view } = made.body
    expect(token).toMatch(/^vrb_[\w-]{43}$/)
    expect(view).toMatchObject({
      name: 'Centralino di Ada',
      permissions: ['people.read', 'calls.control'],
      lastUsedAt: null,
    })
    expect((await ask(token, 'GET /people')).status).toBe(200)
    expect((await ask(token, 'GET /policy')).status).toBe(403)
    expect((await ask(token, 'GET /me')).body.code).toBe('person_needed')
    expect((await ask(`${token.slice(0, -1)}_`, 'GET /people')).status).toBe(401)
    const listed = (await admin.browser.call('GET /tokens')).body.items
    expect(listed[0]).toMatchObject({ id: view.id, lastUsedAt: new Date(room.clock.now()).toISOString() })
    expect(JSON.stringify(listed)).not.toContain(token)
    const who = await room.people.authenticate({ headers: { authorization: `Bearer ${token}` } })
    expect(who).toMatchObject({
      state: 'signed_in',
      actor: { personId: null, tokenId: view.id, role: 'api', sessionId: null },
    })
    expect(await room.people.stillSignedIn(who!.actor)).toBe(true)
    expect((await admin.browser.call(`DELETE /tokens/${view.id}`)).status).toBe(200)
    expect((await ask(token, 'GET /people')).status).toBe(401)
    expect(await room.people.stillSignedIn(who!.actor)).toBe(false)
    expect((await admin.browser.call(`DELETE /tokens/${view.id}`)).status).toBe(404)
  })

  it('never decide who comes in', async () => {
    for (const permission of ['people.manage', 'tokens.manage']) {
      expect(
        (await admin.browser.call('POST /tokens', { name: 'X', permissions: ['calls.read', permission] })).body.code,
      ).toBe('token_permission_refused')
    }
  })
})

describe('what the database holds', () => {
  it('names nobody and keeps no secret in clear', async () => {
    const names = ['Zaccaria', 'Quintiliano', 'zq.login', 'zq.mail', 'Sestante', 'Chiavetta di Zac']
    const crew = await team('Sestante')
    const person = await room.person(admin.browser, {
      name: 'Zaccaria Quintiliano',
      email: 'zq.mail@example.com',
      role: 'agent',
      teams: [crew],
      aliases: ['zq.login', '5550199'],
    })
    const token = await admin.browser.call('POST /tokens', { name: 'Chiavetta di Zac', permissions: ['calls.read'] })
    const invited = await add('zq.mail.two@example.com', { name: 'Zaccaria Due' })
    const half = room.browser('198.51.100.77')
    await half.call('POST /sign-in', { email: 'zq.mail@example.com', password: 'wrong' })
    await half.call('POST /sign-in', { email: 'zq.mail@example.com', password: goodPassword })
    await person.browser.call('POST /me/totp/begin')
    const secrets = [
      person.secret,
      ...person.recoveryCodes,
      token.body.token,
      invited.body.invitationToken,
      person.browser.cookie().split('=')[1]!,
      goodPassword,
      '198.51.100',
      '5550199',
    ]

    const { rows: tables } = await room.pool.query<{ name: string }>(
      "select tablename as name from pg_tables where schemaname = 'public'",
    )
    expect(tables.length).toBeGreaterThan(11)
    let dump = ''
    for (const { name } of tables) {
      const { rows } = await room.pool.query<{ text: string }>(`select t::text as text from "${name}" t`)
      dump += `${name}\n${rows.map((row) => `${row.text}\n${hexAsText(row.text)}`).join('\n')}\n`
    }
    expect(dump).toContain(person.id)
    const told = [...names, ...secrets].filter((word) => dump.toLowerCase().includes(word.toLowerCase()))
    expect(told).toEqual([])
  })
})

/** bytea columns print as hex: what they hold, read as text. */
const hexAsText = (text: string): string =>
  [...text.matchAll(/\\x([0-9a-f]+)/g)].map((m) => Buffer.from(m[1]!, 'hex').toString('latin1')).join('\n')

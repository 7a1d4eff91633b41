import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { codeAt, goodPassword, startRoom, type TestRoom } from './testkit/server.ts'

describe('from the set-up link to a signed-in person', () => {
  let room: TestRoom
  beforeAll(async () => {
    room = await startRoom()
  })
  afterAll(() => room.stop())

  it('walks the whole way with an authenticator app', async () => {
    const browser = room.browser()
    expect(await room.people.setupNeeded()).toBe(true)
    const old = await room.people.firstAdministratorToken()
    const token = await room.people.firstAdministratorToken()
    const first = { name: 'Ada Capofila', email: 'Ada@Example.com ', password: goodPassword, locale: 'it' }
    expect((await browser.call('POST /setup', { ...first, email: 'ada@example.com', token: old })).body.code).toBe(
      'setup_refused',
    )
    const weak = await browser.call('POST /setup', {
      ...first,
      email: 'ada@example.com',
      token,
      password: 'Ada.Capofila.2026',
    })
    expect(weak.body.code).toBe('password_weak')
    const made = await browser.call('POST /setup', { ...first, email: 'ada@example.com', token })
    expect(made).toMatchObject({ status: 200, body: { next: 'enrol', factors: [] } })

    expect((await browser.call('GET /me')).body.code).toBe('second_factor_needed')
    const begun = await browser.call('POST /me/totp/begin')
    expect(begun.body.uri).toContain('otpauth://totp/Verbale:ada%40example.com')
    expect(begun.body.qrSvg).toContain('<svg')
    expect((await browser.call('POST /me/totp/confirm', { code: '000000' })).body.code).toBe('code_wrong')
    const confirmed = await browser.call('POST /me/totp/confirm', { code: codeAt(begun.body.secret, room.clock.now()) })
    expect(confirmed.body.recoveryCodes).toHaveLength(10)
    const me = await browser.call('GET /me')
    expect(me.body).toMatchObject({
      name: 'Ada Capofila',
      role: 'administrator',
      locale: 'it',
      factors: { totp: true, passkeys: 0 },
    })
    expect(Date.parse(me.body.sessionExpiresAt)).toBe(room.clock.now() + 30 * 60_000)

    expect(await room.people.firstAdministratorToken()).toBeNull()
    expect(await room.people.setupNeeded()).toBe(false)
    expect((await room.browser().call('POST /setup', { ...first, email: 'b@example.com', token })).body.code).toBe(
      'setup_refused',
    )

    expect((await browser.call('POST /sign-out')).cookie).toContain('Max-Age=0')
    expect((await browser.call('GET /me')).status).toBe(401)
    const again = room.browser()
    expect((await again.call('POST /sign-in', { email: ' ADA@example.com', password: goodPassword })).body).toEqual({
      next: 'second_factor',
      factors: ['totp'],
    })
    room.clock.advance(30_000)
    expect(
      (await again.call('POST /sign-in/totp', { code: codeAt(begun.body.secret, room.clock.now()) })).body.next,
    ).toBe('done')
    expect((await again.call('PATCH /me', { locale: 'fr' })).body.locale).toBe('fr')
  })

  it('lets a set-up that stopped half-way begin again at the next start', async () => {
    const other = await startRoom()
    const browser = other.browser()
    const half = { name: 'Ada', email: 'ada@example.com', password: goodPassword, locale: 'it' }
    await browser.call('POST /setup', { ...half, token: await other.people.firstAdministratorToken() })
    expect(await other.people.setupNeeded()).toBe(true)
    const token = await other.people.firstAdministratorToken()
    expect((await browser.call('POST /setup', { ...half, token })).body.next).toBe('enrol')
    expect((await browser.call('GET /me')).body.code).toBe('second_factor_needed')
    await other.enrol(browser)
    expect((await browser.call('GET /people')).body.items).toHaveLength(1)
    await other.stop()
  })
})

describe('invitations', () => {
  let room: TestRoom
  let admin: Awaited<ReturnType<TestRoom['administrator']>>
  beforeAll(async () => {
    room = await startRoom()
    admin = await room.administrator()
  })
  afterAll(() => room.stop())

  const draft = {
    name: 'Carlo Verdi',
    email: 'carlo@example.com',
    role: 'agent',
    teams: [],
    country: 'IT',
    aliases: ['cverdi', '1001'],
  }

  it('work once, and the newest only', async () => {
    const made = await admin.browser.call('POST /people', draft)
    expect(made.body.person).toMatchObject({
      name: 'Carlo Verdi',
      enrolled: false,
      active: true,
      aliases: ['cverdi', '1001'],
    })
    const path = `POST /people/${made.body.person.id}/invitation`
    const newer = await admin.browser.call(path)
    const browser = room.browser()
    expect((await browser.call('POST /invitation/look', { token: made.body.invitationToken })).body.code).toBe(
      'invitation_over',
    )
    const { invitationToken: token } = newer.body
    expect((await browser.call('POST /invitation/look', { token })).body).toEqual({
      name: 'Carlo Verdi',
      email: 'carlo@example.com',
    })
    expect(
      (await browser.call('POST /invitation/accept', { token, password: 'carlo-verdi-1001', locale: 'fr' })).body.code,
    ).toBe('password_weak')
    expect(
      (await browser.call('POST /invitation/accept', { token, password: goodPassword, locale: 'fr' })).body.next,
    ).toBe('enrol')
    expect(
      (await browser.call('POST /invitation/accept', { token, password: goodPassword, locale: 'fr' })).status,
    ).toBe(410)
    await room.enrol(browser)
    expect((await browser.call('GET /me')).body).toMatchObject({ role: 'agent', locale: 'fr' })
  })

  it('end after seven days', async () => {
    const made = await admin.browser.call('POST /people', { ...draft, email: 'late@example.com', aliases: [] })
    room.clock.advance(7 * 86_400_000)
    expect((await room.browser().call('POST /invitation/look', { token: made.body.invitationToken })).status).toBe(410)
    expect((await room.signIn(admin.browser, admin.email, admin.secret)).status).toBe(200)
  })

  it('given again, take away password, factors and sessions', async () => {
    const person = await room.person(admin.browser, { email: 'reset@example.com', role: 'analyst' })
    expect((await person.browser.call('GET /me')).status).toBe(200)
    const again = await admin.browser.call(`POST /people/${person.id}/invitation`)
    expect((await person.browser.call('GET /me')).status).toBe(401)
    const browser = room.browser()
    expect((await browser.call('POST /sign-in', { email: person.email, password: goodPassword })).body.code).toBe(
      'sign_in_refused',
    )
    await browser.call('POST /invitation/accept', {
      token: again.body.invitationToken,
      password: goodPassword,
      locale: 'en',
    })
    expect((await browser.call('POST /sign-in/recovery', { code: person.recoveryCodes[0] })).body.code).toBe(
      'factor_refused',
    )
    expect((await room.enrol(browser)).recoveryCodes).toHaveLength(10)
  })
})

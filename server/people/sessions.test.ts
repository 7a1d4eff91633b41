import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { csrfAllowed } from './index.ts'
import { codeAt, goodPassword, startRoom, type Browser, type TestRoom } from './testkit/server.ts'

const MINUTE = 60_000
let room: TestRoom
let admin: Awaited<ReturnType<TestRoom['administrator']>>
let count = 0
beforeAll(async () => {
  room = await startRoom()
  admin = await room.administrator()
})
afterAll(() => room.stop())

const fresh = async () => {
  await room.signIn(admin.browser, admin.email, admin.secret)
  return room.person(admin.browser, { email: `p${++count}@example.com`, role: 'agent' })
}
const status = async (browser: Browser) => (await browser.call('GET /me')).status
const thief = (cookie: string) => ({ call: (key: string) => room.browser().call(key, undefined, { cookie }) })

describe('session life', () => {
  it('ends after 30 minutes without a request, and not before', async () => {
    const { browser } = await fresh()
    for (let i = 0; i < 4; i++) {
      room.clock.advance(29 * MINUTE)
      expect(await status(browser)).toBe(200)
    }
    room.clock.advance(30 * MINUTE)
    expect(await status(browser)).toBe(401)
  })

  it('ends after 12 hours whatever happens', async () => {
    const { browser } = await fresh()
    for (let i = 0; i < 12 * 6 - 1; i++) {
      room.clock.advance(10 * MINUTE)
      await browser.call('GET /me')
    }
    const last = await browser.call('GET /me')
    expect(last.status).toBe(200)
    expect(Date.parse(last.body.sessionExpiresAt)).toBe(room.clock.now() + 10 * MINUTE)
    room.clock.advance(10 * MINUTE)
    expect(await status(browser)).toBe(401)
  })

  it('a password alone waits 30 minutes for its second factor', async () => {
    const person = await fresh()
    const browser = room.browser()
    await browser.call('POST /sign-in', { email: person.email, password: goodPassword })
    room.clock.advance(30 * MINUTE)
    expect(
      (await browser.call('POST /sign-in/totp', { code: codeAt(person.secret, room.clock.now()) })).body.code,
    ).toBe('not_signed_in')
  })

  it('still holds, or no longer, for those who keep a connection open', async () => {
    const { browser } = await fresh()
    const who = await room.people.authenticateUpgrade({ headers: { cookie: browser.cookie() } })
    expect(await room.people.stillSignedIn(who!.actor)).toBe(true)
    await browser.call('POST /sign-out')
    expect(await room.people.stillSignedIn(who!.actor)).toBe(false)
    expect(await room.people.authenticateUpgrade({ headers: {} })).toBeNull()
  })
})

describe('fixation and theft', () => {
  it('every step has a new token, and the old one is worth nothing', async () => {
    const person = await fresh()
    const browser = room.browser()
    await browser.call('POST /sign-in', { email: person.email, password: goodPassword })
    const first = browser.cookie()
    room.clock.advance(30_000)
    await browser.call('POST /sign-in/totp', { code: codeAt(person.secret, room.clock.now()) })
    const second = browser.cookie()
    expect(second).not.toBe(first)
    expect((await thief(first).call('GET /me')).status).toBe(401)
    await browser.call('POST /me/password', { current: goodPassword, password: 'quattro sedie gialle 42 lune' })
    expect(browser.cookie()).not.toBe(second)
    expect((await thief(second).call('GET /me')).status).toBe(401)
    expect(await status(browser)).toBe(200)
  })

  it('a token chosen by somebody else is never taken up', async () => {
    const person = await fresh()
    const browser = room.browser()
    browser.jar.set('__Host-verbale', 'A'.repeat(43))
    await browser.call('POST /sign-in', { email: person.email, password: goodPassword })
    expect(browser.cookie()).not.toContain('AAAA')
  })

  it('the database knows no token', async () => {
    const { browser } = await fresh()
    const token = browser.cookie().split('=')[1]!
    const { rows } = await room.pool.query<{ text: string }>('select s::text as text from sessions s')
    expect(rows.length).toBeGreaterThan(0)
    expect(JSON.stringify(rows)).not.toContain(token)
  })

  it('a password change ends all other sessions', async () => {
    const person = await fresh()
    const other = room.browser()
    await room.signIn(other, person.email, person.secret)
    expect(await status(other)).toBe(200)
    expect(
      (await person.browser.call('POST /me/password', { current: 'wrong', password: 'quattro sedie gialle 42 lune' }))
        .body.code,
    ).toBe('password_wrong')
    expect(
      (await person.browser.call('POST /me/password', { current: goodPassword, password: 'p'.repeat(14) })).body.code,
    ).toBe('password_weak')
    expect(await status(other)).toBe(200)
    expect(
      (
        await person.browser.call('POST /me/password', {
          current: goodPassword,
          password: 'quattro sedie gialle 42 lune',
        })
      ).status,
    ).toBe(200)
    expect(await status(other)).toBe(401)
    expect(await status(person.browser)).toBe(200)
  })

  it('a change of role and a deactivation end all sessions', async () => {
    const person = await fresh()
    await admin.browser.call(`PATCH /people/${person.id}`, { country: 'FR' })
    expect(await status(person.browser)).toBe(200)
    await admin.browser.call(`PATCH /people/${person.id}`, { role: 'supervisor' })
    expect(await status(person.browser)).toBe(401)
    await room.signIn(person.browser, person.email, person.secret)
    expect((await person.browser.call('GET /me')).body.role).toBe('supervisor')
    await admin.browser.call(`PATCH /people/${person.id}`, { active: false })
    expect(await status(person.browser)).toBe(401)
    expect(
      (await person.browser.call('POST /sign-in', { email: person.email, password: goodPassword })).body.code,
    ).toBe('sign_in_refused')
  })
})

describe('cookie', () => {
  it('is locked to the host where the browser counts the page as secure', async () => {
    const { browser } = await fresh()
    const { cookie } = await browser.call('POST /sign-in', { email: admin.email, password: goodPassword })
    expect(cookie).toMatch(/^__Host-verbale=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Secure$/)
  })

  it('goes without Secure over plain HTTP elsewhere, where it would be dropped', async () => {
    const plain = await startRoom({ origin: 'http://verbale.lan:8080', rpId: 'verbale.lan' })
    await plain.administrator()
    const { cookie } = await plain
      .browser()
      .call('POST /sign-in', { email: 'capo@example.com', password: goodPassword })
    expect(cookie).toMatch(/^verbale=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/)
    await plain.stop()
  })
})

describe('requests from other sites', () => {
  const ours = { rpId: 'localhost', origin: 'https://verbale.example' }
  const asks = (method: string, headers: Record<string, string>) => csrfAllowed({ method, headers }, ours)

  it('need our header and, when told, our origin', () => {
    expect(asks('GET', {})).toBe(true)
    expect(asks('HEAD', {})).toBe(true)
    expect(asks('POST', {})).toBe(false)
    expect(asks('POST', { 'x-verbale': '1' })).toBe(true)
    expect(asks('DELETE', { 'x-verbale': '1', origin: 'https://verbale.example' })).toBe(true)
    expect(asks('POST', { 'x-verbale': '1', origin: 'https://evil.example' })).toBe(false)
    expect(asks('POST', { 'x-verbale': '1', origin: 'null' })).toBe(false)
    expect(asks('POST', { authorization: 'Bearer vrb_x' })).toBe(true)
  })

  it('are refused by the server', async () => {
    const { browser } = await fresh()
    expect((await browser.call('PATCH /me', { locale: 'en' }, { 'x-verbale': '' })).body.code).toBe('cross_site')
    expect((await browser.call('PATCH /me', { locale: 'en' }, { origin: 'https://evil.example' })).body.code).toBe(
      'cross_site',
    )
    expect((await browser.call('PATCH /me', { locale: 'en' })).status).toBe(200)
  })

  it('an Authorization header never falls back to the cookie', async () => {
    const { browser } = await fresh()
    expect(
      (await browser.call('PATCH /me', { locale: 'en' }, { 'x-verbale': '', authorization: 'Bearer nothing' })).status,
    ).toBe(401)
    expect((await browser.call('PATCH /me', { locale: 'en' }, { authorization: 'Basic YTpi' })).status).toBe(401)
  })
})

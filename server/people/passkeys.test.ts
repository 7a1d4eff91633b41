import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createAuthenticator, type Fault } from './testkit/authenticator.ts'
import { goodPassword, startRoom, type Browser, type TestRoom } from './testkit/server.ts'

let room: TestRoom
let admin: Awaited<ReturnType<TestRoom['administrator']>>
let people = 0
beforeAll(async () => {
  room = await startRoom()
  admin = await room.administrator()
})
afterAll(() => room.stop())

const device = () => createAuthenticator(room.origin().origin, 'localhost')

/** A person with a password and no factor yet. */
async function newcomer() {
  const email = `person${++people}@example.com`
  const made = await admin.browser.call('POST /people', {
    name: 'Nina Nuova',
    email,
    role: 'agent',
    teams: [],
    aliases: [],
    country: null,
  })
  const browser = room.browser()
  await browser.call('POST /invitation/accept', {
    token: made.body.invitationToken,
    password: goodPassword,
    locale: 'en',
  })
  return { browser, email }
}

async function register(browser: Browser, key: ReturnType<typeof device>, fault: Fault = {}) {
  const options = await browser.call('POST /me/passkeys/begin')
  return browser.call('POST /me/passkeys/confirm', {
    name: 'Portatile di Nina',
    response: key.create(options.body, fault),
  })
}

/** A person with one passkey, at the second step of a sign-in. */
async function atSecondStep() {
  const { browser, email } = await newcomer()
  const key = device()
  await register(browser, key)
  const fresh = room.browser()
  await fresh.call('POST /sign-in', { email, password: goodPassword })
  return { browser: fresh, key, email }
}

async function prove(browser: Browser, key: ReturnType<typeof device>, fault: Fault = {}) {
  const options = await browser.call('POST /sign-in/passkey/options')
  return browser.call('POST /sign-in/passkey', key.get(options.body, fault))
}

describe('passkeys', () => {
  it('enrol a newcomer and sign in later', async () => {
    const { browser, email } = await newcomer()
    const key = device()
    const options = await browser.call('POST /me/passkeys/begin')
    expect(options.body).toMatchObject({
      rp: { id: 'localhost', name: 'Verbale' },
      attestation: 'none',
      authenticatorSelection: { userVerification: 'required' },
    })
    const confirmed = await browser.call('POST /me/passkeys/confirm', {
      name: 'Portatile',
      response: key.create(options.body),
    })
    expect(confirmed.body.recoveryCodes).toHaveLength(10)
    expect((await browser.call('GET /me')).body.factors).toEqual({ totp: false, passkeys: 1 })

    const again = room.browser()
    expect((await again.call('POST /sign-in', { email, password: goodPassword })).body).toEqual({
      next: 'second_factor',
      factors: ['passkey'],
    })
    expect(await prove(again, key)).toMatchObject({ status: 200, body: { next: 'done' } })
    expect((await again.call('GET /me')).status).toBe(200)
  })

  it.each<[string, Fault]>([
    ['another site', { origin: 'https://evil.example' }],
    ['another relying party', { rpId: 'evil.example' }],
    ['no user verification', { unverified: true }],
  ])('a registration from %s is refused', async (_name, fault) => {
    const { browser } = await newcomer()
    expect((await register(browser, device(), fault)).body.code).toBe('passkey_refused')
    expect((await browser.call('GET /me')).body.code).toBe('second_factor_needed')
  })

  it.each<[string, Fault]>([
    ['from another site', { origin: 'https://evil.example' }],
    ['for another relying party', { rpId: 'evil.example' }],
    ['without user verification', { unverified: true }],
    ['with a counter that does not rise', { counter: 1 }],
    ['with a wrong signature', { badSignature: true }],
  ])('an answer %s is refused', async (_name, fault) => {
    const { browser, key } = await atSecondStep()
    expect(await prove(browser, key, fault)).toMatchObject({ status: 401, body: { code: 'factor_refused' } })
    expect((await browser.call('GET /me')).body.code).toBe('second_factor_needed')
  })

  it("another person's passkey is refused", async () => {
    const [mine, theirs] = [await atSecondStep(), await atSecondStep()]
    expect((await prove(mine.browser, theirs.key)).body.code).toBe('factor_refused')
  })

  it('a challenge is answered once, within five minutes, and only as asked', async () => {
    const { browser, key } = await atSecondStep()
    const options = await browser.call('POST /sign-in/passkey/options')
    room.clock.advance(5 * 60_000)
    expect((await browser.call('POST /sign-in/passkey', key.get(options.body))).body.code).toBe('challenge_expired')
    const second = await browser.call('POST /sign-in/passkey/options')
    expect((await browser.call('POST /sign-in/passkey', { ...key.get(second.body), id: 'other' })).body.code).toBe(
      'factor_refused',
    )
    expect((await browser.call('POST /sign-in/passkey', key.get(second.body))).body.code).toBe('challenge_expired')
    expect((await browser.call('POST /sign-in/passkey', { nonsense: 1 })).body.code).toBe('challenge_expired')
  })

  it('the same passkey cannot be registered twice', async () => {
    const [a, b] = [await newcomer(), await newcomer()]
    const key = device()
    expect((await register(a.browser, key)).status).toBe(200)
    expect((await register(b.browser, key)).body.code).toBe('passkey_known')
  })

  it('someone without one is told so', async () => {
    const browser = room.browser()
    await browser.call('POST /sign-in', { email: admin.email, password: goodPassword })
    expect((await browser.call('POST /sign-in/passkey/options')).body.code).toBe('passkey_none')
  })
})

import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { createPasswords, type Kdf } from './passwords.ts'
import { networkOf } from './throttle.ts'
import { cheap, codeAt, goodPassword, startRoom, type TestRoom } from './testkit/server.ts'

let room: TestRoom
let admin: Awaited<ReturnType<TestRoom['administrator']>>
beforeAll(async () => {
  room = await startRoom()
  admin = await room.administrator()
})
afterAll(() => room.stop())
beforeEach(() => {
  room.clock.advance(86_400_001)
})

const attempt = (email: string, password: string, ip?: string) =>
  room.browser(ip).call('POST /sign-in', { email, password })

describe('password step', () => {
  it('answers the same for an unknown e-mail, a wrong password and somebody without one', async () => {
    await room.signIn(admin.browser, admin.email, admin.secret)
    await admin.browser.call('POST /people', {
      name: 'Uno',
      email: 'invited@example.com',
      role: 'agent',
      teams: [],
      aliases: [],
      country: null,
    })
    const answers = await Promise.all([
      attempt(admin.email, 'wrong password'),
      attempt('nobody@example.com', 'wrong password'),
      attempt('invited@example.com', 'wrong password'),
    ])
    expect(new Set(answers.map((a) => JSON.stringify(a))).size).toBe(1)
    expect(answers[0]).toMatchObject({ status: 401, cookie: null, body: { code: 'sign_in_refused' } })
  })

  it('makes an account wait longer and longer, known or not, from any address', async () => {
    for (const email of [admin.email, 'nobody@example.com']) {
      for (let i = 0; i < 5; i++) expect((await attempt(email, 'no', `198.51.100.${i}`)).status).toBe(401)
      for (const seconds of [1, 2, 4, 8]) {
        expect((await attempt(email, 'no')).status).toBe(401)
        const refused = await attempt(email.toUpperCase(), goodPassword, '203.0.113.9')
        expect(refused).toMatchObject({ status: 429, body: { code: 'too_many_attempts', params: { seconds } } })
        room.clock.advance(seconds * 1000)
      }
    }
  })

  it('never waits more than a quarter of an hour, and forgets after a right password', async () => {
    for (let i = 0; i < 30; i++) {
      await attempt(admin.email, 'no')
      room.clock.advance(900_000)
    }
    expect((await attempt(admin.email, goodPassword)).status).toBe(200)
    for (let i = 0; i < 5; i++) expect((await attempt(admin.email, 'no')).status).toBe(401)
  })

  it('gains nothing by guessing in parallel', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => attempt(admin.email, 'no')))
    expect(answers.filter((a) => a.status === 401)).toHaveLength(6)
    expect(answers.filter((a) => a.status === 429)).toHaveLength(14)
  })

  it('makes an address wait that tries many accounts; right passwords do not count', async () => {
    const ip = '2001:db8:1:2::7'
    const last = await Promise.all(Array.from({ length: 100 }, (_, i) => attempt(`x${i}@example.com`, 'no', ip)))
    expect(last.every((a) => a.status === 401)).toBe(true)
    expect((await attempt('y@example.com', 'no', ip)).status).toBe(401)
    expect((await attempt('z@example.com', 'no', '2001:db8:1:2:ffff::1')).status).toBe(429)
    expect((await attempt('z@example.com', 'no', '2001:db8:1:3::1')).status).toBe(401)
    room.clock.advance(1000)
    expect((await attempt(admin.email, goodPassword, ip)).status).toBe(200)
    expect((await attempt(admin.email, goodPassword, ip)).status).toBe(200)
  })

  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:DB8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['::1', '0:0:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
  ])('network of %s', (ip, network) => expect(networkOf(ip)).toBe(network))
})

describe('second factor', () => {
  const second = async () => {
    const browser = room.browser()
    await browser.call('POST /sign-in', { email: admin.email, password: goodPassword })
    return browser
  }
  const code = (offset = 0) => codeAt(admin.secret, room.clock.now() + offset)

  it('takes a code one step early or late, once, and none older than the last', async () => {
    expect((await (await second()).call('POST /sign-in/totp', { code: code(60_000) })).status).toBe(401)
    expect((await (await second()).call('POST /sign-in/totp', { code: code(-30_000) })).status).toBe(200)
    expect((await (await second()).call('POST /sign-in/totp', { code: code(30_000) })).status).toBe(200)
    expect((await (await second()).call('POST /sign-in/totp', { code: code(30_000) })).body.code).toBe('factor_refused')
    expect((await (await second()).call('POST /sign-in/totp', { code: code() })).body.code).toBe('factor_refused')
  })

  it('of two uses of one code at once, one counts', async () => {
    const [a, b] = [await second(), await second()]
    const answers = await Promise.all([a, b].map((browser) => browser.call('POST /sign-in/totp', { code: code() })))
    expect(answers.map((answer) => answer.status).toSorted((x, y) => x - y)).toEqual([200, 401])
  })

  it('is throttled per person, over all sessions', async () => {
    for (let i = 0; i < 6; i++)
      expect((await (await second()).call('POST /sign-in/totp', { code: '000000' })).status).toBe(401)
    expect(await (await second()).call('POST /sign-in/totp', { code: code() })).toMatchObject({
      status: 429,
      body: { params: { seconds: 1 } },
    })
  })

  it('recovery codes work once, typed in any way', async () => {
    const [first = '', other = ''] = admin.recoveryCodes
    const browser = await second()
    expect((await browser.call('POST /sign-in/recovery', { code: 'aaaa-bbbb-cccc-dddd' })).body.code).toBe(
      'factor_refused',
    )
    expect(
      (await browser.call('POST /sign-in/recovery', { code: ` ${first.toUpperCase().replaceAll('-', ' ')}` })).body
        .next,
    ).toBe('done')
    expect((await (await second()).call('POST /sign-in/recovery', { code: first })).body.code).toBe('factor_refused')
    expect((await (await second()).call('POST /sign-in/recovery', { code: other })).status).toBe(200)
  })

  it('whoever only has the password can neither add a factor nor anything else', async () => {
    const browser = await second()
    for (const key of ['POST /me/totp/begin', 'POST /me/passkeys/begin'])
      expect((await browser.call(key)).body.code).toBe('second_factor_needed')
    expect((await browser.call('POST /me/totp/confirm', { code: '123456' })).body.code).toBe('second_factor_needed')
    for (const key of ['GET /me', 'GET /people', 'GET /teams']) expect((await browser.call(key)).status).toBe(401)
  })

  it('can be changed after a recent sign-in only, ends other sessions, and renews used recovery codes', async () => {
    const other = room.browser()
    await room.signIn(other, admin.email, admin.secret)
    const browser = room.browser()
    await room.signIn(browser, admin.email, admin.secret)
    room.clock.advance(15 * 60_000)
    expect((await browser.call('POST /me/totp/begin')).body.code).toBe('sign_in_again')
    await room.signIn(browser, admin.email, admin.secret)
    const renewed = await room.enrol(browser)
    expect(renewed.recoveryCodes).toHaveLength(10)
    expect((await other.call('GET /me')).status).toBe(401)
    expect((await (await second()).call('POST /sign-in/totp', { code: code() })).status).toBe(401)
    room.clock.advance(14 * 60_000)
    const added = await room.enrol(browser)
    expect(added.recoveryCodes).toEqual([])
    room.clock.advance(60_000)
    expect((await browser.call('POST /me/totp/begin')).body.code).toBe('sign_in_again')
    admin = { ...admin, ...added }
  })
})

describe('password hashing', () => {
  it('costs the same for nobody as for somebody', async () => {
    const kdf = vi.fn<Kdf>(async () => Buffer.alloc(32))
    const passwords = createPasswords({ ln: 15, r: 8, p: 3 }, kdf)
    const stored = await passwords.hash('x')
    expect((await passwords.verify('x', stored)).right).toBe(true)
    expect((await passwords.verify('x', null)).right).toBe(false)
    const [, known, unknown] = kdf.mock.calls
    expect(unknown!.slice(2)).toEqual(known!.slice(2))
  })

  it('accepts another spelling of the same letters, and nothing else', async () => {
    const passwords = createPasswords(cheap)
    const stored = await passwords.hash('perch\u00e9 no\u0300n')
    expect((await passwords.verify('perche\u0301 n\u00f2n', stored)).right).toBe(true)
    expect((await passwords.verify('perche non', stored)).right).toBe(false)
    await expect(passwords.verify('x', 'md5:123')).rejects.toThrow('unknown form')
  })

  it('runs two at a time and refuses when too many wait', async () => {
    let running = 0
    let most = 0
    const kdf = async (): Promise<Buffer> => {
      most = Math.max(most, ++running)
      await new Promise((go) => setImmediate(go))
      running--
      return Buffer.alloc(32)
    }
    const results = await Promise.allSettled(Array.from({ length: 100 }, () => createdOnce(kdf).hash('x')))
    expect(most).toBe(2)
    expect(results.filter((r) => r.status === 'rejected')).toHaveLength(100 - 66)
  })

  it('renews a hash of another cost at the next sign-in', async () => {
    const hashOf = async () => {
      const row = await room.db
        .selectFrom('people')
        .selectAll()
        .where('role', '=', 'administrator')
        .executeTakeFirstOrThrow()
      return { row, phc: room.box.open(`people/password/${row.id}`, row.password).toString() }
    }
    const { row } = await hashOf()
    const older = room.box.seal(
      `people/password/${row.id}`,
      await createPasswords({ ln: 3, r: 4, p: 1 }).hash(goodPassword),
    )
    await room.db.updateTable('people').set({ password: older }).where('id', '=', row.id).execute()
    expect((await hashOf()).phc).toMatch(/^\$scrypt\$ln=3,r=4,p=1\$/)
    expect((await attempt(admin.email, goodPassword)).status).toBe(200)
    expect((await hashOf()).phc).toMatch(/^\$scrypt\$ln=4,r=8,p=1\$/)
    expect((await attempt(admin.email, goodPassword)).status).toBe(200)
  })
})

let once: ReturnType<typeof createPasswords> | undefined
const createdOnce = (kdf: () => Promise<Buffer>) => (once ??= createPasswords(cheap, kdf))

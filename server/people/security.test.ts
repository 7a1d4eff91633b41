import { afterAll, beforeAll, expect, it } from 'vitest'
import { codeAt, goodPassword, startRoom, type TestRoom } from './testkit/server.ts'

const DAY = 86_400_000
let room: TestRoom
let admin: Awaited<ReturnType<TestRoom['administrator']>>
beforeAll(async () => {
  room = await startRoom()
  admin = await room.administrator()
})
afterAll(() => room.stop())

const facts = () => room.people.securityFacts()

it('counts who can sign in, and who only could', async () => {
  expect(await facts()).toMatchObject({
    active: 1,
    enrolled: 1,
    administrators: 1,
    administratorsEnrolled: 1,
    dormant: 0,
    invitations: 0,
    sessions: 1,
    byRole: [{ role: 'administrator', n: 1 }],
    passwords: 'scrypt N=2^4 r=8 p=1',
  })
  const draft = { name: 'Elio Nuovo', email: 'elio@example.com', role: 'agent', teams: [], aliases: [], country: null }
  const { person } = (await admin.browser.call('POST /people', draft)).body
  expect(await facts()).toMatchObject({ active: 2, enrolled: 1, invitations: 1 })
  await admin.browser.call(`PATCH /people/${person.id}`, { active: false })
  expect(await facts()).toMatchObject({ active: 1, enrolled: 1, invitations: 0 })
})

it('sees an API token that nobody uses, or whose maker left', async () => {
  await room.person(admin.browser, { email: 'altra@example.com', role: 'administrator' })
  await admin.browser.call('POST /tokens', { name: 'IVR', permissions: ['consents.record'] })
  expect(await facts()).toMatchObject({ tokens: 1, tokensUnused: 0, tokensOwnerless: 0 })
  await room.db.updateTable('api_tokens').set({ created_by: null }).execute()
  expect(await facts()).toMatchObject({ tokensOwnerless: 1 })
})

it('an account is dormant when nobody signed in for 90 days, and no longer once somebody did', async () => {
  const dormant = async () => (await facts()).dormant
  room.clock.advance(89 * DAY)
  expect(await dormant()).toBe(0)
  room.clock.advance(2 * DAY)
  expect(await facts()).toMatchObject({ dormant: 2, administratorsDormant: 2, tokensUnused: 1, sessions: 0 })
  const back = room.browser()
  await back.call('POST /sign-in', { email: admin.email, password: goodPassword })
  const { status } = await back.call('POST /sign-in/totp', { code: codeAt(admin.secret, room.clock.now()) })
  expect([status, await dormant()]).toEqual([200, 1])
  const days = await room.db.selectFrom('people').select('last_sign_in_on as on').where('active', '=', true).execute()
  const today = new Date(room.clock.now()).toISOString().slice(0, 10)
  expect(days.filter((row) => row.on === today)).toHaveLength(1)
})

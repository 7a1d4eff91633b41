import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { systemClock } from '../../platform/clock.ts'
import { type AuthorityServer, type ServerBehaviour, startAuthority } from '../testkit/authority.ts'
import { createAuthority, sha256 } from './client.ts'

let server: AuthorityServer
beforeAll(async () => {
  server = await startAuthority()
})
afterAll(() => server.stop())
beforeEach(() => server.behave('good'))

const digest = sha256('a checkpoint')
const client = (more: object = {}) =>
  createAuthority({ url: server.url, anchors: server.rootPem, timeoutMs: 500, ...more }, { clock: systemClock })

test('asks as RFC 3161 says and gives a checked token', async () => {
  const { token, timestamp } = await client({ headers: { authorization: 'Basic abc' } }).stamp(digest)
  expect(timestamp.authority).toBe('Test authority, Test')
  expect(token.length).toBeGreaterThan(500)
  const { headers, body } = server.requests.at(-1)!
  expect(headers).toMatchObject({ 'content-type': 'application/timestamp-query', authorization: 'Basic abc' })
  expect(body.includes(digest)).toBe(true)
})

test.each<[ServerBehaviour, RegExp]>([
  ['slow', /timeout/i],
  ['endless', /over 65536 bytes/],
  ['redirect', /redirect/i],
  ['wrong-type', /text\/html/],
  ['error-500', /HTTP 500/],
  ['hang-up', /closed|hang up|reset/i],
])('%s is no answer', async (behaviour, words) => {
  server.behave(behaviour)
  await expect(client().stamp(digest)).rejects.toMatchObject({ code: 'stamp_unreachable', message: words })
})

test.each<[ServerBehaviour, string]>([
  ['wrong-imprint', 'wrong_imprint'],
  ['wrong-nonce', 'wrong_nonce'],
  ['wrong-time', 'wrong_time'],
  ['other-signer', 'bad_signature'],
  ['rejected', 'not_granted'],
  ['trailing-bytes', 'trailing_bytes'],
])('%s is refused with the reason', async (behaviour, reason) => {
  server.behave(behaviour)
  await expect(client().stamp(digest)).rejects.toMatchObject({ code: 'stamp_refused', params: { reason } })
})

test('an authority that is down is unreachable; roots that are none are told at start', async () => {
  const gone = client({ url: 'http://127.0.0.1:9/' })
  await expect(gone.stamp(digest)).rejects.toMatchObject({ code: 'stamp_unreachable' })
  expect(() => client({ anchors: 'no certificate' })).toThrow(/PEM file/)
})

test('only the policy wanted is accepted', async () => {
  await expect(client({ policy: '1.3.6.1.4.1.99999.1' }).stamp(digest)).resolves.toBeDefined()
  server.behave('wrong-policy')
  const refused = { code: 'stamp_refused', params: { reason: 'wrong_policy' } }
  await expect(client({ policy: '1.3.6.1.4.1.99999.1' }).stamp(digest)).rejects.toMatchObject(refused)
})

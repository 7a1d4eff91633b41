import { afterAll, beforeAll, expect, test } from 'vitest'
import { createFollower } from '../../server/evidence/testkit/follower.ts'
import { type Client, client, setUp, startServer, type TestServer } from './server.ts'

let server: TestServer
let admin: Client
beforeAll(async () => {
  server = await startServer()
  admin = await setUp(server)
})
afterAll(() => server?.destroy())

test('what happens can be followed by anyone, over a restart too; how the log is doing, by those who may', async () => {
  const stranger = client(server.url)
  const [log] = (await stranger.api('GET /log')).items
  const year = new Date().getUTCFullYear()
  expect(log).toMatchObject({ name: String(year), origin: `verbale.local/${year}` })
  const follower = createFollower(`${server.url}${log?.prefix}`, log?.vkey ?? '')
  await expect.poll(async () => (await admin.api('GET /log/status')).queued).toBe(0)
  await expect.poll(async () => (await follower.follow()).size).toBeGreaterThan(2)
  const before = await follower.follow()

  server = await server.restart()
  const again = client(server.url)
  const [same] = (await again.api('GET /log')).items
  expect(same?.vkey).toBe(log?.vkey)
  expect(same?.size).toBeGreaterThanOrEqual(before.size)
  await expect(again.api('GET /log/status')).rejects.toMatchObject({ status: 401 })
  await expect(again.api('POST /log/restart', { body: { reason: 'x' } })).rejects.toMatchObject({ status: 401 })
})

import { afterAll, beforeAll, expect, test } from 'vitest'
import type { FastifyInstance } from 'fastify'
import { createHttp } from '../../platform/http/server.ts'
import { silentLog } from '../../platform/log.ts'
import { createFollower } from '../testkit/follower.ts'
import { type EvidenceHouse, evidenceHouse } from '../testkit/room.ts'
import type { Evidence } from '../index.ts'

let house: EvidenceHouse
let evidence: Evidence
let app: FastifyInstance
let url: string

beforeAll(async () => {
  house = await evidenceHouse()
  evidence = house.open()
  const missing = new Proxy(evidence.routes, { get: (routes, key) => Reflect.get(routes, key) ?? (async () => null) })
  app = await createHttp(
    { log: silentLog, webDir: null, https: false },
    {
      handlers: missing as never,
      authenticate: async () => null,
      csrfAllowed: () => true,
      rawScope: async () => undefined,
    },
  )
  url = await app.listen({ host: '127.0.0.1', port: 0 })
})
afterAll(async () => {
  await app.close()
  await house.close()
})

async function appendMany(count: number): Promise<void> {
  const event = { type: 'access.play' as const, callId: null, data: {} }
  await house.db.transaction().execute((tx) =>
    evidence.appendAll(
      tx,
      Array.from({ length: count }, () => event),
    ),
  )
  await evidence.drain()
}

test('before anything is signed there is nothing to follow', async () => {
  expect(await (await fetch(`${url}/api/v1/log`)).json()).toEqual({ items: [] })
  const response = await fetch(`${url}/api/v1/log/2026/checkpoint`)
  expect(response.status).toBe(404)
  expect(await response.json()).toMatchObject({ code: 'log_unknown' })
})

test('a stranger follows the log from state to state', async () => {
  await appendMany(3)
  const { items } = (await (await fetch(`${url}/api/v1/log`)).json()) as {
    items: { prefix: string; vkey: string; origin: string; size: number }[]
  }
  expect(items).toMatchObject([{ name: '2026', origin: 'log.example/2026', size: 4, endedAt: null, abandoned: false }])
  const [{ prefix, vkey } = { prefix: '', vkey: '' }] = items
  const follower = createFollower(url + prefix, vkey)
  const sizes: number[] = []
  for (const more of [0, 1, 251, 1, 300, 500]) {
    if (more > 0) await appendMany(more)
    const { origin, size } = await follower.follow()
    expect(origin).toBe('log.example/2026')
    sizes.push(size)
  }
  expect(sizes).toEqual([4, 5, 256, 257, 557, 1057])
  expect(follower.entries().every((entry) => entry.startsWith('verbale.dev/event/v1\n'))).toBe(true)
  const tiles = follower.requests.filter(({ path }) => path.startsWith('tile/'))
  expect(new Set(tiles.map(({ type }) => type))).toEqual(new Set(['application/octet-stream']))
  expect(new Set(tiles.map(({ cache }) => cache))).toEqual(new Set(['public, max-age=31536000, immutable']))
  const checkpoints = follower.requests.filter(({ path }) => path === 'checkpoint')
  expect(new Set(checkpoints.map(({ type }) => type))).toEqual(new Set(['text/plain; charset=utf-8']))
  expect(new Set(checkpoints.map(({ cache }) => cache))).toEqual(new Set(['no-store']))
})

test('the tiles of every earlier state stay, nothing beyond the signed state is told', async () => {
  const get = async (path: string) => (await fetch(`${url}/api/v1/log/2026/${path}`)).status
  for (const path of ['tile/0/000.p/4', 'tile/0/001.p/1', 'tile/entries/000.p/5', 'tile/1/000.p/1', 'tile/1/000.p/4'])
    expect([path, await get(path)]).toEqual([path, 200])
  await house.append(evidence, 1)
  for (const path of [
    'tile/0/004.p/34',
    'tile/0/004',
    'tile/1/000.p/5',
    'tile/2/000.p/1',
    'tile/0/x001/000',
    'tile/0/0',
    'tile/0/000.p/0',
    'tile/0/000.p/256',
    'tile/0/000/',
    'tile/0/%2e%2e/000',
    'tile/entries/005',
    'tile/data/000',
  ])
    expect([path, await get(path)]).toEqual([path, 404])
  const elsewhere = async (path: string) => (await fetch(`${url}/api/v1/log/${path}`)).status
  expect(await elsewhere('2027/tile/0/000.p/4')).toBe(404)
  expect(await elsewhere('x/checkpoint')).toBe(400)
  expect(await elsewhere('status')).toBe(401)
})

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { migrate, openDatabase } from '../../server/platform/db/index.ts'
import { startSupervisor, type Supervisor } from '../../server/platform/db/supervisor.ts'
import { installJobs } from '../../server/platform/jobs/index.ts'
import { siprecPort } from '../journeys/siprec.ts'
import { type Product, startProduct } from './kit/product.ts'
import { listen, recordEverything, settled, Talk, until, upTo } from './kit/talk.ts'

let folder = ''
let server: Supervisor
let product: Product
let port = 0
const autoResumeMs = 2000

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'verbale-db-'))
  const first = await openDatabase({ dataDir: folder })
  await migrate(first.db)
  await installJobs(first.pool)
  await first.stop()
  server = await startSupervisor({ dataDir: folder })
  product = await startProduct({
    connection: { host: server.socketFolder, port: 5432, user: 'verbale', database: 'verbale' },
  })
  await recordEverything(product.admin, { autoResumeSeconds: autoResumeMs / 1000 })
  port = await siprecPort(product.admin)
}, 120_000)

afterAll(async () => {
  await product?.stop()
  await server?.stop()
  rmSync(folder, { recursive: true, force: true })
})

const newest = async (count: number): Promise<string[]> =>
  (await product.admin.api('GET /calls')).items.slice(0, count).map((c) => c.id)

/** Every frame that was sent is there, once and in order, and no gap is told. */
async function expectWhole(callId: string, talk: Talk): Promise<void> {
  const detail = await settled(product.admin, callId)
  expect(detail.ending).toBe('hangup')
  const { legs } = await listen(product.admin, callId)
  for (const leg of [0, 1]) {
    expect(legs.get(leg)?.frames).toEqual(upTo(talk.sent))
    expect(legs.get(leg)?.strays).toBe(0)
  }
  expect(detail.legs.map((l) => [l.packets, l.lost])).toEqual([
    [talk.sent, 0],
    [talk.sent, 0],
  ])
  expect(detail.gaps.filter((g) => g.kind !== 'other' || g.fromMs > 0)).toEqual([])
}

test('without its database for seconds: calls go on, begin and end, and everything is written later', async () => {
  const before = await Talk.begin(port)
  const live = await until('the call', async () => (await product.agent.api('GET /live/calls')).items[0])
  await sleep(700)
  await product.agent.api('POST /calls/:callId/control', { params: { callId: live.id }, body: { action: 'pause' } })
  await server.stop()
  const meanwhile = await Talk.begin(port)
  const short = await Talk.begin(port)
  // Longer than the pause lasts by itself; its end, and a hold, are marks made while nobody can write them down.
  await sleep(1000)
  before.call.legs[1] = { ...before.call.legs[1], direction: 'inactive' }
  await before.call.reinvite()
  await short.bye()
  await sleep(autoResumeMs)
  server = await startSupervisor({ dataDir: folder })
  await sleep(1000)
  await before.bye()
  await meanwhile.bye()

  const items = await until('three calls', async () => (await newest(5)).length === 3 && newest(3))
  const [third = '', second = '', first = ''] = items
  expect(first).toBe(live.id)
  await expectWhole(second, meanwhile)
  await expectWhole(third, short)

  const detail = await settled(product.admin, first)
  expect(detail.ending).toBe('hangup')
  const marks = detail.marks.map((m) => [m.kind, m.by])
  expect(marks).toEqual([
    ['pause', 'agent'],
    ['hold', 'platform'],
    ['resume', 'timer'],
  ])
  const at = (kind: string): number => detail.marks.find((m) => m.kind === kind)?.atMs ?? Number.NaN
  expect(at('resume') - at('pause')).toBeGreaterThanOrEqual(autoResumeMs)
  const { legs } = await listen(product.admin, first)
  for (const leg of [0, 1]) {
    const frames = legs.get(leg)?.frames ?? []
    const missing = upTo(before.sent).filter((n) => !frames.includes(n))
    const gaps = detail.gaps.filter((g) => g.leg === leg && g.kind === 'paused')
    expect(gaps).toHaveLength(1)
    const [gap] = gaps
    // Exactly one run of frames is missing: the paused one.
    expect(missing).toEqual(upTo(missing.length).map((n) => n + (missing[0] ?? 0)))
    expect(Math.abs(missing.length * 20 - ((gap?.toMs ?? 0) - (gap?.fromMs ?? 0)))).toBeLessThanOrEqual(60)
    expect(frames.toSorted((a, b) => a - b)).toEqual(frames)
  }
}, 90_000)

test('a restart, then two crashes of the database in one call cost nothing', async () => {
  const talk = await Talk.begin(port)
  await sleep(500)
  await server.restart()
  await sleep(300)
  for (let i = 0; i < 2; i++) {
    server.kill()
    await sleep(50)
    await server.whenRunning()
    await sleep(300)
  }
  await talk.bye()
  const [callId = ''] = await until('the call', async () => {
    const ids = await newest(1).catch(() => [])
    return ids.length > 0 && ids
  })
  await expectWhole(callId, talk)
  const { items } = await product.admin.api('GET /calls', { query: { state: 'live' } as never })
  expect(items).toEqual([])
}, 90_000)

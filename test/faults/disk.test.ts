import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import pino from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Gap } from '../../contract/models/calls.ts'
import { connect } from '../../server/platform/db/index.ts'
import { type TestDatabase, testDatabase } from '../../server/platform/testkit/database.ts'
import { siprecPort } from '../journeys/siprec.ts'
import { type Disk, smallDisk } from './kit/disk.ts'
import { type Product, startProduct } from './kit/product.ts'
import { listen, recordEverything, settled, Talk, until, upTo } from './kit/talk.ts'

let disk: Disk
let database: TestDatabase
let product: Product
let port = 0
/** What the program logged. */
const lines: { msg: string; callId?: string; calls?: string[] }[] = []
const log = pino({ level: 'error' }, { write: (line: string) => void lines.push(JSON.parse(line)) })

beforeAll(async () => {
  disk = smallDisk()
  database = await testDatabase()
  // 20 kB wait for the disk, beside the 16 kB being filled: some three seconds of one leg.
  product = await startProduct({
    dataDir: disk.dataDir,
    connection: database.connectionConfig,
    vault: { objects: disk.objects, settings: { memoryPerStream: 20_000, checkpointMs: 500, stopMs: 1000 } },
    log,
  })
  await recordEverything(product.admin)
  port = await siprecPort(product.admin)
})
afterAll(async () => {
  disk?.free()
  await product?.stop()
  await database?.drop()
  disk?.remove()
})

const live = async (callId: string) => (await product.admin.api('GET /live/calls')).items.find((c) => c.id === callId)
const alertOn = (callId: string) =>
  until('the alert on the live call', async () => (await live(callId))?.alerts.includes('disk'))
const alertOff = (callId: string) =>
  until('the end of the alert', async () => (await live(callId))?.alerts.length === 0)
const losing = (callId: string) =>
  until('the memory is used up', () => lines.some((l) => l.callId === callId && l.msg.startsWith('media is lost')))
const ms = (gap: Gap | undefined): number => (gap ? gap.toMs - gap.fromMs : 0)

/** Runs of numbers that follow each other: what little still fitted may lie between two holes. */
function runs(numbers: number[]): { from: number; count: number }[] {
  const found: { from: number; count: number }[] = []
  for (const n of numbers) {
    const last = found.at(-1)
    if (last && last.from + last.count === n) last.count++
    else found.push({ from: n, count: 1 })
  }
  return found
}

test('a disk that fills up in mid-call costs a labelled gap of the call that outgrows its memory, and nothing else', async () => {
  const long = await Talk.begin(port)
  const { id: longId } = await until('the call', async () => (await product.admin.api('GET /live/calls')).items[0])
  await sleep(1500)
  disk.fill()
  await alertOn(longId)
  await losing(longId)
  // A call that begins on the full disk and needs less than its memory.
  const short = await Talk.begin(port)
  const { id: shortId } = await until('the second call', async () =>
    (await product.admin.api('GET /live/calls')).items.find((c) => c.id !== longId),
  )
  await sleep(1200)
  expect((await live(longId))?.status).toBe('recording')
  await alertOn(shortId)
  disk.free()
  await Promise.all([alertOff(longId), alertOff(shortId)])
  await sleep(1000)
  await Promise.all([long.bye(), short.bye()])

  const detail = await settled(product.admin, longId)
  expect(detail.ending).toBe('hangup')
  expect(detail.alerts).toContain('disk')
  const { legs } = await listen(product.admin, longId)
  for (const leg of [0, 1]) {
    const heard = legs.get(leg)
    const frames = heard?.frames ?? []
    const missing = upTo(long.sent).filter((n) => !frames.includes(n))
    expect(missing.length).toBeGreaterThan(25)
    expect(frames[0]).toBe(0)
    expect(frames.at(-1)).toBe(long.sent - 1)
    expect(heard?.strays).toBe(0)
    // Each hole is told where it is, as long as it is and by its name; no other gap is.
    const holes = runs(missing)
    const gaps = detail.gaps.filter((g) => g.leg === leg && g.fromMs > 0)
    expect(gaps.map((g) => [g.kind, g.provable])).toEqual(holes.map(() => ['disk', true]))
    for (const [i, { from, count }] of holes.entries()) {
      expect(Math.abs(ms(gaps[i]) - count * 20)).toBeLessThanOrEqual(40)
      expect(
        Math.abs((gaps[i]?.fromMs ?? 0) - ((heard?.atMs[frames.indexOf(from - 1)] ?? 0) + 20)),
      ).toBeLessThanOrEqual(40)
    }
  }

  const other = await settled(product.admin, shortId)
  expect(other.alerts).toEqual(['disk'])
  const heard = await listen(product.admin, shortId)
  for (const leg of [0, 1]) expect(heard.legs.get(leg)?.frames).toEqual(upTo(short.sent))
  expect(other.gaps.filter((g) => g.fromMs > 0)).toEqual([])
}, 90_000)

test('a disk that refuses is told at once and told over, and a call that memory can hold loses nothing', async () => {
  const talk = await Talk.begin(port)
  const { id } = await until('the call', async () => (await product.admin.api('GET /live/calls')).items[0])
  await sleep(600)
  disk.fill()
  await alertOn(id)
  disk.free()
  await alertOff(id)
  await talk.bye()
  const detail = await settled(product.admin, id)
  expect([detail.ending, detail.alerts]).toEqual(['hangup', ['disk']])
  expect(detail.gaps.filter((g) => g.fromMs > 0)).toEqual([])
  const { legs } = await listen(product.admin, id)
  for (const leg of [0, 1]) expect(legs.get(leg)?.frames).toEqual(upTo(talk.sent))
  expect(lines.filter((l) => l.callId === id && l.msg.startsWith('media is lost'))).toEqual([])
}, 60_000)

test('a call that ends while the disk is full is sealed when space returns', async () => {
  const talk = await Talk.begin(port)
  const { id } = await until('the call', async () => (await product.admin.api('GET /live/calls')).items[0])
  await sleep(600)
  disk.fill()
  await sleep(800)
  await talk.bye()
  await sleep(1000)
  expect((await product.admin.api('GET /calls/:callId', { params: { callId: id } })).state).toBe('sealing')
  disk.free()
  const detail = await settled(product.admin, id)
  expect(detail.ending).toBe('hangup')
  expect(detail.gaps.filter((g) => g.fromMs > 0)).toEqual([])
  const { legs } = await listen(product.admin, id)
  for (const leg of [0, 1]) expect(legs.get(leg)?.frames).toEqual(upTo(talk.sent))
}, 60_000)

test('a call that outgrows its memory and ends on the full disk ends with a labelled gap', async () => {
  const talk = await Talk.begin(port)
  const { id } = await until('the call', async () => (await product.admin.api('GET /live/calls')).items[0])
  await sleep(600)
  disk.fill()
  await alertOn(id)
  await losing(id)
  await sleep(700)
  await talk.bye()
  await sleep(500)
  disk.free()
  const detail = await settled(product.admin, id)
  expect(detail.ending).toBe('hangup')
  const { legs } = await listen(product.admin, id)
  for (const leg of [0, 1]) {
    const frames = legs.get(leg)?.frames ?? []
    expect(frames).toEqual(upTo(frames.length))
    const lostMs = (talk.sent - frames.length) * 20
    expect(lostMs).toBeGreaterThan(500)
    const gaps = detail.gaps.filter((g) => g.leg === leg && g.fromMs > 0)
    expect(gaps.map((g) => [g.kind, g.provable])).toEqual([['disk', true]])
    // Up to the hang-up, which came shortly after the last packet.
    expect(ms(gaps[0])).toBeGreaterThanOrEqual(lostMs - 40)
    expect(ms(gaps[0])).toBeLessThan(lostMs + 1000)
  }
}, 60_000)

/** A call whose disk is full when the program stops, and how it stands after the next start. */
async function cutOff(meanwhile: (callId: string) => Promise<void>): Promise<string> {
  const talk = await Talk.begin(port)
  const { id } = await until('the call', async () => (await product.admin.api('GET /live/calls')).items[0])
  await sleep(1500)
  disk.fill()
  const before = talk.sent
  await alertOn(id)
  await sleep(500)
  product = await product.restart(async () => {
    talk.drop()
    disk.free()
    await meanwhile(id)
  })
  port = await siprecPort(product.admin)
  const detail = await settled(product.admin, id)
  expect([detail.ending, detail.alerts]).toEqual(['interrupted', ['disk']])
  const { legs } = await listen(product.admin, id)
  for (const leg of [0, 1]) {
    const frames = legs.get(leg)?.frames ?? []
    expect(frames).toEqual(upTo(frames.length))
    // Up to a second before the disk was full may still have been on its way.
    expect(frames.length).toBeGreaterThan(before - 50)
    expect(frames.length).toBeLessThan(talk.sent)
    expect(detail.gaps.findLast((g) => g.leg === leg)?.kind).toBe('interrupted')
  }
  return id
}

test('a stop while the disk is full waits a little, says what is missing, and the call is closed as interrupted', async () => {
  const id = await cutOff(async () => {})
  const told = lines.filter((l) => l.calls)
  expect(told).toMatchObject([{ calls: [id], msg: expect.stringContaining('closed as interrupted') }])
}, 60_000)

test('a kill after the hang-up was written, but not the last bytes, is an interruption and no hang-up', async () => {
  await cutOff(async (callId) => {
    const { db, stop } = connect(database.connectionConfig)
    await sql`update call set state = 'sealing', ending = 'hangup', ended_at = now() where id = ${callId}`.execute(db)
    await stop()
  })
}, 60_000)

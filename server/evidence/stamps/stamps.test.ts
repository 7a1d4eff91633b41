import { createHash } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { readAnchors, verifyToken } from '../../../proof/timestamp/index.ts'
import { manualClock } from '../../platform/clock.ts'
import { silentLog } from '../../platform/log.ts'
import { type TestDatabase, testDatabase } from '../../platform/testkit/database.ts'
import type { Events } from '../events.ts'
import { type AuthorityServer, startAuthority } from '../testkit/authority.ts'
import { createAuthority, createStamps, type StampDeps, type Stamps } from './index.ts'

const minute = 60_000
const hour = 3_600_000
const origin = 'verbale.example/2026'
let database: TestDatabase
let server: AuthorityServer
const clock = manualClock(Date.UTC(2026, 10, 24))
let appended: unknown[] = []
const running: Stamps[] = []

beforeAll(async () => {
  database = await testDatabase()
  server = await startAuthority({ now: () => clock.now() })
})
afterAll(async () => {
  await server.stop()
  await database.drop()
})
beforeEach(async () => {
  await database.db.deleteFrom('checkpoint_stamp').execute()
  await database.db.deleteFrom('checkpoint').execute()
  server.behave('good')
  server.requests.length = 0
  appended = []
})
afterEach(async () => {
  for (const each of running.splice(0)) await each.stop()
})

const events: Pick<Events, 'append'> = { append: async (_, event, key) => void appended.push({ ...event, key }) }

function open(more: Partial<StampDeps> = {}): Stamps {
  const settings = { url: server.url, anchors: server.rootPem, timeoutMs: 300 }
  const stamps = createStamps({
    db: database.db,
    events,
    authority: createAuthority(settings, { clock }),
    qualified: false,
    clock,
    log: silentLog,
    random: () => 0,
    ...more,
  })
  running.push(stamps)
  return stamps
}

const textOf = (size: number, of = origin): string => `${of}\n${size}\nroot\n\n— ${of} signature\n`

const publish = (size: number, of = origin) =>
  database.db
    .insertInto('checkpoint')
    .values({ origin: of, size, text: textOf(size, of), signed_at: new Date(clock.now()) })
    .execute()

describe('stamping', () => {
  test('asks for the newest checkpoint, keeps the token and tells the log its hash', async () => {
    await publish(3)
    await publish(8)
    const stamps = open()
    expect(await stamps.turn()).toBe(minute)
    const found = await stamps.covering({ origin, index: 7 })
    expect(found).toMatchObject({ level: 'tsa', size: 8, checkpoint: textOf(8) })
    const token = found!.token
    const digest = createHash('sha256').update(textOf(8)).digest()
    const anchors = readAnchors(server.rootPem)
    expect(verifyToken(token, { digest, anchors, nowMs: clock.now() }).timeMs).toBe(clock.now())
    const tokenSha256 = createHash('sha256').update(token).digest('hex')
    expect(appended).toEqual([
      {
        type: 'stamp.received',
        callId: null,
        key: null,
        data: { origin, size: 8, level: 'tsa', tokenSha256, stampedAt: new Date(clock.now()).toISOString() },
      },
    ])
    expect(await stamps.status()).toMatchObject({ level: 'tsa', last: { origin, size: 8 }, failure: null, late: false })
  })

  test('not more often than once a minute: what happened in between is covered by the next one', async () => {
    await publish(3)
    const stamps = open()
    await stamps.turn()
    await publish(10)
    clock.advance(20_000)
    expect(await stamps.turn()).toBe(40_000)
    expect(server.requests).toHaveLength(1)
    expect(await stamps.levelOf({ origin, index: 9 })).toBe('self')
    clock.advance(40_000)
    await stamps.turn()
    expect(await stamps.levelOf({ origin, index: 9 })).toBe('tsa')
    expect((await stamps.covering({ origin, index: 2 }))?.size).toBe(3)
    expect(await stamps.covering({ origin: 'another', index: 0 })).toBeNull()
  })

  test('its own event is no reason for another stamp, but time is', async () => {
    await publish(3)
    const stamps = open()
    await stamps.turn()
    await publish(4)
    clock.advance(5 * minute)
    await stamps.turn()
    expect(server.requests).toHaveLength(1)
    clock.advance(12 * hour)
    await stamps.turn()
    expect(server.requests).toHaveLength(2)
    expect((await stamps.covering({ origin, index: 3 }))?.size).toBe(4)
  })

  test('another log is stamped at once, and levels are those of the authority', async () => {
    await publish(300)
    await open().turn()
    clock.advance(2 * minute)
    await publish(1, 'verbale.example/2027')
    const stamps = open({ qualified: true })
    await stamps.turn()
    expect(await stamps.levelOf({ origin: 'verbale.example/2027', index: 0 })).toBe('qualified')
    expect(await stamps.levelOf({ origin, index: 0 })).toBe('tsa')
  })

  test('nothing to stamp, or no authority, is no trouble', async () => {
    expect(await open().turn()).toBe(minute)
    await publish(5)
    const alone = open({ authority: null })
    await alone.turn()
    expect(await alone.status()).toEqual({ level: 'self', last: null, failure: null, late: false })
    expect(await alone.stamp(Buffer.alloc(32))).toBeNull()
    expect(server.requests).toHaveLength(0)
  })
})

describe('an authority in trouble', () => {
  test('is asked again later and later, until it answers', async () => {
    await publish(3)
    const stamps = open()
    server.behave('error-500')
    const waits = []
    for (let i = 0; i < 10; i++) waits.push(await stamps.turn())
    expect(waits).toEqual([5, 10, 20, 40, 80, 160, 320, 640, 900, 900].map((s) => s * 1000))
    expect((await stamps.status()).failure).toMatchObject({ code: 'stamp_unreachable', reason: null, tries: 10 })
    expect(await open({ random: () => 1 }).turn()).toBe(2500)
    server.behave('good')
    expect(await stamps.turn()).toBe(minute)
    expect((await stamps.status()).failure).toBeNull()
  })

  test('that lies is told with its reason, and nothing of it is kept', async () => {
    await publish(3)
    const stamps = open()
    server.behave('wrong-imprint')
    await stamps.turn()
    expect((await stamps.status()).failure).toMatchObject({ code: 'stamp_refused', reason: 'wrong_imprint' })
    expect(await stamps.levelOf({ origin, index: 0 })).toBe('self')
    expect(appended).toEqual([])
  })

  test('raises an alarm when the last stamp is too old', async () => {
    await publish(3)
    const stamps = open()
    server.behave('slow')
    await stamps.turn()
    expect((await stamps.status()).late).toBe(false)
    clock.advance(25 * hour)
    await stamps.turn()
    expect((await stamps.status()).late).toBe(true)
    server.behave('good')
    await stamps.turn()
    expect((await stamps.status()).late).toBe(false)
    clock.advance(25 * hour)
    expect((await stamps.status()).late).toBe(true)
  })

  test('that never answers does not hold up the end', async () => {
    await publish(3)
    const settings = { url: server.url, anchors: server.rootPem, timeoutMs: 3_600_000 }
    const stamps = open({ authority: createAuthority(settings, { clock }) })
    server.behave('slow')
    stamps.start()
    await expect.poll(() => server.requests.length).toBe(1)
    await stamps.stop()
    expect((await stamps.status()).failure).toMatchObject({ code: 'stamp_unreachable' })
  })
})

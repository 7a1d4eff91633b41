import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { type Database, openDatabase } from '../db/index.ts'
import { silentLog } from '../log.ts'
import { Problem } from '../problem.ts'
import { type TestDatabase, testDatabase } from '../testkit/database.ts'
import { type Handlers, type Jobs, createJobs } from './index.ts'

type Map = { note: { callId: string }; fail: { callId: string } }

let own: TestDatabase
let jobs: Jobs<Map> | undefined

beforeAll(async () => {
  own = await testDatabase()
})
afterAll(() => own.drop())
afterEach(() => jobs?.stop())

const handlers = (seen: string[]): Handlers<Map> => ({
  note: async ({ callId }) => void seen.push(callId),
  fail: async () => {
    throw new Problem('no_luck', 500, 'a detail that may quote something')
  },
})

const eventually = (check: () => void | Promise<void>): Promise<void> =>
  vi.waitFor(check, { timeout: 15_000, interval: 20 })

test('a job exists exactly if its transaction commits', async () => {
  const seen: string[] = []
  jobs = createJobs<Map>({ pool: own.pool, log: silentLog, handlers: handlers(seen) })
  await jobs.start()
  const { enqueue } = jobs
  const undone = own.db.transaction().execute(async (tx) => {
    await enqueue(tx, 'note', { callId: 'undone' })
    throw new Error('roll back')
  })
  await expect(undone).rejects.toThrow('roll back')
  await own.db.transaction().execute((tx) => enqueue(tx, 'note', { callId: 'done' }))
  await eventually(() => expect(seen).toEqual(['done']))
})

test('a job with a key replaces the waiting one', async () => {
  const seen: string[] = []
  jobs = createJobs<Map>({ pool: own.pool, log: silentLog, handlers: handlers(seen) })
  await jobs.enqueue(own.db, 'note', { callId: 'first' }, { key: 'k', runAt: new Date(Date.now() + 3_600_000) })
  await jobs.enqueue(own.db, 'note', { callId: 'second' }, { key: 'k' })
  await jobs.start()
  await eventually(() => expect(seen).toEqual(['second']))
})

test('a failure keeps a code, not the message', async () => {
  jobs = createJobs<Map>({ pool: own.pool, log: silentLog, handlers: handlers([]) })
  await jobs.enqueue(own.db, 'fail', { callId: 'x' }, { maxAttempts: 1 })
  await jobs.start()
  await eventually(async () => {
    const { rows } = await sql<{
      e: string
    }>`select last_error as e from graphile_worker.jobs where task_identifier = 'fail'`.execute(own.db)
    expect(rows[0]?.e).toBe('no_luck')
  })
})

test('the work of a killed process is taken up at start', async () => {
  const seen: string[] = []
  jobs = createJobs<Map>({ pool: own.pool, log: silentLog, handlers: handlers(seen) })
  await jobs.enqueue(own.db, 'note', { callId: 'left over' })
  await sql`update graphile_worker._private_jobs set locked_by = 'worker-dead', locked_at = now() where task_id = (select id from graphile_worker._private_tasks where identifier = 'note')`.execute(
    own.db,
  )
  await jobs.start()
  await eventually(() => expect(seen).toEqual(['left over']))
})

test('jobs go on after the database was killed in the middle of one', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'verbale-jobs-'))
  const database: Database = await openDatabase({ dataDir })
  const seen: string[] = []
  const note = async ({ callId }: { callId: string }): Promise<void> => {
    if (callId === 'a') await killed(database)
    seen.push(callId)
  }
  const survivor = createJobs<Map>({
    pool: database.pool,
    log: silentLog,
    handlers: { ...handlers([]), note },
    settleMs: 100,
  })
  try {
    await survivor.start()
    await survivor.enqueue(database.db, 'note', { callId: 'a' })
    await eventually(() => expect(seen).toEqual(['a']))
    await eventually(() => survivor.enqueue(database.db, 'note', { callId: 'b' }, { key: 'b' }))
    await eventually(() => expect(seen).toContain('b'))
    await eventually(async () => {
      expect((await sql`select 1 from graphile_worker._private_jobs`.execute(database.db)).rows).toEqual([])
    })
  } finally {
    await survivor.stop()
    await database.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
})

/** Kills the server and waits until its connections are gone. */
async function killed(database: Database): Promise<void> {
  database.server?.kill()
  await eventually(() => expect(database.pool.query('select 1')).rejects.toBeInstanceOf(Error))
}

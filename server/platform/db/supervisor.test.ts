import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import pino from 'pino'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { type Database, openDatabase } from './index.ts'
import { isAlive } from './orphan.ts'

/* The embedded server itself: one data folder, several lives. */

let dataDir: string
let database: Database | undefined
let logged: string

beforeAll(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'verbale-supervisor-'))
})
afterEach(async () => {
  await database?.stop()
  database = undefined
})
afterAll(() => rmSync(dataDir, { recursive: true, force: true }))

async function open(): Promise<Database> {
  logged = ''
  const log = pino({ level: 'trace' }, { write: (line: string) => (logged += line) })
  database = await openDatabase({ dataDir, log })
  return database
}

const server = (): NonNullable<Database['server']> => {
  if (!database?.server) throw new Error('not open')
  return database.server
}
const cluster = (): string => join(dataDir, 'postgres/cluster')
const one = async (): Promise<unknown> => (await sql`select 1 as one`.execute(database!.db)).rows[0]

test('no TCP, a private socket, everything durable, letters compared by Unicode', async () => {
  const { db } = await open()
  const { rows } = await sql<{ name: string; setting: string }>`select name, setting from pg_settings
    where name in ('listen_addresses', 'fsync', 'full_page_writes', 'synchronous_commit', 'data_checksums') order by name`.execute(
    db,
  )
  expect(Object.fromEntries(rows.map((row) => [row.name, row.setting]))).toEqual({
    data_checksums: 'on',
    fsync: 'on',
    full_page_writes: 'on',
    listen_addresses: '',
    synchronous_commit: 'on',
  })
  expect(statSync(server().socketFolder).mode & 0o777).toBe(0o700)
  expect(readFileSync(join(cluster(), 'pg_hba.conf'), 'utf8')).not.toMatch(/^host/m)
})

test('values in failing statements never reach the log', async () => {
  const { db } = await open()
  await sql`create table if not exists person (mail text unique)`.execute(db)
  const add = (): Promise<unknown> => sql`insert into person values (${'anna.bianchi@example.org'})`.execute(db)
  await add()
  await expect(add()).rejects.toMatchObject({ code: '23505' })
  await expect(sql.raw(`select 'anna.bianchi@example.org'::int`).execute(db)).rejects.toThrow(/invalid input/)
  expect(logged).not.toContain('bianchi')
})

test('after a crash of the server it is started again and the same pool goes on', async () => {
  await open()
  const before = server().pid()
  const inWork = sql`select pg_sleep(30)`.execute(database!.db).catch((e: unknown) => e)
  await vi.waitFor(async () => expect(await busyBackends()).toBe(1), { timeout: 10_000 })
  server().kill()
  expect(await inWork).toBeInstanceOf(Error)
  // A pooled connection that has not noticed the crash yet refuses its next query once.
  expect(await vi.waitFor(one, { timeout: 10_000 })).toEqual({ one: 1 })
  await server().whenRunning()
  expect(server().pid()).not.toBe(before)
  expect(logged).toContain('database_restarted')
})

test('a restart is invisible to queries that begin meanwhile', async () => {
  await open()
  const restarted = server().restart()
  const asked = Array.from({ length: 5 }, async () => {
    await vi.waitFor(one, { timeout: 10_000 })
  })
  await Promise.all([restarted, ...asked])
  expect(await one()).toEqual({ one: 1 })
})

test('a server left alone (its watchdog killed) is found by number and command line, and stopped', async () => {
  await open()
  const orphan = server().pid()
  for (const pid of watchdogs(orphan)) process.kill(pid, 'SIGKILL')
  await vi.waitFor(() => expect(isAlive(orphan)).toBe(false), { timeout: 20_000 })
  await vi.waitFor(() => expect(logged).toContain('database_restarted'), { timeout: 20_000 })
  expect(await one()).toEqual({ one: 1 })
})

test("a stale postmaster.pid whose number is now another program's does not block", async () => {
  await open()
  const file = join(cluster(), 'postmaster.pid')
  const { uid, gid } = statSync(cluster())
  const content = readFileSync(file, 'utf8')
  await database?.stop()
  const stranger = spawn('sleep', ['600'], { uid, gid, stdio: 'ignore' })
  try {
    writeFileSync(file, content.replace(/^\d+/, String(stranger.pid)))
    expect(spawnSync('chown', [`${uid}:${gid}`, file]).status).toBe(0)
    await open()
    expect(await one()).toEqual({ one: 1 })
    expect(isAlive(stranger.pid ?? 0)).toBe(true)
  } finally {
    stranger.kill()
  }
})

test('a server that could lose acknowledged work is refused and not left running', async () => {
  await expect(openDatabase({ dataDir, settings: { fsync: 'off' } })).rejects.toMatchObject({
    code: 'database_not_durable',
  })
  expect(existsSync(join(cluster(), 'postmaster.pid'))).toBe(false)
})

test('a database of another major version is refused by name; the programs it needs are kept beside it', async () => {
  const file = join(cluster(), 'PG_VERSION')
  writeFileSync(file, '17\n')
  await expect(openDatabase({ dataDir })).rejects.toThrow(/made by PostgreSQL 17, but only 18\.\S+ is installed/)
  writeFileSync(file, '18\n')
  expect(readdirSync(join(dataDir, 'postgres')).filter((name) => name.startsWith('engine-18.'))).toHaveLength(1)
})

async function busyBackends(): Promise<number> {
  const { rows } = await database!.pool.query<{ n: number }>(
    `select count(*) as n from pg_stat_activity where query like 'select pg_sleep%' and state = 'active'`,
  )
  return rows[0]?.n ?? 0
}

/** The two shells that watch a server: its parent and the parent's other child. */
function watchdogs(pid: number): number[] {
  const shell = parentOf(pid)
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
  return [...all.filter((other) => other !== pid && parentOf(other) === shell), shell]
}

function parentOf(pid: number): number {
  try {
    return Number(/^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
  } catch {
    return 0
  }
}

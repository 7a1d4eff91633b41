import { execFileSync, spawnSync } from 'node:child_process'
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { build } from '../../scripts/build.mjs'
import {
  type LaunchOptions,
  databasePid,
  ended,
  isHealthy,
  launch,
  plainLines,
  processesUnder,
  readableRepository,
  until,
} from './start-process.ts'

/* The built program as a real process: what a newcomer, a crash and a broken machine do to it. */

const isRoot = process.getuid?.() === 0
const NOBODY = 65_534
const NAMELESS = 54_321
const LONG = 180_000

/** A 0700 folder: as root, the database's own user cannot even traverse it. */
let dir: string
let data: string

beforeAll(async () => {
  await build()
  dir = mkdtempSync(join(tmpdir(), 'verbale-start-'))
  data = join(dir, 'data')
}, LONG)
afterAll(() => rmSync(dir, { recursive: true, force: true }))

/** Starts, expects a refusal in one clear line without a stack trace, and nothing left running. */
async function refusal(folder: string, options: LaunchOptions = {}): Promise<string> {
  const refused = launch(folder, options)
  const code = await refused.exit
  expect({ code, lines: plainLines(refused).length, shown: refused.stderr() }).toMatchObject({ code: 1, lines: 1 })
  expect(refused.stderr()).not.toMatch(/\n\s+at /)
  expect(processesUnder(folder)).toEqual([])
  return plainLines(refused)[0] ?? ''
}

test(
  'starts in a private folder, serves, gives the one-time link and stops on SIGTERM',
  { timeout: LONG },
  async () => {
    const server = launch(data)
    expect(await isHealthy(await server.ready)).toBe(true)
    await until(() => /works once\): http\S+\/setup#\S+/.test(server.stdout()))
    const pid = databasePid(data)
    server.child.kill('SIGTERM')
    expect(await server.exit).toBe(0)
    await ended(pid)
    expect(processesUnder(dir)).toEqual([])
  },
)

test('a second start on the same folder is refused; the first goes on', { timeout: LONG }, async () => {
  const first = launch(data)
  const address = await first.ready
  const second = launch(data)
  expect(await second.exit).toBe(1)
  expect(plainLines(second)).toEqual([
    expect.stringContaining(`already in use by another Verbale (process ${first.child.pid})`),
  ])
  expect(await isHealthy(address)).toBe(true)
  first.child.kill('SIGINT')
  expect(await first.exit).toBe(0)
})

test('kill -9 leaves no database behind, and the next start works at once', { timeout: LONG }, async () => {
  const first = launch(data)
  await first.ready
  const pid = databasePid(data)
  first.child.kill('SIGKILL')
  await first.exit
  const second = launch(data)
  expect(await isHealthy(await second.ready)).toBe(true)
  await ended(pid)
  const next = databasePid(data)
  second.child.kill('SIGTERM')
  await second.exit
  await ended(next)
  expect(processesUnder(dir)).toEqual([])
})

test(
  'kill -9 at any moment of the very first start leaves nothing that blocks the next',
  { timeout: LONG },
  async () => {
    const folder = join(dir, 'first')
    for (const moment of [/"creating the database"/, /"creating the database"/, /ready to accept connections/]) {
      const killed = launch(folder, { env: { VERBALE_LOG_LEVEL: 'debug' } })
      await until(() => moment.test(killed.stderr()))
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 300))
      killed.child.kill('SIGKILL')
      await killed.exit
    }
    const server = launch(folder)
    expect(await isHealthy(await server.ready)).toBe(true)
    server.child.kill('SIGTERM')
    expect(await server.exit).toBe(0)
    rmSync(folder, { recursive: true, force: true })
  },
)

test('the database killed under a running server is started again', { timeout: LONG }, async () => {
  const server = launch(data)
  const address = await server.ready
  const pid = databasePid(data)
  process.kill(pid, 'SIGKILL')
  await until(() => /the database runs again/.test(server.stderr()))
  await until(() => isHealthy(address))
  expect(databasePid(data)).not.toBe(pid)
  server.child.kill('SIGTERM')
  expect(await server.exit).toBe(0)
})

test('a signal while starting stops cleanly; a second one at once', { timeout: LONG }, async () => {
  const server = launch(data, { env: { VERBALE_LOG_LEVEL: 'debug' } })
  await until(() => /ready to accept connections/.test(server.stderr()))
  const pid = databasePid(data)
  server.child.kill('SIGTERM')
  server.child.kill('SIGTERM')
  expect([0, 130]).toContain(await server.exit)
  await ended(pid)
  await until(() => processesUnder(dir).length === 0)
})

test('a busy port', { timeout: LONG }, async () => {
  const other = createServer()
  await new Promise<void>((resolve) => other.listen(0, resolve))
  const { port } = other.address() as AddressInfo
  const fresh = join(dir, 'busy')
  expect(await refusal(fresh, { args: ['--port', String(port)] })).toContain(`Port ${port} is already in use`)
  expect(existsSync(join(fresh, 'postgres'))).toBe(false)
  other.close()
})

test('a folder that cannot be written', { timeout: LONG }, async () => {
  expect(await refusal('/sys/verbale-data')).toContain('The data folder /sys/verbale-data cannot be written')
  writeFileSync(join(dir, 'a-file'), '')
  expect(await refusal(join(dir, 'a-file'))).toContain('it is not a folder')
})

test.runIf(canMount())('a read-only disk', { timeout: LONG }, () =>
  withMount('ro,size=8m', async (folder) => {
    expect(await refusal(folder)).toContain('it is on a read-only file system (EROFS)')
  }),
)

test('too little free space', { timeout: LONG }, async () => {
  expect(await refusal(join(dir, 'small'), { env: { VERBALE_DISK_MIN_FREE_BYTES: '1000000000000000' } })).toMatch(
    /has only \d+ MB free; 1000000000 MB are needed/,
  )
})

test.runIf(canMount())('a disk that fills up while the database is made', { timeout: LONG }, () =>
  withMount('size=70m', async (folder) => {
    const env = { VERBALE_DISK_MIN_FREE_BYTES: '0' }
    expect(await refusal(folder, { env })).toMatch(/disk is full|No space left|ENOSPC/i)
    expect(existsSync(join(folder, 'postgres/cluster'))).toBe(false)
  }),
)

test('a damaged configuration', { timeout: LONG }, async () => {
  const folder = join(dir, 'config')
  mkdirSync(folder)
  writeFileSync(join(folder, 'verbale.json'), '{"http": {"port": 80')
  expect(await refusal(folder)).toMatch(/verbale\.json is damaged: it is not JSON/)
  writeFileSync(join(folder, 'verbale.json'), '{"http": {"prot": 80}}')
  expect(await refusal(folder)).toMatch(/no setting "http\.prot"/)
  expect(await refusal(folder, { command: 'strat' })).toMatch(/no command "strat"/)
  expect(await refusal(folder, { args: ['--prot', '1'] })).toMatch(/--prot/)
})

test('the configuration is shown without secrets', { timeout: LONG }, async () => {
  const shown = launch(join(dir, 'shown'), {
    command: 'check-config',
    args: [],
    env: { DATABASE_URL: 'postgres://u:secret@h/d' },
  })
  expect(await shown.exit).toBe(0)
  expect(JSON.parse(shown.stdout())).toMatchObject({ dataDir: join(dir, 'shown'), database: { url: '(secret)' } })
  expect(existsSync(join(dir, 'shown'))).toBe(false)
})

test('a shared database that cannot be reached', { timeout: LONG }, async () => {
  const line = await refusal(join(dir, 'shared'), { env: { DATABASE_URL: 'postgres://u:secret@127.0.0.1:1/d' } })
  expect(line).toContain('The database cannot be reached (ECONNREFUSED')
  expect(line).not.toContain('secret')
})

test('a damaged database folder', { timeout: LONG }, async () => {
  const control = join(data, 'postgres/cluster/global/pg_control')
  const whole = readFileSync(control)
  truncateSync(control, 10)
  expect(await refusal(data)).toMatch(/does not start: .*pg_control.* Restore the folder from a backup/)
  writeFileSync(control, whole)
  rmSync(join(data, 'postgres/cluster/PG_VERSION'))
  expect(await refusal(data)).toMatch(/is damaged: its file PG_VERSION is missing/)
})

test('doctor says what it found and ends', { timeout: LONG }, async () => {
  const doctor = launch(join(dir, 'doctor'), { command: 'doctor', args: [] })
  expect({ code: await doctor.exit, said: doctor.stdout(), errors: plainLines(doctor) }).toMatchObject({
    code: 0,
    said: expect.stringMatching(/^ok/m),
    errors: [],
  })
  expect(processesUnder(dir)).toEqual([])
})

test.runIf(isRoot).each([
  ['an ordinary user', NOBODY],
  ['a user id without an entry in /etc/passwd', NAMELESS],
])('starts as %s without a home', { timeout: LONG }, async (_, uid) => {
  const repository = readableRepository(uid)
  const folder = mkdtempSync(join(tmpdir(), 'verbale-nobody-'))
  chownSync(folder, uid, uid)
  try {
    const server = launch(join(folder, 'data'), { uid, root: repository.root })
    expect(await isHealthy(await server.ready)).toBe(true)
    server.child.kill('SIGTERM')
    expect(await server.exit).toBe(0)
    expect(processesUnder(folder)).toEqual([])
  } finally {
    rmSync(folder, { recursive: true, force: true })
    repository.remove()
  }
})

/** Whether this machine lets us mount (root outside a restricted container). */
function canMount(): boolean {
  if (!isRoot) return false
  const probe = mkdtempSync(join(tmpdir(), 'verbale-mount-'))
  const done = spawnSync('mount', ['-t', 'tmpfs', 'none', probe]).status === 0
  if (done) spawnSync('umount', [probe])
  rmSync(probe, { recursive: true, force: true })
  return done
}

async function withMount(options: string, use: (folder: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'verbale-mount-'))
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'none', folder])
  try {
    await use(folder)
  } finally {
    execFileSync('umount', ['-l', folder])
    rmSync(folder, { recursive: true, force: true })
  }
}

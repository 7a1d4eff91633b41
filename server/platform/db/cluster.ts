import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Problem } from '../problem.ts'
import { type Engine, engineEnv } from './engine.ts'
import type { Identity } from './identity.ts'
import { withNamelessEngine } from './nameless.ts'

/** The one database user; access is by the permissions of the socket's folder. */
export const SUPERUSER = 'verbale'

/** The longest path of a Unix socket, bytes. */
const LONGEST_SOCKET_PATH = 107
const SOCKET_NAME = '.s.PGSQL.5432'

/**
 * The folder of a process given by its own working directory. libuv changes directory before it drops privileges, so
 * PostgreSQL reaches its data even below a folder (/root, a 0700 temporary folder) that its user may not traverse.
 */
export const dataArgument = (cluster: string): string => (existsSync('/proc/self/cwd') ? '/proc/self/cwd' : cluster)

/** The major version of the database in `cluster`; undefined when there is none. Throws `database_damaged`. */
export function clusterMajor(cluster: string): string | undefined {
  if (!existsSync(cluster)) return undefined
  try {
    const major = readFileSync(join(cluster, 'PG_VERSION'), 'utf8').trim()
    if (/^\d+$/.test(major)) return major
  } catch {
    // reported below
  }
  throw new Problem(
    'database_damaged',
    500,
    `The database folder ${cluster} is damaged: its file PG_VERSION is missing or unreadable. Restore the folder from a backup, or move it away to start with an empty database.`,
  )
}

/** Makes a new database: in a temporary folder, then renamed and made durable, so that being killed leaves none or a whole one. */
export function createCluster(cluster: string, engine: Engine, identity: Identity): void {
  removeLeftovers(cluster)
  const temporary = mkdtempSync(`${cluster}.init-`)
  if (identity) chownSync(temporary, identity.uid, identity.gid)
  try {
    initialise(temporary, engine, identity)
    writeFileSync(
      join(temporary, 'pg_hba.conf'),
      '# access is decided by the permissions of the socket folder\nlocal all all trust\n',
    )
    syncPath(join(temporary, 'pg_hba.conf'))
    renameSync(temporary, cluster)
    syncPath(dirname(cluster))
  } finally {
    rmSync(temporary, { recursive: true, force: true })
  }
}

/** Removes what a killed start left; its initdb may still be writing for a moment, then the next start removes it. */
function removeLeftovers(cluster: string): void {
  for (const name of readdirSync(dirname(cluster))) {
    if (!name.startsWith('cluster.init-')) continue
    try {
      rmSync(join(dirname(cluster), name), { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
    } catch {
      // tried again at the next new database
    }
  }
}

function initialise(folder: string, engine: Engine, identity: Identity): void {
  const run = runInitdb(folder, engine, identity)
  if (run === undefined) return
  if (!NO_NAME.test(run)) throw initFailed(run)
  const failure = withNamelessEngine(dirname(folder), engine, (nameless) => runInitdb(folder, nameless, identity) ?? '')
  if (failure !== '') throw initFailed(failure ?? run)
}

/** What initdb says when our user id has no entry in /etc/passwd. */
const NO_NAME = /could not look up effective user ID|user does not exist/

/** Runs initdb in an empty folder; returns what it said when it failed. */
function runInitdb(folder: string, engine: Engine, identity: Identity): string | undefined {
  const args = [
    '-D',
    dataArgument(folder),
    '-U',
    SUPERUSER,
    '-A',
    'trust',
    '-E',
    'UTF8',
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--no-instructions',
  ]
  const run = spawnSync(join(engine.folder, 'bin/initdb'), args, {
    ...identity,
    cwd: folder,
    env: engineEnv(),
    encoding: 'utf8',
  })
  return run.status === 0 ? undefined : (run.error?.message ?? run.stderr)
}

function initFailed(output: string): Problem {
  if (/No space left on device|Disk quota exceeded/.test(output)) {
    return new Problem(
      'disk_full',
      500,
      'The disk is full: a new database needs about 60 MB. Free some space or choose another data folder.',
    )
  }
  if (NO_NAME.test(output)) {
    const uid = process.getuid?.() ?? 0
    return new Problem(
      'database_no_user',
      500,
      `User id ${uid} has no entry in /etc/passwd, which PostgreSQL needs to create a database. Add one (echo "verbale:x:${uid}:${uid}::/:/bin/sh" >> /etc/passwd), start as another user, or set DATABASE_URL.`,
    )
  }
  const line =
    output.split('\n').find((l) => /error|fatal|could not/i.test(l)) ?? output.trim().split('\n').at(-1) ?? ''
  return new Problem('database_init_failed', 500, `PostgreSQL could not create a new database: ${line.trim()}`)
}

function syncPath(path: string): void {
  const fd = openSync(path, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

/** Where the socket is: for us, and as the database names it (relative to its data). `remove` deletes it. */
export type SocketFolder = { path: string; named: string; remove(): void }

/** A fresh private folder (0700) for the socket: beside the data, or a temporary one when the path would be too long. */
export function createSocketFolder(home: string, identity: Identity): SocketFolder {
  const beside = join(home, 'run')
  rmSync(beside, { recursive: true, force: true })
  const fits = Buffer.byteLength(join(beside, SOCKET_NAME)) <= LONGEST_SOCKET_PATH
  if (fits) mkdirSync(beside, { mode: 0o700 })
  const path = fits ? beside : mkdtempSync(join(tmpdir(), 'verbale-'))
  chmodSync(path, 0o700)
  if (identity) chownSync(path, identity.uid, identity.gid)
  return { path, named: fits ? '../run' : path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

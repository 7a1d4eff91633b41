import { constants, mkdirSync } from 'node:fs'
import { close, fdatasync, fstat, open, read, write } from 'node:fs'
import { mkdir, open as openHandle, readdir, rename, rm, unlink } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { errorCode, type ObjectFile, type Objects } from './index.ts'

// Plain descriptors and not FileHandle: a thousand streams write at once and a handle costs several times a descriptor.
const openFd = promisify(open)
const closeFd = promisify(close)
const syncFd = promisify(fdatasync)
const statFd = promisify(fstat)

const NEW_FILE = constants.O_CREAT | constants.O_EXCL | constants.O_RDWR

/**
 * Objects in a local folder, created when missing. Files get mode 0600 and folders 0700.
 * Throws RangeError on a path that leaves the folder.
 */
export function localObjects(root: string): Objects {
  mkdirSync(root, { recursive: true, mode: 0o700 })
  const at = (path: string): string => {
    const full = resolve(root, path)
    if (path.split('/').includes('..') || !full.startsWith(resolve(root))) throw new RangeError('path leaves the store')
    return full
  }
  return {
    create: async (path) => localFile(await openFd(at(path), NEW_FILE, 0o600)),
    open: async (path) => localFile(await openFd(at(path), 'r+')),
    makeFolder: async (path) => {
      try {
        await mkdir(at(path), { mode: 0o700 })
        return true
      } catch (e) {
        if (errorCode(e) === 'EEXIST') return false
        throw e
      }
    },
    list: async (path) => {
      try {
        return await readdir(at(path))
      } catch (e) {
        if (errorCode(e) === 'ENOENT') return []
        throw e
      }
    },
    rename: (from, to) => rename(at(from), at(to)),
    remove: async (path) => {
      try {
        await unlink(at(path))
      } catch (e) {
        if (errorCode(e) !== 'ENOENT') throw e
      }
    },
    removeFolder: (path) => rm(join(at(path)), { recursive: true, force: true }),
    syncFolder: async (path) => {
      const handle = await openHandle(at(path), 'r')
      try {
        await handle.sync()
      } finally {
        await handle.close()
      }
    },
  }
}

/** A descriptor is closed only once its running operations ended: a late write must never reach a reused number. */
function localFile(fd: number): ObjectFile {
  let running = 0
  let closing: (() => void) | undefined
  const ended = (): void => {
    if (--running === 0) closing?.()
  }
  const use = async <T>(operation: () => Promise<T>): Promise<T> => {
    if (closing) throw Object.assign(new Error('the file is closed'), { code: 'EBADF' })
    running++
    try {
      return await operation()
    } finally {
      ended()
    }
  }
  return {
    write: (bytes, position) => use(() => writeOnce(fd, bytes, position)),
    read: (position, length) => use(() => readUpTo(fd, position, length)),
    size: () => use(async () => (await statFd(fd)).size),
    sync: () => use(() => syncFd(fd)),
    close: async () => {
      if (closing) return
      await new Promise<void>((done) => {
        closing = done
        if (running === 0) done()
      })
      await closeFd(fd)
    },
  }
}

const writeOnce = (fd: number, bytes: Buffer, position: number): Promise<number> =>
  new Promise((done, fail) => {
    write(fd, bytes, 0, bytes.length, position, (e, n) => (e ? fail(e) : done(n)))
  })

async function readUpTo(fd: number, position: number, length: number): Promise<Buffer> {
  const out = Buffer.allocUnsafe(length)
  let got = 0
  while (got < length) {
    const n = await readOnce(fd, out, got, position + got)
    if (n === 0) break
    got += n
  }
  return got === length ? out : out.subarray(0, got)
}

const readOnce = (fd: number, out: Buffer, offset: number, position: number): Promise<number> =>
  new Promise((done, fail) => {
    read(fd, out, offset, out.length - offset, position, (e, n) => (e ? fail(e) : done(n)))
  })

import { spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { localObjects, type ObjectFile, type Objects } from '../../../server/platform/objects/index.ts'

/** A data folder whose `objects` lie on a disk that can be made full. */
export type Disk = { dataDir: string; objects: Objects; real: boolean; fill(): void; free(): void; remove(): void }

/** A small file system of its own where we may mount one; otherwise the real folder behind writes that answer ENOSPC. */
export function smallDisk(): Disk {
  const dataDir = mkdtempSync(join(tmpdir(), 'verbale-disk-'))
  const folder = join(dataDir, 'objects')
  mkdirSync(folder)
  const real = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', folder]).status === 0
  const remove = (): void => {
    if (real) spawnSync('umount', ['-l', folder])
    rmSync(dataDir, { recursive: true, force: true })
  }
  if (real) return { dataDir, objects: localObjects(folder), real, ...filler(join(folder, 'filler')), remove }
  let full = false
  return {
    dataDir,
    objects: refusing(localObjects(folder), () => full),
    real,
    fill: () => void (full = true),
    free: () => void (full = false),
    remove,
  }
}

function filler(path: string): Pick<Disk, 'fill' | 'free'> {
  return {
    fill() {
      const fd = openSync(path, 'w')
      try {
        for (const size of [1 << 20, 1 << 12, 1]) fillBy(fd, Buffer.alloc(size))
      } finally {
        closeSync(fd)
      }
    },
    free: () => rmSync(path, { force: true }),
  }
}

function fillBy(fd: number, piece: Buffer): void {
  try {
    while (writeSync(fd, piece) === piece.length);
  } catch (e) {
    if ((e as NodeJS.ErrnoException).code !== 'ENOSPC') throw e
  }
}

function refusing(objects: Objects, full: () => boolean): Objects {
  const check = (): void => {
    if (full()) throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })
  }
  const guarded = (file: ObjectFile): ObjectFile => ({
    ...file,
    write: async (bytes, position) => (check(), file.write(bytes, position)),
    read: (at, n) => file.read(at, n),
    size: () => file.size(),
    sync: () => file.sync(),
    close: () => file.close(),
  })
  return {
    ...objects,
    create: async (path) => (check(), guarded(await objects.create(path))),
    makeFolder: async (path) => (check(), objects.makeFolder(path)),
  }
}

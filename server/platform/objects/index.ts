import type { Buffer } from 'node:buffer'

/**
 * Where encrypted bytes live. Paths are relative to the store's root, parts joined with `/`. Every call is asynchronous and
 * runs outside the event loop. Nothing is durable before `sync` (bytes of a file) and `syncFolder` (a name in a folder).
 * System errors pass through with their `code` (`ENOSPC`, `EIO`, …).
 */
export type Objects = {
  /** Opens a new file; fails with `EEXIST` when the name is taken. Readable and writable by this user only. */
  create(path: string): Promise<ObjectFile>
  /** Opens an existing file for reading; fails with `ENOENT`. */
  open(path: string): Promise<ObjectFile>
  /** Creates the folder; its parent must exist. True when it was not there. */
  makeFolder(path: string): Promise<boolean>
  /** Names in a folder, in no order; empty when the folder does not exist. */
  list(path: string): Promise<string[]>
  rename(from: string, to: string): Promise<void>
  /** Removes a file. Nothing happens when it does not exist. */
  remove(path: string): Promise<void>
  /** Removes a folder and what is in it. Nothing happens when it does not exist. */
  removeFolder(path: string): Promise<void>
  syncFolder(path: string): Promise<void>
}

export type ObjectFile = {
  /** Writes at a position; may write less than asked (a full disk does that without an error): use `writeAll`. */
  write(bytes: Buffer, position: number): Promise<number>
  /** Reads up to `length` bytes; fewer at the end of the file. */
  read(position: number, length: number): Promise<Buffer>
  size(): Promise<number>
  /** Makes the written bytes durable. After a failure the state of the unsynced bytes is unknown: never retry. */
  sync(): Promise<void>
  close(): Promise<void>
}

export { localObjects } from './local.ts'

/** Writes all bytes at a position, however many writes it takes. */
export async function writeAll(file: ObjectFile, bytes: Buffer, position: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const n = await file.write(done === 0 ? bytes : bytes.subarray(done), position + done)
    if (n <= 0) throw Object.assign(new Error('the disk took no bytes'), { code: 'ENOSPC' })
    done += n
  }
}

/** A whole file, or null when it does not exist. */
export async function readWhole(objects: Objects, path: string): Promise<Buffer | null> {
  let file: ObjectFile
  try {
    file = await objects.open(path)
  } catch (e) {
    if (errorCode(e) === 'ENOENT') return null
    throw e
  }
  try {
    return await file.read(0, await file.size())
  } finally {
    await file.close()
  }
}

/** Replaces a file so that after a crash it holds either the old bytes or the new ones, whole. `folder` is its folder. */
export async function replaceFile(objects: Objects, folder: string, name: string, bytes: Buffer): Promise<void> {
  const path = joinPath(folder, name)
  const temporary = `${path}.new`
  await objects.remove(temporary)
  const file = await objects.create(temporary)
  try {
    await writeAll(file, bytes, 0)
    await file.sync()
  } finally {
    await file.close()
  }
  await objects.rename(temporary, path)
  await objects.syncFolder(folder)
}

/** Joins a folder ('' for the root) and a name. */
export const joinPath = (folder: string, name: string): string => (folder ? `${folder}/${name}` : name)

/** The system error code of anything thrown, or ''. */
export const errorCode = (e: unknown): string =>
  typeof e === 'object' && e !== null && 'code' in e && typeof e.code === 'string' ? e.code : ''

/** Whether the store refused for lack of room: waiting may help, unlike other failures. */
export const isFull = (e: unknown): boolean => ['ENOSPC', 'EDQUOT'].includes(errorCode(e))

import { mkdir, readdir, rename, rm, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { type DataFolder, lockFolder } from '../../platform/datafolder.ts'
import { isProblem, messageOf } from '../../platform/problem.ts'
import { type Manifest, checkModel, readManifest } from '../engines/sherpa/model.ts'
import { busy, fileProblem, isSystemError, noSpace, notInstalled, notLockable } from './problems.ts'

/** A folder among the models: its manifest, or why it has none. */
export type Installed = { folder: string; manifest: Manifest | null; reason: string | null }
/** `reason`: what is damaged; null when everything is what the manifest says. */
export type Checked = Installed & { bytes: number }

export type FreeBytes = (path: string) => Promise<number>

const ADDING = '.adding-'
const REMOVING = '.removing-'

/** Where a model is made: the engines do not look at folders that begin with a dot. */
export const workFolder = (root: string, id: string): string => join(root, `${ADDING}${id}`)

export const freeBytes: FreeBytes = async (path) => {
  const { bavail, bsize } = await statfs(path)
  return bavail * bsize
}

/** @throws Problem `disk_full` before anything is written */
export async function requireSpace(root: string, needed: number, free: FreeBytes): Promise<void> {
  const has = await free(root)
  if (has < needed) throw noSpace(root, has, needed)
}

/** What lies in the models folder, without reading the models themselves. */
export async function installed(root: string): Promise<Installed[]> {
  return Promise.all(
    (await folders(root, (name) => !name.startsWith('.'))).map(async (folder) => {
      try {
        return { folder, manifest: await readManifest(join(root, folder)), reason: null }
      } catch (e) {
        return { folder, manifest: null, reason: messageOf(e) }
      }
    }),
  )
}

/** Ids of models whose download or unpacking was interrupted. */
export const unfinished = async (root: string): Promise<string[]> =>
  (await folders(root, (name) => name.startsWith(ADDING))).map((name) => name.slice(ADDING.length))

/** Hashes every file of every model, or of the one with that id. @throws Problem `model_not_installed` */
export async function check(root: string, id?: string): Promise<Checked[]> {
  const all = await installed(root)
  const chosen = id === undefined ? all : [find(root, all, id)]
  const checked: Checked[] = []
  for (const one of chosen) checked.push({ ...one, bytes: bytesOf(one), reason: await damageOf(root, one) })
  return checked
}

export const bytesOf = ({ manifest }: Installed): number => manifest?.files.reduce((sum, f) => sum + f.bytes, 0) ?? 0

const damageOf = (root: string, { folder, reason }: Installed): Promise<string | null> | string =>
  reason ??
  checkModel(join(root, folder)).then(
    () => null,
    (e: unknown) => messageOf(e),
  )

/** By the folder's name, else by the manifest's id: people may name folders as they like. */
function find(root: string, all: readonly Installed[], id: string): Installed {
  const found = all.find(({ folder }) => folder === id) ?? all.find(({ manifest }) => manifest?.id === id)
  if (found) return found
  throw notInstalled(
    id,
    root,
    all.map(({ folder }) => folder),
  )
}

/**
 * Takes a model away, what an interrupted `add` has left too. An engine that uses it ends as soon as it looks again.
 * @throws Problem `model_not_installed`, `models_folder_busy`, `models_folder_not_writable`
 */
export async function remove(root: string, id: string): Promise<Installed> {
  const all = await installed(root)
  const begun = (await unfinished(root)).includes(id)
  const found = begun ? (all.find(({ folder }) => folder === id) ?? null) : find(root, all, id)
  return locked(root, async () => {
    if (found) await discard(root, found.folder)
    await rm(workFolder(root, id), { recursive: true, force: true })
    return found ?? { folder: id, manifest: null, reason: null }
  })
}

/** Out of sight at once, then from the disk. */
export async function discard(root: string, folder: string): Promise<void> {
  const away = join(root, `${REMOVING}${folder}`)
  await rm(away, { recursive: true, force: true })
  await rename(join(root, folder), away)
  await rm(away, { recursive: true, force: true })
}

/**
 * Runs alone in a models folder, which is made if need be. What a killed removal has left goes first.
 * @throws Problem `models_folder_busy`, `models_folder_not_writable`, `models_folder_not_lockable`, `disk_full`
 */
export async function locked<T>(root: string, work: () => Promise<T>): Promise<T> {
  let lock: DataFolder | null = null
  try {
    await mkdir(join(root, '.lock'), { recursive: true })
    lock = await lockFolder(join(root, '.lock'))
    for (const left of await folders(root, (name) => name.startsWith(REMOVING)))
      await rm(join(root, left), { recursive: true, force: true })
    return await work()
  } catch (e) {
    if (isProblem(e) && e.code === 'data_folder_in_use') throw busy(root, String(e.params['process']))
    if (isProblem(e) && e.code === 'data_folder_not_lockable') throw notLockable(root)
    throw isSystemError(e) ? fileProblem(root, e) : e
  } finally {
    await lock?.release()
  }
}

async function folders(root: string, which: (name: string) => boolean): Promise<string[]> {
  const entries = await readdir(root, { withFileTypes: true }).catch(() => [])
  return entries
    .filter((entry) => entry.isDirectory() && which(entry.name))
    .map((entry) => entry.name)
    .toSorted()
}

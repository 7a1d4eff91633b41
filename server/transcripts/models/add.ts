import { copyFile, mkdir, open, rename, rm, stat, writeFile } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Manifest, checkModel, sha256 } from '../engines/sherpa/model.ts'
import { type Bunzip, type UnpackedFile, unpack, unpackedAtMost } from './archive.ts'
import { type CatalogueModel, unpackedBytes } from './catalogue.ts'
import { type DownloadDeps, download, isBzip2 } from './download.ts'
import { type FreeBytes, discard, locked, requireSpace, workFolder } from './folder.ts'
import { noSource, notAnArchive, notPinned, otherHash, otherSize, refusedArchive } from './problems.ts'

export type AddOptions = {
  /** A mirror's address, an archive, or a folder with the archive or the model's files. Default: the publisher. */
  from?: string | undefined
  /** Instead of the catalogue's: the publisher has replaced the archive, or it is not pinned. */
  sha256?: string | undefined
  /** Takes what is not pinned. */
  trustFirst?: boolean | undefined
}

export type Phase = 'download' | 'verify' | 'unpack'
export type AddDeps = Pick<DownloadDeps, 'idleMs' | 'sleep' | 'onRetry'> & {
  free: FreeBytes
  /** Bytes; `total` is null while nobody knows. */
  onProgress: (phase: Phase, done: number, total: number | null) => void
  bunzip?: Bunzip
}

export type Added = {
  /** It was there and whole: nothing was done. */
  already: boolean
  folder: string
  manifest: Manifest
  /** Of the archive, where one was used. */
  sha256: string | null
}

type Source = { kind: 'url' | 'archive' | 'folder'; place: string }
type Adding = { model: CatalogueModel; root: string; work: string; pin: string | null; deps: AddDeps }

/** What is left free on the disk. */
const SPARE_BYTES = 100_000_000

/**
 * Adds a model to a models folder: gets the archive, checks its SHA-256, unpacks, and puts the model there by one renaming,
 * so that a running server sees all of it or nothing. A damaged one of the same id is replaced. What was downloaded stays
 * for the next try, unless it was the wrong thing.
 * @throws Problem whose message says what to do next
 */
export async function addModel(
  model: CatalogueModel,
  root: string,
  options: AddOptions,
  deps: AddDeps,
): Promise<Added> {
  const place = join(root, model.id)
  return locked(root, async () => {
    const there = await checkModel(place).catch(() => null)
    if (there) return { already: true, folder: place, manifest: there.manifest, sha256: null }
    const source = await sourceOf(model, options.from)
    const pin = pinOf(model, source, options)
    const work = workFolder(root, model.id)
    const adding = { model: withOwnPin(model, options), root, work, pin, deps }
    try {
      await prepare(adding, source)
      if (source.kind === 'url') await fetchArchive(adding, source.place)
      const made = await make(adding, source)
      await putInPlace(root, model.id)
      return { already: false, folder: place, ...made }
    } catch (e) {
      await tidy(work, source)
      throw e
    }
  })
}

/** Only what was downloaded stays for the next try. */
async function tidy(work: string, { kind }: Source): Promise<void> {
  const begun = kind === 'url' && ((await stat(join(work, 'archive')).catch(() => null))?.size ?? 0) > 0
  await rm(begun ? join(work, 'model') : work, { recursive: true, force: true })
}

const fetchArchive = ({ model, work, deps }: Adding, url: string): Promise<void> =>
  download(
    { url, part: join(work, 'archive'), bytes: model.archive.bytes },
    { ...deps, onProgress: (done, total) => deps.onProgress('download', done, total) },
  )

type Made = { manifest: Manifest; sha256: string | null }

async function make(adding: Adding, source: Source): Promise<Made> {
  if (source.kind === 'folder')
    return { manifest: await finish(adding, await copied(adding, source.place)), sha256: null }
  const archive = source.kind === 'url' ? join(adding.work, 'archive') : source.place
  try {
    const hash = await verify(adding, archive, source.place)
    const files = await unpacked(adding, archive, source.place)
    return { manifest: await finish(adding, files, hash), sha256: hash }
  } catch (e) {
    // What is wrong once stays wrong; a full disk leaves the archive as it is.
    if (source.kind === 'url' && isAboutArchive(e)) await rm(archive, { force: true })
    throw e
  }
}

async function unpacked({ model, work, deps }: Adding, archive: string, where: string): Promise<UnpackedFile[]> {
  const limit = unpackedAtMost((await stat(archive)).size)
  const total = unpackedBytes(model.files)
  const what = { archive, where, wanted: model.files, limit, into: join(work, 'model') }
  return unpack(what, (done) => deps.onProgress('unpack', done, total), deps.bunzip)
}

/** Of another version neither sizes nor files are known. */
function withOwnPin(model: CatalogueModel, { sha256: own }: AddOptions): CatalogueModel {
  if (own === undefined || own === model.archive.sha256) return model
  return {
    ...model,
    archive: { ...model.archive, bytes: null, sha256: own },
    files: model.files.map(({ name }) => ({ name, bytes: null, sha256: null })),
  }
}

/** @throws Problem `model_not_pinned` where neither catalogue nor person answer for what comes */
function pinOf(model: CatalogueModel, source: Source, { sha256: own, trustFirst }: AddOptions): string | null {
  const pin = own ?? model.archive.sha256
  const pinned = source.kind === 'folder' ? model.files.every((file) => file.sha256 !== null) : pin !== null
  if (!pinned && trustFirst !== true) throw notPinned(model.id)
  return pin
}

async function sourceOf({ archive }: CatalogueModel, from?: string): Promise<Source> {
  const name = basename(new URL(archive.url).pathname)
  if (from === undefined) return { kind: 'url', place: archive.url }
  if (/^https?:\/\//.test(from)) {
    if (!URL.canParse(from)) throw noSource(from, name)
    return { kind: 'url', place: from.endsWith(name) ? from : `${from.replace(/\/+$/, '')}/${name}` }
  }
  const path = from.startsWith('file:') ? fileURLToPath(from) : resolve(from)
  const found = await stat(path).catch(() => null)
  if (found?.isFile()) return { kind: 'archive', place: path }
  if (!found?.isDirectory()) throw noSource(from, name)
  const inside = join(path, name)
  if ((await stat(inside).catch(() => null))?.isFile()) return { kind: 'archive', place: inside }
  return { kind: 'folder', place: path }
}

/** Makes room for the work, and looks whether there is enough of it. */
async function prepare({ model, root, work, deps }: Adding, source: Source): Promise<void> {
  await mkdir(work, { recursive: true })
  await rm(join(work, 'model'), { recursive: true, force: true })
  await mkdir(join(work, 'model'))
  const { bytes } = model.archive
  const begun = (await stat(join(work, 'archive')).catch(() => null))?.size ?? 0
  const toCome = source.kind === 'url' ? Math.max(0, (bytes ?? 0) - begun) : 0
  const files = unpackedBytes(model.files) ?? (bytes ?? 0) * 2
  await requireSpace(root, toCome + files + SPARE_BYTES, deps.free)
}

const isAboutArchive = (e: unknown): boolean =>
  e instanceof Error && 'code' in e && String(e.code).startsWith('model_archive')

/** @returns the archive's SHA-256 */
async function verify({ model, pin, deps }: Adding, archive: string, where: string): Promise<string> {
  const { size } = await stat(archive)
  const { bytes } = model.archive
  if (!(await isBzip2(archive))) throw notAnArchive(where, 'something else')
  if (bytes !== null && size !== bytes) throw otherSize(where, size, bytes)
  let done = 0
  const hash = await sha256(archive, (read) => deps.onProgress('verify', (done += read), size))
  if (pin !== null && hash !== pin) throw otherHash(where, hash, pin)
  return hash
}

/** For a machine without internet: files that were unpacked elsewhere. */
async function copied({ model, work, deps }: Adding, from: string): Promise<UnpackedFile[]> {
  const files: UnpackedFile[] = []
  for (const { name, bytes, sha256: expected } of model.files) {
    const target = join(work, 'model', name)
    await copyFile(join(from, name), target).catch((e: unknown) => {
      throw (e as NodeJS.ErrnoException).code === 'ENOENT' ? noSource(from, basename(model.archive.url)) : e
    })
    const { size } = await stat(target)
    if (bytes !== null && size !== bytes) throw otherSize(join(from, name), size, bytes)
    let done = 0
    const hash = await sha256(target, (read) => deps.onProgress('verify', (done += read), size))
    if (expected !== null && hash !== expected) throw otherHash(join(from, name), hash, expected)
    files.push({ name, bytes: size, sha256: hash })
    await sync(target)
  }
  return files
}

/** Writes the manifest and checks the whole as the engines will. */
async function finish({ model, work }: Adding, files: UnpackedFile[], hash?: string): Promise<Manifest> {
  const { id, version, kind, languages, licence, archive } = model
  const manifest: Manifest = {
    id,
    version,
    kind,
    languages: [...languages],
    licence: licence.name,
    source: hash === undefined ? archive.url : `${archive.url} (SHA-256 ${hash})`,
    files,
  }
  const path = join(work, 'model', 'model.json')
  await writeFile(path, `${JSON.stringify(manifest, null, 2)}\n`)
  await sync(path)
  await sync(join(work, 'model'))
  await checkModel(join(work, 'model')).catch((e: unknown) => {
    throw refusedArchive(archive.url, e instanceof Error ? e.message : String(e))
  })
  return manifest
}

async function putInPlace(root: string, id: string): Promise<void> {
  const place = join(root, id)
  const work = workFolder(root, id)
  if (await stat(place).catch(() => null)) await discard(root, id)
  await rename(join(work, 'model'), place)
  await sync(root)
  await rm(work, { recursive: true, force: true })
}

async function sync(path: string): Promise<void> {
  const handle = await open(path)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

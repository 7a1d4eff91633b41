import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { checkModel } from '../engines/sherpa/model.ts'
import { type AddDeps, type AddOptions, type Added, addModel } from './add.ts'
import { check, installed, remove, unfinished } from './folder.ts'
import { type ArchiveServer, archiveServer } from './testkit/archive-server.ts'
import { type Scene, scene } from './testkit/scene.ts'
import { ARCHIVE, bzip2, hashOf, tarOf, toyEntries, toyEntry, toyFiles } from './testkit/toy-archive.ts'

const files = toyFiles()
const archive = bzip2(tarOf(toyEntries(files)))
const model = toyEntry(archive, files)
const unpinned = {
  ...model,
  archive: { ...model.archive, bytes: null, sha256: null },
  files: model.files.map(({ name }) => ({ name, bytes: null, sha256: null })),
}
let here: Scene
let server: ArchiveServer
beforeEach(async () => {
  here = scene()
  server = await archiveServer(archive)
  const part = join(here.root, '.adding-toy-streaming', 'archive')
  server.kept = () => statSync(part, { throwIfNoEntry: false })?.size ?? 0
})
afterEach(async () => {
  await server.close()
  here.end()
})
const add = (options: AddOptions = {}, one = model, deps: Partial<AddDeps> = {}): Promise<Added> =>
  addModel(one, here.root, { from: server.url, ...options }, { ...here.deps, ...deps })
/** What is to be seen in the models folder, and what is hidden in it apart from the lock. */
const contents = (): { seen: string[]; hidden: string[] } => {
  const names = existsSync(here.root) ? readdirSync(here.root).toSorted() : []
  return {
    seen: names.filter((name) => !name.startsWith('.')),
    hidden: names.filter((name) => name.startsWith('.') && name !== '.lock'),
  }
}
const nothing = { seen: [], hidden: [] }
const whole = { seen: ['toy-streaming'], hidden: [] }

describe('adding a model', { timeout: 60_000 }, () => {
  it('from a mirror makes a folder that the engines accept, and nothing else', async () => {
    const added = await add({ from: `${server.url}/models/` })
    expect(server.requests[0]?.path).toBe(`/models/${ARCHIVE}`)
    expect(contents()).toEqual(whole)
    const { manifest } = await checkModel(join(here.root, 'toy-streaming'))
    expect(manifest).toEqual(added.manifest)
    expect(manifest).toMatchObject({ id: 'toy-streaming', version: '1', licence: 'CC0-1.0', files: model.files })
    expect(manifest.source).toBe(`${model.archive.url} (SHA-256 ${hashOf(archive)})`)
    expect(new Set(here.progress.map(({ phase }) => phase))).toEqual(new Set(['download', 'verify', 'unpack']))
  })

  it('that is there and whole does nothing; a damaged one is replaced', async () => {
    await add()
    expect(await add()).toMatchObject({ already: true })
    expect(server.requests).toHaveLength(1)
    writeFileSync(join(here.root, 'toy-streaming', 'tokens.txt'), 'broken')
    expect(await check(here.root)).toMatchObject([
      { folder: 'toy-streaming', reason: expect.stringContaining('tokens') },
    ])
    expect(await add()).toMatchObject({ already: false })
    expect(await check(here.root)).toMatchObject([{ folder: 'toy-streaming', reason: null }])
    expect(contents()).toEqual(whole)
  })

  it('from a local archive, a folder with it, and a folder with the files', async () => {
    const path = join(here.folder, 'other-name.tar.bz2')
    writeFileSync(path, archive)
    expect(await add({ from: path })).toMatchObject({ already: false })
    expect(existsSync(path)).toBe(true)
    await remove(here.root, 'toy-streaming')
    const stick = join(here.folder, 'stick')
    mkdirSync(stick)
    copyFileSync(path, join(stick, ARCHIVE))
    expect(await add({ from: `file://${stick}` })).toMatchObject({ already: false, sha256: hashOf(archive) })
    await remove(here.root, 'toy-streaming')
    rmSync(join(stick, ARCHIVE))
    for (const { name, body } of files) writeFileSync(join(stick, name), body)
    expect(await add({ from: stick })).toMatchObject({ already: false, sha256: null })
    await checkModel(join(here.root, 'toy-streaming'))
    expect(server.requests).toEqual([])
  })

  it('says what is wrong with a local source', async () => {
    const place = join(here.folder, 'empty')
    mkdirSync(place)
    await expect(add({ from: place })).rejects.toMatchObject({ code: 'model_source_missing' })
    await expect(add({ from: join(here.folder, 'no') })).rejects.toThrow(/neither the archive toy-archive\.tar\.bz2/)
    for (const { name, body } of files) writeFileSync(join(place, name), body)
    writeFileSync(join(place, 'tokens.txt'), files[1]!.body.toString().replace('ka', 'ko'))
    await expect(add({ from: place })).rejects.toMatchObject({ code: 'model_archive_damaged' })
    const page = join(here.folder, 'page.html')
    writeFileSync(page, '<html>')
    await expect(add({ from: page })).rejects.toMatchObject({ code: 'model_archive_not_one' })
    expect(contents()).toEqual(nothing)
    expect(readFileSync(page, 'utf8')).toBe('<html>')
  })

  it('goes on after an interruption: only the rest is asked for', async () => {
    const half = archive.length >> 1
    const failures = Array.from({ length: 5 }, () => ({ status: 503 }))
    server.next = [{ cutAfter: half }, ...failures]
    await expect(add()).rejects.toMatchObject({ code: 'model_download_failed' })
    expect(contents().seen).toEqual([])
    expect(await unfinished(here.root)).toEqual(['toy-streaming'])
    await add()
    expect(server.requests.at(-1)).toMatchObject({ range: `bytes=${half}-`, sent: archive.length - half })
    expect(contents()).toEqual(whole)
  })

  it('refuses one changed bit, installs nothing and keeps nothing of it', async () => {
    const changed = Buffer.from(archive)
    changed[1000]! ^= 1
    server.next = [{ body: changed }]
    await expect(add()).rejects.toMatchObject({
      code: 'model_archive_damaged',
      message: expect.stringMatching(/its SHA-256 is [0-9a-f]{64} instead of [0-9a-f]{64}.*checksum\.txt/),
    })
    expect(contents()).toEqual(nothing)
    await add()
    expect(contents()).toEqual(whole)
  })

  it('refuses a web page with status 200', async () => {
    const page = Buffer.from('<!doctype html>')
    server.next = [{ body: page, headers: { 'content-type': 'text/html' } }]
    await expect(add()).rejects.toThrow(/a web page instead of an archive.*--from FILE/)
    expect(contents()).toEqual(nothing)
  })

  it('whose archive is not the one of the catalogue needs its SHA-256 from a person', async () => {
    const renewed = bzip2(tarOf(toyEntries(files.toReversed())))
    server.file = { body: renewed, etag: '"two"', modified: null }
    await expect(add()).rejects.toMatchObject({ code: 'model_archive_other' })
    await expect(add({ sha256: hashOf(archive) })).rejects.toMatchObject({ code: 'model_archive_other' })
    expect(contents().seen).toEqual([])
    expect(await add({ sha256: hashOf(renewed) })).toMatchObject({ already: false, sha256: hashOf(renewed) })
    expect(contents()).toEqual(whole)
  })

  it('that is not pinned needs someone who answers for it', async () => {
    await expect(add({}, unpinned)).rejects.toMatchObject({ code: 'model_not_pinned' })
    expect(server.requests).toEqual([])
    await expect(add({ sha256: hashOf(Buffer.from('x')) }, unpinned)).rejects.toThrow(/damaged or another file/)
    const added = await add({ trustFirst: true }, unpinned)
    expect(added.sha256).toBe(hashOf(archive))
    expect(added.manifest.source).toContain(hashOf(archive))
    await remove(here.root, 'toy-streaming')
    expect(await add({ sha256: hashOf(archive) }, unpinned)).toMatchObject({ already: false })
    // Files without an archive are not covered by the archive's hash.
    await remove(here.root, 'toy-streaming')
    for (const { name, body } of files) writeFileSync(join(here.folder, name), body)
    await expect(add({ from: here.folder }, unpinned)).rejects.toMatchObject({ code: 'model_not_pinned' })
    expect(await add({ from: here.folder, trustFirst: true }, unpinned)).toMatchObject({ already: false })
  })

  it('does not trust first where a hash is known', async () => {
    const changed = Buffer.from(archive)
    changed[1000]! ^= 1
    server.next = [{ body: changed }]
    await expect(add({ trustFirst: true })).rejects.toMatchObject({ code: 'model_archive_damaged' })
  })

  it('whose archive lacks what its kind needs is refused', async () => {
    const poor = { ...unpinned, files: unpinned.files.filter(({ name }) => name !== 'tokens.txt') }
    await expect(add({ trustFirst: true }, poor)).rejects.toMatchObject({ code: 'model_archive_refused' })
    expect(contents()).toEqual(nothing)
  })

  it('tells of too little space before anything is asked for', async () => {
    const free = (): Promise<number> => Promise.resolve(50_000_000)
    await expect(add({}, model, { free })).rejects.toMatchObject({
      code: 'disk_full',
      message: expect.stringMatching(/has 50 MB free; 10\d MB are needed.*--dir/),
    })
    expect(server.requests).toEqual([])
  })

  it('keeps the archive when the disk becomes full', async () => {
    // eslint-disable-next-line require-yield
    const full = async function* (): AsyncGenerator<Buffer> {
      throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
    }
    await expect(add({}, model, { bunzip: full })).rejects.toMatchObject({ code: 'disk_full' })
    await add()
    expect(server.requests).toHaveLength(1)
    expect(contents()).toEqual(whole)
  })

  it('twice at once is done once, and the other says so', async () => {
    server.next = [{ stallAfter: 1000 }]
    const first = add({}, model, { idleMs: 1500 })
    await vi.waitFor(() => expect(server.requests).toHaveLength(1), { timeout: 20_000 })
    const second = await add().then(
      () => null,
      (e: unknown) => e,
    )
    expect(second).toMatchObject({
      code: 'models_folder_busy',
      message: expect.stringMatching(new RegExp(`process ${process.pid}.*Wait`)),
    })
    expect(await first).toMatchObject({ already: false })
    expect(contents()).toEqual(whole)
  })

  it('says so where the folder cannot be made', async () => {
    writeFileSync(here.root, 'a file')
    await expect(add()).rejects.toMatchObject({ code: 'models_folder_not_writable' })
  })
})

describe('the models folder', { timeout: 60_000 }, () => {
  it('says what is damaged, without a manifest too', async () => {
    await add()
    mkdirSync(join(here.root, 'by-hand'))
    writeFileSync(join(here.root, 'toy-streaming', 'model.onnx'), 'short')
    expect(await check(here.root)).toMatchObject([
      { folder: 'by-hand', reason: expect.stringContaining('cannot be read') },
      { folder: 'toy-streaming', reason: expect.stringMatching(/model\.onnx has 5 bytes instead of/) },
    ])
    expect(await check(here.root, 'toy-streaming')).toHaveLength(1)
    await expect(check(here.root, 'other')).rejects.toMatchObject({ code: 'model_not_installed' })
  })

  it('lets a model go by folder or id, and what an interrupted try left', async () => {
    await add()
    await remove(here.root, 'toy-streaming')
    expect(contents()).toEqual(nothing)
    await expect(remove(here.root, 'toy-streaming')).rejects.toThrow(/It holds no model/)
    await add()
    await expect(remove(here.root, 'other')).rejects.toThrow(/There are: toy-streaming/)
    await expect(remove(here.root, '../models/toy-streaming')).rejects.toMatchObject({ code: 'model_not_installed' })
    await remove(here.root, 'toy-streaming')
    server.next = [{ cutAfter: 1000 }, { status: 404 }]
    await expect(add()).rejects.toMatchObject({ code: 'model_download_refused' })
    await remove(here.root, 'toy-streaming')
    expect(contents()).toEqual(nothing)
  })

  it('clears up after a removal that was killed', async () => {
    await add()
    mkdirSync(join(here.root, '.removing-old'))
    expect(await installed(here.root)).toHaveLength(1)
    await remove(here.root, 'toy-streaming')
    expect(contents()).toEqual(nothing)
  })
})

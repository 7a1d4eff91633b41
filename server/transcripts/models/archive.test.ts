import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { admit, bunzipInProcess, unpack, unpackedAtMost } from './archive.ts'
import type { WantedFile } from './catalogue.ts'
import { type Scene, scene } from './testkit/scene.ts'
import { bzip2, hashOf, NAME, type TarEntry, tarOf, toyEntries, toyFiles } from './testkit/toy-archive.ts'

const files = toyFiles()
const wanted: WantedFile[] = files.map(({ name, body }) => ({ name, bytes: body.length, sha256: hashOf(body) }))
const good = toyEntries(files, 20_000)
const packed = bzip2(tarOf(good))
let here: Scene
beforeEach(() => (here = scene()))
afterEach(() => here.end())

type Way = Parameters<typeof unpack>[2]
let runs = 0
async function open(archive: Buffer, want = wanted, way?: Way, limit = unpackedAtMost(archive.length)) {
  const path = join(here.folder, `${runs++}.tar.bz2`)
  const into = join(here.folder, `out-${runs}`)
  writeFileSync(path, archive)
  mkdirSync(into)
  const found = await unpack({ archive: path, where: 'the archive', wanted: want, limit, into }, () => {}, way)
  return { found, into }
}
const pack = (entries: readonly TarEntry[]): Buffer => bzip2(tarOf(entries))
const refusal = (archive: Buffer, want = wanted, way?: Way): Promise<string> =>
  open(archive, want, way).then(
    () => 'accepted',
    (e: unknown) => {
      expect(e).toMatchObject({ code: 'model_archive_refused' })
      return String(e)
    },
  )

describe.each([
  ['with the system’s bzip2', undefined],
  ['with the library', bunzipInProcess],
])('unpacking %s', { timeout: 60_000 }, (_, way) => {
  it('writes the wanted files, and nothing else', async () => {
    const { found, into } = await open(packed, wanted, way)
    expect(readdirSync(into).toSorted()).toEqual(files.map(({ name }) => name).toSorted())
    for (const { name, body } of files) expect(readFileSync(join(into, name)).equals(body)).toBe(true)
    expect(found).toEqual(wanted)
  })

  it('refuses what ends early', async () => {
    for (const at of [4, 30, packed.length >> 1, packed.length - 12, packed.length - 1])
      expect(await refusal(packed.subarray(0, at), wanted, way)).toMatch(/damaged/)
    const tar = tarOf(good)
    expect(await refusal(bzip2(tar.subarray(0, tar.length >> 1)), wanted, way)).toMatch(/damaged/)
  })

  it('refuses a changed bit anywhere', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(packed.length * 8 - 1), async (bit) => {
        const changed = Buffer.from(packed)
        changed[bit >> 3]! ^= 1 << (bit & 7)
        // The padding of the last byte says nothing.
        if (bit >> 3 === packed.length - 1) return
        expect(await refusal(changed, wanted, way)).not.toBe('accepted')
      }),
      { numRuns: 20 },
    )
  })

  it('refuses what is not bzip2, and an empty file', async () => {
    expect(await refusal(Buffer.from('<html>not found</html>'), wanted, way)).toMatch(/damaged|does not hold/)
    expect(await refusal(Buffer.alloc(0), wanted, way)).toMatch(/damaged|does not hold/)
  })
})

describe('unpacking', { timeout: 60_000 }, () => {
  it('refuses a bomb when it has come out further than an honest archive can', async () => {
    // 60 MB of zeros in a few hundred bytes.
    const bomb = pack([...good, { path: `${NAME}/zeros`, body: Buffer.alloc(60_000_000) }])
    const small = pack([{ path: `${NAME}/zeros`, body: Buffer.alloc(60_000_000) }])
    expect(small.length).toBeLessThan(1000)
    expect(await refusal(small)).toMatch(/unpacks to more than \d+ bytes/)
    expect(await refusal(bomb)).toMatch(/unpacks to more than \d+ bytes/)
  })

  it('refuses a wanted file that is larger than the limit, before it is written', async () => {
    const want = [{ name: 'model.onnx', bytes: null, sha256: null }]
    const archive = pack([{ path: 'model.onnx', body: Buffer.alloc(30_000_000) }])
    expect(await refusal(archive, want)).toMatch(/model\.onnx is larger than/)
  })

  it.each<[string, TarEntry]>([
    ['a path upwards', { path: `${NAME}/../../evil`, body: Buffer.from('x') }],
    ['an absolute path', { path: '/etc/evil', body: Buffer.from('x') }],
    ['a path of Windows', { path: 'C:\\evil', body: Buffer.from('x') }],
    ['a backslash', { path: `${NAME}\\..\\evil`, body: Buffer.from('x') }],
    ['a folder upwards', { path: '../', type: 'Directory' }],
    ['a symbolic link', { path: `${NAME}/model.onnx`, type: 'SymbolicLink', link: '/etc/passwd' }],
    ['a symbolic link for a folder', { path: NAME, type: 'SymbolicLink', link: '/tmp' }],
    ['a hard link', { path: `${NAME}/tokens.txt`, type: 'Link', link: '/etc/passwd' }],
    ['a device', { path: `${NAME}/zero`, type: 'CharacterDevice' }],
    ['a pipe', { path: `${NAME}/pipe`, type: 'FIFO' }],
  ])('refuses an archive with %s', async (_, entry) => {
    expect(await refusal(pack([entry, ...good]))).toMatch(/leads out of its folder|a link, a device/)
    expect(await refusal(pack([...good, entry]))).toMatch(/leads out of its folder|a link, a device/)
    expect(readdirSync(here.folder)).not.toContain('evil')
  })

  it('refuses a file twice, a missing one, one of another size or content', async () => {
    const [model, tokens] = files as [(typeof files)[0], (typeof files)[0]]
    const again = { path: `${NAME}/tokens.txt`, body: tokens.body }
    expect(await refusal(pack([...good, again]))).toMatch(/tokens\.txt twice/)
    expect(await refusal(pack(good.filter(({ path }) => !path.endsWith('model.onnx'))))).toMatch(
      /does not hold model\.onnx/,
    )
    const cut = toyEntries([{ ...model, body: model.body.subarray(1) }, tokens])
    expect(await refusal(pack(cut))).toMatch(/model\.onnx has \d+ bytes instead of/)
    const other = Buffer.from(model.body)
    other[100]! ^= 1
    expect(await refusal(pack(toyEntries([{ ...model, body: other }, tokens])))).toMatch(/SHA-256 of model\.onnx/)
  })

  it('passes on what the file system says', async () => {
    const path = join(here.folder, 'a.tar.bz2')
    writeFileSync(path, packed)
    const into = join(here.folder, 'missing')
    const what = { archive: path, where: 'it', wanted, limit: 1e9, into }
    await expect(unpack(what, () => {})).rejects.toMatchObject({ code: 'ENOENT' })
  })
})

it('only wanted names right in the archive or its folder are admitted, whatever the path', () => {
  const segment = fc.oneof(
    fc.constantFrom('..', '.', '', 'model.onnx', 'tokens.txt', NAME, '~', 'C:', '\\', '\0', 'é'),
    fc.string({ maxLength: 8 }),
  )
  const type = fc.constantFrom('File', 'OldFile', 'Directory', 'Link', 'SymbolicLink', 'BlockDevice', 'FIFO')
  const where = { where: 'it', wanted: [{ name: 'model.onnx', bytes: null, sha256: null }], limit: 100 }
  fc.assert(
    fc.property(fc.array(segment, { maxLength: 5 }), type, fc.nat(200), (segments, kind, size) => {
      const path = segments.join('/')
      let admitted
      try {
        admitted = admit({ path, type: kind as 'File', size }, where)
      } catch {
        return
      }
      expect(['File', 'OldFile', 'Directory']).toContain(kind)
      expect(segments.slice(path.startsWith('/') ? 1 : 0)).not.toContain('..')
      if (admitted === null) return
      expect(path).toMatch(/^(\.?\/)*([^/]+\/+(\.?\/)*)?model\.onnx(\/\.?)*$/)
      expect(size).toBeLessThanOrEqual(100)
    }),
    { numRuns: 2000 },
  )
})

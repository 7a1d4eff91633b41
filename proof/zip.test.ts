import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bufferEntry, entryBytes, readZip, writeZip, zipBytes, ZipError, type ZipInput } from './zip.ts'

async function zipOf(entries: ZipInput[]): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of writeZip(entries)) pieces.push(piece)
  return Buffer.concat(pieces)
}

const sourceOf = (bytes: Buffer) => ({
  size: bytes.length,
  read: async (at: number, length: number): Promise<Buffer> => {
    if (at < 0 || at + length > bytes.length) throw new RangeError('outside the file')
    return bytes.subarray(at, at + length)
  },
})

/** Reads everything; the code of the refusal, or null. */
async function refusalOf(bytes: Buffer): Promise<string | null> {
  try {
    const source = sourceOf(bytes)
    for (const entry of await readZip(source)) for await (const piece of entryBytes(source, entry)) void piece
    return null
  } catch (e) {
    if (!(e instanceof ZipError)) throw e
    return e.code
  }
}

const sample = [
  bufferEntry('mimetype', Buffer.from('application/vnd.etsi.asic-e+zip')),
  bufferEntry('perché/été.json', Buffer.from('{}')),
  bufferEntry('empty', Buffer.alloc(0)),
]

test('what is written is read back', async () => {
  const part = fc.stringMatching(/^[a-zA-Z0-9_àéß-]{1,12}$/)
  const name = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'))
  const files = fc.uniqueArray(fc.tuple(name, fc.uint8Array({ maxLength: 300 })), {
    selector: (f) => f[0],
    minLength: 1,
  })
  await fc.assert(
    fc.asyncProperty(files, async (given) => {
      const entries = given.map(([n, bytes]) => bufferEntry(n, Buffer.from(bytes)))
      const bytes = await zipOf(entries)
      expect(bytes.length).toBe(zipBytes(entries))
      const source = sourceOf(bytes)
      const found = await readZip(source)
      expect(found.map((e) => e.name)).toEqual(given.map(([n]) => n))
      for (const [i, entry] of found.entries()) {
        const pieces: Buffer[] = []
        for await (const piece of entryBytes(source, entry)) pieces.push(piece)
        expect(Buffer.concat(pieces)).toEqual(Buffer.from(given[i]![1]))
      }
    }),
    { numRuns: 60 },
  )
})

test('every wrong bit is found and is not taken for a cut', async () => {
  const bytes = await zipOf(sample)
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const copy = Buffer.from(bytes)
    copy[bit >> 3]! ^= 1 << (bit & 7)
    if ((await refusalOf(copy)) !== 'altered') expect.fail(`bit ${bit}`)
  }
})

test('a cut file is a cut file', async () => {
  const bytes = await zipOf(sample)
  for (let length = 4; length < bytes.length; length++) expect(await refusalOf(bytes.subarray(0, length))).toBe('cut')
  expect(await refusalOf(Buffer.concat([bytes, Buffer.of(0)]))).not.toBeNull()
  expect(await refusalOf(Buffer.from('%PDF-1.7 something'))).toBe('not_a_package')
  expect(await refusalOf(Buffer.alloc(0))).toBe('not_a_package')
})

test('mimetype stands where ASiC wants it, without a trace of the time of writing', async () => {
  const bytes = await zipOf(sample)
  expect(bytes.toString('latin1', 30, 69)).toBe('mimetypeapplication/vnd.etsi.asic-e+zip')
  expect(await zipOf(sample)).toEqual(bytes)
})

test('names that unpack elsewhere and files that are too large are refused before the first byte', async () => {
  for (const name of ['', '/etc/passwd', '../up', 'a//b', 'a/./b', 'c:\\x', 'new\nline', 'x'.repeat(256)])
    await expect(zipOf([bufferEntry(name, Buffer.alloc(0))])).rejects.toMatchObject({ code: 'name' })
  await expect(zipOf([sample[0]!, sample[0]!])).rejects.toMatchObject({ code: 'name' })
  const huge = { name: 'recording.wav', size: 2 ** 32 - 1, crc: 0, open: () => [] }
  await expect(writeZip([huge]).next()).rejects.toMatchObject({ code: 'too_large' })
  const lying = { ...bufferEntry('x', Buffer.from('abc')), size: 4 }
  await expect(zipOf([lying])).rejects.toMatchObject({ code: 'altered' })
})

test.runIf(spawnSync('python3', ['--version']).status === 0)('python reads it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'verbale-zip-'))
  try {
    writeFileSync(join(folder, 'a.zip'), await zipOf(sample))
    const { stdout } = spawnSync('python3', ['-m', 'zipfile', '-t', 'a.zip'], { cwd: folder, encoding: 'utf8' })
    expect(stdout).toContain('Done testing')
    const list = spawnSync('python3', ['-m', 'zipfile', '-l', 'a.zip'], { cwd: folder, encoding: 'utf8' }).stdout
    expect(list).toContain('perché/été.json')
  } finally {
    rmSync(folder, { recursive: true })
  }
})

import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { Parser, type ReadEntry } from 'tar'
import unbzip2 from 'unbzip2-stream'
import { isProblem, messageOf } from '../../platform/problem.ts'
import type { Manifest } from '../engines/sherpa/model.ts'
import type { WantedFile } from './catalogue.ts'
import { isSystemError, refusedArchive } from './problems.ts'

export type UnpackedFile = Manifest['files'][number]
export type Bunzip = (archive: string) => AsyncIterable<Buffer>

export type Unpacking = {
  archive: string
  /** How people call it: its address or path. */
  where: string
  wanted: readonly WantedFile[]
  /** Bytes that may come out of it at most. */
  limit: number
  /** A folder that exists. */
  into: string
}

/** Archives unpacked to more than so many times their size are refused: weights hardly compress. */
const MOST_TIMES = 4
const SMALL_ARCHIVE = 16_000_000

/** How many bytes an honest archive of that size unpacks to at most. */
export const unpackedAtMost = (archiveBytes: number): number => archiveBytes * MOST_TIMES + SMALL_ARCHIVE

/**
 * Writes the wanted files of an archive (tar, bzip2) flat into a folder, and says what they are. Nothing else is written.
 * `onProgress` hears of the bytes that came out.
 * @throws Problem `model_archive_refused` for what no honest archive has, for a damaged one, or when a wanted file is missing
 * or another one; errors of writing as they are
 */
export async function unpack(
  what: Unpacking,
  onProgress: (bytes: number) => void,
  bunzip: Bunzip = eitherBunzip,
): Promise<UnpackedFile[]> {
  const written = new Map<string, Promise<UnpackedFile>>()
  const reading = reader((entry) => {
    const file = admit(entry, what)
    if (file === null) {
      entry.resume()
      return
    }
    if (written.has(file.name)) throw refusedArchive(what.where, `it holds ${file.name} twice`)
    const writing = writeEntry(entry, file, what)
    written.set(file.name, writing)
    writing.catch(reading.fail)
  })
  let out = 0
  try {
    for await (const chunk of bunzip(what.archive)) {
      out += chunk.length
      if (out > what.limit) throw refusedArchive(what.where, `it unpacks to more than ${what.limit} bytes`)
      await reading.take(chunk)
      onProgress(out)
    }
    await reading.end()
    return await complete(what, written)
  } catch (e) {
    await Promise.allSettled(written.values())
    // What the file system says has a code; the readers' own complaints are about the archive.
    throw isProblem(e) || isSystemError(e) ? e : refusedArchive(what.where, `it is damaged (${messageOf(e)})`)
  }
}

async function complete(
  { where, wanted }: Unpacking,
  written: ReadonlyMap<string, Promise<UnpackedFile>>,
): Promise<UnpackedFile[]> {
  const missing = wanted.filter(({ name }) => !written.has(name)).map(({ name }) => name)
  if (missing.length > 0) throw refusedArchive(where, `it does not hold ${missing.join(', ')}`)
  return Promise.all(wanted.map(({ name }) => written.get(name)!))
}

/** A tar parser that waits for who reads its entries, and fails as a whole. */
function reader(onEntry: (entry: ReadEntry) => void): {
  take: (chunk: Buffer) => Promise<void>
  end: () => Promise<void>
  fail: (e: unknown) => void
} {
  let fail: (e: unknown) => void = () => {}
  const failed = new Promise<never>((_, reject) => (fail = reject))
  failed.catch(() => {})
  const parser = new Parser({
    strict: true,
    brotli: false,
    zstd: false,
    onReadEntry(entry) {
      try {
        onEntry(entry)
      } catch (e) {
        fail(e)
      }
    },
  })
  parser.on('error', fail)
  parser.on('ignoredEntry', () => fail(new Error('an entry of an unknown kind')))
  const ended = once(parser, 'end')
  ended.catch(() => {})
  return {
    fail,
    take: async (chunk) => {
      const ready = parser.write(chunk) ? Promise.resolve() : once(parser, 'drain')
      await Promise.race([ready, failed])
    },
    end: async () => {
      parser.end()
      await Promise.race([ended, failed])
    },
  }
}

type Entry = Pick<ReadEntry, 'path' | 'type' | 'size'>

/**
 * Which wanted file an entry is; null for one that is left. Wanted files lie in the archive or in its one folder.
 * @throws Problem `model_archive_refused` for links, devices, paths that lead out of the folder, and other sizes
 */
export function admit(entry: Entry, { where, wanted, limit }: Omit<Unpacking, 'archive' | 'into'>): WantedFile | null {
  const { path, type, size } = entry
  const parts = path.split('/').filter((part) => part !== '' && part !== '.')
  if (/^\/|^[A-Za-z]:|[\\\0]/.test(path) || parts.includes('..'))
    throw refusedArchive(where, 'it has a path that leads out of its folder')
  if (type === 'Directory') return null
  if (type !== 'File' && type !== 'OldFile' && type !== 'ContiguousFile')
    throw refusedArchive(where, `it has a link, a device or the like (${type})`)
  const file = parts.length <= 2 ? wanted.find(({ name }) => name === parts.at(-1)) : undefined
  if (!file) return null
  if (file.bytes !== null && size !== file.bytes)
    throw refusedArchive(where, `${file.name} has ${size} bytes instead of ${file.bytes}`)
  if (size > limit) throw refusedArchive(where, `${file.name} is larger than ${limit} bytes`)
  return file
}

async function writeEntry(entry: ReadEntry, file: WantedFile, { where, into }: Unpacking): Promise<UnpackedFile> {
  const handle = await open(join(into, file.name), 'wx')
  const hash = createHash('sha256')
  let bytes = 0
  try {
    for await (const chunk of entry) {
      hash.update(chunk)
      bytes += chunk.length
      await handle.writeFile(chunk)
    }
    await handle.sync()
  } finally {
    await handle.close()
  }
  const sha256 = hash.digest('hex')
  if (file.sha256 !== null && sha256 !== file.sha256)
    throw refusedArchive(where, `the SHA-256 of ${file.name} is ${sha256} instead of ${file.sha256}`)
  return { name: file.name, bytes, sha256 }
}

/** The system's bzip2 where there is one: five times as fast. */
async function* eitherBunzip(archive: string): AsyncGenerator<Buffer> {
  const child = spawn('bzip2', ['-dc', archive], { stdio: ['ignore', 'pipe', 'ignore'] })
  const started = await once(child, 'spawn').then(
    () => true,
    () => false,
  )
  if (!started) return yield* bunzipInProcess(archive)
  const exited = once(child, 'exit') as Promise<[code: number | null, signal: string | null]>
  try {
    for await (const chunk of child.stdout) yield chunk as Buffer
    const [code] = await exited
    if (code !== 0) throw new Error('bzip2 cannot read it')
  } finally {
    child.kill()
  }
}

/** Where the system has no bzip2. */
export async function* bunzipInProcess(archive: string): AsyncGenerator<Buffer> {
  const source = createReadStream(archive, { highWaterMark: 1 << 20 })
  const plain = new Readable().wrap(source.pipe(unbzip2()) as unknown as NodeJS.ReadableStream)
  source.on('error', (e) => plain.destroy(e))
  try {
    for await (const chunk of plain) yield chunk as Buffer
  } finally {
    source.destroy()
  }
}

import { createHash } from 'node:crypto'
import { FILES, LANGUAGES, PACKAGE_TYPE, reportName } from '../package/format.ts'
import type { Digest } from '../package/manifest.ts'
import { entryBytes, readZip, type ZipEntry, ZipError, type ZipSource } from '../zip.ts'
import { Finding, demand } from './check.ts'

/** A package whose container is intact: its files, in order, and their hashes. */
export type Contents = {
  source: ZipSource
  entries: Map<string, ZipEntry>
  digests: Digest[]
  /** A small file's bytes. Throws Finding `incomplete` when it is missing or not small. */
  read(name: string): Promise<Buffer>
  has(name: string): boolean
}

/** Documents are kept in memory; recordings never are. */
const maxDocumentBytes = 16 * 2 ** 20
const required = [...Object.values(FILES), ...LANGUAGES.map(reportName)]

/** Reads a package once, whole. Throws Finding; errors of the source itself pass through. */
export async function openContents(source: ZipSource): Promise<Contents> {
  const entries = await entriesOf(source)
  const contents: Contents = {
    source,
    entries: new Map(entries.map((entry) => [entry.name, entry])),
    digests: [],
    has: (name) => contents.entries.has(name),
    async read(name) {
      const entry = contents.entries.get(name)
      if (!entry || entry.size > maxDocumentBytes) throw new Finding('incomplete', { file: name })
      return source.read(entry.start, entry.size)
    },
  }
  for (const entry of entries) contents.digests.push({ name: entry.name, sha256: await digestOf(source, entry) })
  const missing = required.find((name) => !contents.has(name))
  demand(missing === undefined, 'incomplete', { file: missing ?? '' })
  const type = (await contents.read(FILES.mimetype)).toString('latin1')
  demand(entries[0]?.name === FILES.mimetype && type === PACKAGE_TYPE, 'not_a_package')
  return contents
}

async function entriesOf(source: ZipSource): Promise<ZipEntry[]> {
  try {
    return await readZip(source)
  } catch (e) {
    if (!(e instanceof ZipError)) throw e
    throw new Finding(e.code === 'cut' || e.code === 'not_a_package' ? e.code : 'altered')
  }
}

async function digestOf(source: ZipSource, entry: ZipEntry): Promise<Buffer> {
  const hash = createHash('sha256')
  try {
    for await (const piece of entryBytes(source, entry)) hash.update(piece)
  } catch (e) {
    if (!(e instanceof ZipError)) throw e
    throw new Finding('damaged', { file: entry.name })
  }
  return hash.digest()
}

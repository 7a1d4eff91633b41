import { crc32 } from 'node:zlib'

/*
 * ZIP as an evidence package uses it (PKWARE APPNOTE 6.3, ETSI EN 319 162-1 §A.1): entries stored as they are, without extra
 * fields, comments, dates or data descriptors. Names, sizes and contents determine every byte, so that the reader can demand
 * exactly the bytes the writer would have made: a changed bit in any header is found.
 */

/** An entry to write. `open` gives its bytes and may be called twice. */
export type ZipInput = { name: string; size: number; crc: number; open(): AsyncIterable<Buffer> | Iterable<Buffer> }

/** An entry of a package read; its bytes begin at `start` and are not yet compared with `crc`. */
export type ZipEntry = { name: string; size: number; crc: number; start: number }

/** Bytes with random access. `read` gives exactly `length` bytes or throws. */
export type ZipSource = { readonly size: number; read(position: number, length: number): Promise<Buffer> }

export type ZipErrorCode = 'cut' | 'altered' | 'not_a_package' | 'too_large' | 'name'

/** Why a package cannot be written or is not what was written. */
export class ZipError extends Error {
  readonly code: ZipErrorCode
  constructor(code: ZipErrorCode, message: string) {
    super(message)
    this.name = 'ZipError'
    this.code = code
  }
}

const LOCAL = 0x04034b50
const CENTRAL = 0x02014b50
const END = 0x06054b50
const LOCAL_BYTES = 30
const CENTRAL_BYTES = 46
const END_BYTES = 22
/** Version 2.0 of the format. */
const VERSION = 20
/** Names are UTF-8. */
const FLAGS = 0x0800
/** 1 January 1980, midnight: the format's first date. */
const DATE = 0x0021
const MAX_BYTES = 0xffff_ffff
const MAX_ENTRIES = 0xfffe
const MAX_NAME_BYTES = 255

type Named = Pick<ZipEntry, 'name' | 'size' | 'crc'>

/** The fields that the local and the central header share: version to file name length. */
function commonFields({ name, size, crc }: Named): Buffer {
  const fields = Buffer.alloc(26)
  fields.writeUInt16LE(VERSION, 0)
  fields.writeUInt16LE(FLAGS, 2)
  fields.writeUInt16LE(DATE, 8)
  fields.writeUInt32LE(crc, 10)
  fields.writeUInt32LE(size, 14)
  fields.writeUInt32LE(size, 18)
  fields.writeUInt16LE(Buffer.byteLength(name), 22)
  return fields
}

function localHeader(entry: Named): Buffer {
  const signature = Buffer.alloc(4)
  signature.writeUInt32LE(LOCAL)
  return Buffer.concat([signature, commonFields(entry), Buffer.from(entry.name)])
}

function centralHeader(entry: Named, position: number): Buffer {
  const start = Buffer.alloc(6)
  start.writeUInt32LE(CENTRAL, 0)
  start.writeUInt16LE(VERSION, 4)
  const end = Buffer.alloc(14)
  end.writeUInt32LE(position, 10)
  return Buffer.concat([start, commonFields(entry), end, Buffer.from(entry.name)])
}

/** The central directory and the end record of entries that stand one after the other. */
function closing(entries: readonly Named[]): Buffer {
  let position = 0
  const headers = entries.map((entry) => {
    const header = centralHeader(entry, position)
    position += localBytes(entry)
    return header
  })
  const directory = Buffer.concat(headers)
  const end = Buffer.alloc(END_BYTES)
  end.writeUInt32LE(END, 0)
  end.writeUInt16LE(entries.length, 8)
  end.writeUInt16LE(entries.length, 10)
  end.writeUInt32LE(directory.length, 12)
  end.writeUInt32LE(position, 16)
  return Buffer.concat([directory, end])
}

const localBytes = ({ name, size }: Named): number => LOCAL_BYTES + Buffer.byteLength(name) + size

/** Whether a name may stand in a package: a relative path of plain parts that unpacks to itself everywhere. */
export function isEntryName(name: string): boolean {
  const parts = name.split('/')
  return (
    Buffer.byteLength(name) <= MAX_NAME_BYTES &&
    Buffer.from(name).toString() === name &&
    // oxlint-disable-next-line no-control-regex
    !/[\u0000-\u001f\u007f\\:*?"<>|]/.test(name) &&
    parts.every((part) => part !== '' && part !== '.' && part !== '..')
  )
}

/** Bytes of the whole file. Throws ZipError `too_large` at 4 GiB and more, `name` for a name that is doubled or not plain. */
export function zipBytes(entries: readonly Named[]): number {
  if (entries.length > MAX_ENTRIES) throw new ZipError('too_large', `a package holds at most ${MAX_ENTRIES} files`)
  const names = new Set<string>()
  for (const { name } of entries) {
    if (!isEntryName(name) || names.has(name)) throw new ZipError('name', `"${name}" cannot be a file's name here`)
    names.add(name)
  }
  const directory = entries.reduce((sum, { name }) => sum + CENTRAL_BYTES + Buffer.byteLength(name), END_BYTES)
  const bytes = entries.reduce((sum, entry) => sum + localBytes(entry), directory)
  if (bytes > MAX_BYTES)
    throw new ZipError(
      'too_large',
      `a package of ${bytes} bytes cannot be written: it ends before 4 GiB. Divide the call.`,
    )
  return bytes
}

/** A ZIP written piece by piece; of what was written only names, sizes and sums stay in memory. */
export type ZipWriter = {
  /** Bytes written so far, without the list of files that ends the ZIP. */
  readonly bytes: number
  /**
   * Writes entries. Throws ZipError `too_large` and `name` as `zipBytes` does, before the entry that cannot be written, and `altered`
   * when one gives other bytes than its size and CRC promised.
   */
  write(entries: Iterable<ZipInput>): AsyncGenerator<Buffer>
  /** The list of files: the last bytes. */
  end(): Buffer
}

/** Begins a ZIP whose entries are not all known yet. */
export function openZip(): ZipWriter {
  const written: Named[] = []
  const names = new Set<string>()
  let [bytes, list] = [0, END_BYTES]
  function admit(entry: ZipInput): void {
    const { name } = entry
    if (!isEntryName(name) || names.has(name)) throw new ZipError('name', `"${name}" cannot be a file's name here`)
    names.add(name)
    list += CENTRAL_BYTES + Buffer.byteLength(name)
    if (written.length >= MAX_ENTRIES) throw new ZipError('too_large', `a package holds at most ${MAX_ENTRIES} files`)
    if (bytes + localBytes(entry) + list > MAX_BYTES)
      throw new ZipError('too_large', 'the package would not end before 4 GiB')
  }
  return {
    get bytes() {
      return bytes
    },
    async *write(entries) {
      for (const entry of entries) {
        admit(entry)
        yield localHeader(entry)
        let [size, crc] = [0, 0]
        for await (const piece of entry.open()) {
          size += piece.length
          crc = crc32(piece, crc)
          yield piece
        }
        if (size !== entry.size || crc !== entry.crc)
          throw new ZipError('altered', `${entry.name} changed while the package was written`)
        written.push({ name: entry.name, size, crc })
        bytes += localBytes(entry)
      }
    },
    end: () => closing(written),
  }
}

/**
 * Writes entries in the order given. Throws ZipError before the first byte when they cannot be one file, and `altered` when an
 * entry gives other bytes than its size and CRC promised.
 */
export async function* writeZip(entries: readonly ZipInput[]): AsyncGenerator<Buffer> {
  zipBytes(entries)
  const zip = openZip()
  yield* zip.write(entries)
  yield zip.end()
}

/** An entry that is in memory. */
export const bufferEntry = (name: string, bytes: Buffer): ZipInput => ({
  name,
  size: bytes.length,
  crc: crc32(bytes),
  open: () => [bytes],
})

/**
 * The entries of a file that is, headers and all, exactly what `writeZip` makes. Their contents are not read.
 * Throws ZipError `not_a_package` (something else), `cut` (its end is missing) or `altered`.
 */
export async function readZip(source: ZipSource): Promise<ZipEntry[]> {
  if (source.size < 4) throw new ZipError('not_a_package', 'the file is too short')
  const first = (await source.read(0, 4)).readUInt32LE()
  // One wrong bit leaves a package a package.
  if (ones(first ^ LOCAL) > 1) throw new ZipError('not_a_package', 'the file is not a ZIP file')
  const whole = await endsWell(source)
  const refuse = (message: string): never => {
    throw whole ? new ZipError('altered', message) : new ZipError('cut', 'the end of the file is missing')
  }
  const entries: ZipEntry[] = []
  let position = 0
  for (;;) {
    const header = await readUpTo(source, position, LOCAL_BYTES + MAX_NAME_BYTES)
    if (header.length < 4) return refuse('the list of files is missing')
    if (header.readUInt32LE() === CENTRAL) break
    const entry = readLocal(header, position) ?? refuse(`the header at byte ${position} is not as it was written`)
    if (entries.length >= MAX_ENTRIES || entry.start + entry.size > source.size) return refuse('a size is wrong')
    entries.push(entry)
    position = entry.start + entry.size
  }
  const end = closing(entries)
  if (position + end.length !== source.size || !(await source.read(position, end.length)).equals(end))
    return refuse('the list of files is not as it was written')
  if (new Set(entries.map((e) => e.name)).size !== entries.length) return refuse('a file is there twice')
  return entries
}

/** The entry of a local header, or null unless the header is what its own fields make. */
function readLocal(header: Buffer, position: number): ZipEntry | null {
  if (header.length < LOCAL_BYTES) return null
  const length = header.readUInt16LE(26)
  const name = header.toString('utf8', LOCAL_BYTES, LOCAL_BYTES + length)
  const entry = {
    name,
    crc: header.readUInt32LE(14),
    size: header.readUInt32LE(18),
    start: position + LOCAL_BYTES + length,
  }
  if (length > MAX_NAME_BYTES || !isEntryName(name)) return null
  return header.subarray(0, LOCAL_BYTES + length).equals(localHeader(entry)) ? entry : null
}

/** Whether the file ends in an end record, perhaps with a wrong bit in its signature: then nothing was cut off. */
async function endsWell(source: ZipSource): Promise<boolean> {
  if (source.size < END_BYTES) return false
  const end = await source.read(source.size - END_BYTES, 4)
  return ones(end.readUInt32LE() ^ END) <= 1
}

function ones(word: number): number {
  let count = 0
  for (let left = word >>> 0; left !== 0; left &= left - 1) count++
  return count
}

async function readUpTo(source: ZipSource, position: number, length: number): Promise<Buffer> {
  return source.read(position, Math.min(length, source.size - position))
}

const PIECE = 1 << 18

/** The bytes of an entry, compared with its CRC at the end. Throws ZipError `altered` naming the file. */
export async function* entryBytes(source: ZipSource, entry: ZipEntry): AsyncGenerator<Buffer> {
  let crc = 0
  for (let at = 0; at < entry.size; at += PIECE) {
    const piece = await source.read(entry.start + at, Math.min(PIECE, entry.size - at))
    crc = crc32(piece, crc)
    yield piece
  }
  if (crc !== entry.crc) throw new ZipError('altered', `${entry.name} is damaged`)
}

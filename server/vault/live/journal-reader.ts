import { forget, type MessageKey, openChunk, openHeader } from '../../../proof/container.ts'
import { idBytes } from '../../platform/ids.ts'
import { joinPath, type Objects, readWhole } from '../../platform/objects/index.ts'
import { isJournal, JOURNAL, scanJournal, tailContext } from './format.ts'

/*
 * What journals hold of a stream's segment. Records count only in the order they were sealed: one whose counter does not grow is
 * a replay and is left out. Data at an offset never changes, so records of several generations overlap harmlessly.
 */

type Entry = { counter: number; sealed: Buffer }

export type JournaledSegment = {
  stream: string
  n: number
  rendition: string
  base: number
  name: string
  headers: Buffer[]
  records: Entry[]
}

export type JournalIndex = {
  /** Segments by `stream/n`. */
  segments: Map<string, JournaledSegment>
  /** Journal files that are not journals. */
  unreadable: string[]
}

const keyOf = (stream: string, n: number): string => `${stream}/${n}`

/** Journal file names, oldest first. */
export async function journalNames(objects: Objects): Promise<string[]> {
  return (await objects.list(JOURNAL)).filter((name) => /^\d{10}\.jnl$/.test(name)).toSorted()
}

/** Reads journals. `only` limits what is kept to one stream. */
export async function indexJournals(objects: Objects, names: string[], only?: string): Promise<JournalIndex> {
  const index: JournalIndex = { segments: new Map(), unreadable: [] }
  for (const name of names) {
    const bytes = await readWhole(objects, joinPath(JOURNAL, name))
    if (!bytes) continue
    if (!isJournal(bytes)) index.unreadable.push(name)
    for (const frame of scanJournal(bytes)) {
      if (only && frame.stream !== only) continue
      const known = index.segments.get(keyOf(frame.stream, frame.n))
      if (frame.kind === 'record') known?.records.push({ counter: frame.counter, sealed: Buffer.from(frame.sealed) })
      else if (known) addHeader(known, frame.header)
      else
        index.segments.set(keyOf(frame.stream, frame.n), {
          ...frame,
          headers: [Buffer.from(frame.header)],
          records: [],
        })
    }
  }
  return index
}

function addHeader(segment: JournaledSegment, header: Buffer): void {
  if (!segment.headers.some((h) => h.equals(header))) segment.headers.push(Buffer.from(header))
}

export const journaledSegment = (index: JournalIndex, stream: string, n: number): JournaledSegment | undefined =>
  index.segments.get(keyOf(stream, n))

/** Bytes of the stream from `from` on that the records hold without a hole, and how many records were replays. */
export function journaledBytes(
  segment: JournaledSegment,
  dataKey: Buffer,
  from: number,
): { bytes: Buffer; replays: number } {
  const keys = tailKeys(segment, dataKey)
  if (!keys) return { bytes: Buffer.alloc(0), replays: 0 }
  const parts: Buffer[] = []
  let reach = from
  let last = -1
  let replays = 0
  for (const { counter, sealed } of segment.records) {
    const plain = tryOpen(keys, counter, sealed)
    if (!plain) continue
    if (counter <= last) {
      replays++
      continue
    }
    last = counter
    const offset = Number(plain.readBigUInt64BE(0))
    const end = offset + plain.length - 8
    if (offset > reach || end <= reach) continue
    parts.push(plain.subarray(8 + reach - offset))
    reach = end
  }
  forget(keys)
  return { bytes: Buffer.concat(parts), replays }
}

function tailKeys(segment: JournaledSegment, dataKey: Buffer): MessageKey | null {
  for (const header of segment.headers) {
    try {
      return openHeader(dataKey, tailContext(idBytes(segment.stream), segment.n), header)
    } catch {
      // A header torn by the crash; another generation holds it whole.
    }
  }
  return null
}

function tryOpen(keys: MessageKey, counter: number, sealed: Buffer): Buffer | null {
  try {
    return openChunk(keys, counter, sealed)
  } catch {
    return null
  }
}

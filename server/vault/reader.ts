import { createHash } from 'node:crypto'
import {
  CHUNK_BYTES,
  chunkPosition,
  ContainerError,
  HEADER_BYTES,
  type MessageKey,
  messageLayout,
  openChunk,
  readRange,
} from '../../proof/container.ts'
import { idBytes } from '../platform/ids.ts'
import { errorCode, type Objects } from '../platform/objects/index.ts'
import { Problem } from '../platform/problem.ts'
import { segmentContext, segmentPath } from './live/format.ts'
import { readBack } from './live/segment.ts'
import type { LiveStream } from './live/stream.ts'
import { forgetKept, holdKey, openKept, secretOf } from './rendition-key.ts'
import type { RenditionKey, SealedSegment, SealedStream, StreamReader } from './types.ts'

type Placed = SealedSegment & { base: number }
type OpenSegment = {
  keys: MessageKey
  source: { size: number; read(position: number, length: number): Promise<Buffer> }
}

/** Random access to a finished stream. Files are opened for one read at a time: a reader needs no closing. */
export function openReader(objects: Objects, key: RenditionKey, stream: SealedStream): StreamReader {
  const segments = placed(stream.segments)
  const opened = new Map<number, Promise<MessageKey>>()
  return {
    size: stream.bytes,
    read: (from, to) =>
      readSegments(segments, from, Math.min(to, stream.bytes), async (segment, a, b) => {
        secretOf(key)
        return withSegment({ objects, key, stream, opened }, segment, ({ keys, source }) =>
          readRange(keys, source, a, b),
        )
      }),
  }
}

function placed(segments: SealedSegment[]): Placed[] {
  let base = 0
  return segments.map((segment) => {
    const at = base
    base += segment.bytes
    return { ...segment, base: at }
  })
}

/** Splits a range over the segments it touches. */
async function readSegments(
  segments: Placed[],
  from: number,
  to: number,
  read: (segment: Placed, from: number, to: number) => Promise<Buffer>,
): Promise<Buffer> {
  const parts: Buffer[] = []
  for (const segment of segments) {
    const a = Math.max(from, segment.base) - segment.base
    const b = Math.min(to, segment.base + segment.bytes) - segment.base
    if (a < b) parts.push(await read(segment, a, b))
  }
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts)
}

type Opening = { objects: Objects; key: RenditionKey; stream: SealedStream; opened: Map<number, Promise<MessageKey>> }

async function withSegment<T>(opening: Opening, segment: Placed, work: (open: OpenSegment) => Promise<T>): Promise<T> {
  const { objects, key, stream, opened } = opening
  try {
    const file = await objects.open(segmentPath(key.renditionId, stream.streamId, segment.n, segment.base))
    try {
      const source = {
        size: await file.size(),
        read: (position: number, length: number) => file.read(position, length),
      }
      const known = opened.get(segment.n) ?? openSegment(opening, segment, source)
      opened.set(segment.n, known)
      known.catch(() => opened.delete(segment.n))
      return await work({ keys: await known, source })
    } finally {
      await file.close()
    }
  } catch (e) {
    throw unreadable(e, key.renditionId, stream.streamId)
  }
}

/** Checks a segment once: its commitment, and its length against the manifest and its last chunk. */
async function openSegment(opening: Opening, segment: Placed, source: OpenSegment['source']): Promise<MessageKey> {
  const context = segmentContext(idBytes(opening.stream.streamId), segment.n)
  const keys = openKept(opening.key, context, await source.read(0, HEADER_BYTES))
  try {
    if (segment.closed === 'recovered') {
      if (source.size < chunkPosition(segment.chunks)) throw new ContainerError('truncated', 'chunks are missing')
      return keys
    }
    const { chunks, bytes } = messageLayout(source.size)
    if (chunks !== segment.chunks || bytes !== segment.bytes)
      throw new ContainerError('truncated', 'its length is not the manifest’s')
    const last = chunkPosition(chunks - 1)
    openChunk(keys, chunks - 1, await source.read(last, source.size - last))
    return keys
  } catch (e) {
    forgetKept(opening.key, keys)
    throw e
  }
}

/** What a person can do about bytes that cannot be read. */
export function unreadable(e: unknown, renditionId: string, streamId: string): unknown {
  if (e instanceof Problem) return e
  const ids = { renditionId, streamId }
  if (errorCode(e) === 'ENOENT')
    return new Problem(
      'stream_missing',
      404,
      `A file of stream ${streamId} is missing. Restore it from the backup of the objects folder, then run doctor.`,
      ids,
    )
  if (e instanceof ContainerError)
    return new Problem(
      'stream_damaged',
      500,
      `Stream ${streamId} is damaged: ${e.message}. Restore it from the backup of the objects folder, then run doctor.`,
      ids,
    )
  return e
}

const HASH_STEP = 64 * CHUNK_BYTES

/** SHA-256 (hex) of a stream's plaintext as the disk holds it. Takes `secret` over and zeroes it. */
export async function hashStored(
  objects: Objects,
  renditionId: string,
  secret: Buffer,
  stream: SealedStream,
): Promise<string> {
  const key = holdKey(renditionId, secret)
  try {
    const reader = openReader(objects, key, stream)
    const hash = createHash('sha256')
    for (let at = 0; at < stream.bytes; at += HASH_STEP) hash.update(await reader.read(at, at + HASH_STEP))
    return hash.digest('hex')
  } finally {
    key.dispose()
  }
}

/** Reads what a live stream holds so far, written or still in memory. */
export function openLiveReader(objects: Objects, key: RenditionKey, s: LiveStream): StreamReader {
  const onDisk = (): StreamReader => {
    const closed = s.state === 'closed'
    const segments = closed ? s.closed : s.closed.filter((segment) => segment.n < s.segment.n)
    const bytes = closed ? s.appended : s.segment.base
    return openReader(objects, key, { streamId: s.id, name: s.name, bytes, sha256: '', segments })
  }
  return {
    get size() {
      return s.appended
    },
    read: async (from, to) => {
      const end = Math.min(to, s.appended)
      const parts: Buffer[] = []
      for (let at = from; at < end;) {
        if (s.state === 'closed' || at < s.segment.base) {
          const stop = s.state === 'closed' ? end : Math.min(end, s.segment.base)
          parts.push(await finishedPart(onDisk(), s, at, stop))
          at = stop
          continue
        }
        const part = await livePart(s, at, end)
        parts.push(part)
        at += part.length
      }
      return Buffer.concat(parts)
    },
  }
}

async function finishedPart(reader: StreamReader, s: LiveStream, from: number, to: number): Promise<Buffer> {
  const bytes = await reader.read(from, to)
  if (bytes.length < to - from)
    throw new Problem(
      'stream_not_readable_yet',
      409,
      `Part of stream ${s.id} is being written again; try again in a moment.`,
    )
  return bytes
}

/** Bytes from `from` to the end of its chunk or `to`. */
async function livePart(s: LiveStream, from: number, to: number): Promise<Buffer> {
  const segment = s.segment
  const k = Math.floor((from - segment.base) / CHUNK_BYTES)
  const start = segment.base + k * CHUNK_BYTES
  if (k >= segment.sealed) return Buffer.from(s.chunk.subarray(from - start, Math.min(s.fill, to - start)))
  const chunk = await readBack(segment, k)
  return chunk.subarray(from - start, to - start)
}

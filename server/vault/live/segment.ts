import { chunkPosition, CHUNK_BYTES, openChunk, SEALED_CHUNK_BYTES } from '../../../proof/container.ts'
import { errorCode, isFull, type Objects, writeAll } from '../../platform/objects/index.ts'
import { namePath, segmentPath } from './format.ts'
import { changed, type LiveStream, newSegment, type Segment, updateDurable, chunkStart } from './stream.ts'

/*
 * Segments on disk: creation, chunks, sync, and giving one up. At most one of these runs at a time for a stream.
 */

export type SegmentDeps = { objects: Objects }

/** Creates the file of the stream's segment, or what is missing of it. Names are durable only after `syncSegment`. */
export async function createSegment({ objects }: SegmentDeps, s: LiveStream): Promise<void> {
  const segment = s.segment
  if (segment.ready) return
  if (!segment.file) {
    await objects.makeFolder(s.renditionId)
    if (segment.n === 0) await createEmpty(objects, namePath(s.renditionId, s.id, s.name))
    segment.file = await objects.create(segmentPath(s.renditionId, s.id, segment.n, segment.base))
  }
  await writeAll(segment.file, segment.header, 0)
  segment.ready = true
}

export async function createEmpty(objects: Objects, path: string): Promise<void> {
  try {
    await (await objects.create(path)).close()
  } catch (e) {
    if (errorCode(e) !== 'EEXIST') throw e
  }
}

/**
 * Writes the chunks that wait, oldest first, each at its place. A chunk that a full disk cut is written again whole: the same
 * ciphertext at the same place.
 */
export async function writeChunks(deps: SegmentDeps, s: LiveStream, release: (bytes: number) => void): Promise<void> {
  const segment = s.segment
  await createSegment(deps, s)
  while (segment.queue.length > 0 && s.segment === segment) {
    const chunk = segment.queue[0]!
    await writeAll(segment.file!, chunk, chunkPosition(segment.written))
    if (s.state === 'closed') return
    segment.queue.shift()
    segment.written++
    s.waiting -= chunk.length
    release(chunk.length)
  }
  if (segment.last && !segment.last.written && s.segment === segment) {
    await writeAll(segment.file!, segment.last.sealed, chunkPosition(segment.sealed))
    segment.last.written = true
  }
  changed(s)
}

/** Makes what was written so far durable, names included. */
export async function syncSegment({ objects }: SegmentDeps, s: LiveStream): Promise<void> {
  const segment = s.segment
  const lastSynced = segment.last?.synced ?? true
  if (!segment.ready || (segment.synced === segment.written && segment.folderSynced && lastSynced)) return
  const { written, last } = segment
  const lastWritten = last?.written ?? false
  await segment.file!.sync()
  if (!segment.folderSynced) {
    await objects.syncFolder(s.renditionId)
    await objects.syncFolder('')
    segment.folderSynced = true
  }
  // Given up meanwhile: what it holds for good was counted then, and the rest is being written again.
  if (s.segment !== segment) return
  segment.synced = written
  if (last && lastWritten) last.synced = true
  updateDurable(s)
  changed(s)
}

/** Gives a failing segment up: the stream goes on in a new one, leaving a number free for the bytes to be written again. */
export function abandonSegment(s: LiveStream): Segment {
  const old = s.segment
  const base = chunkStart(s)
  if (old.synced > 0)
    s.closed.push({ n: old.n, chunks: old.synced, bytes: old.synced * CHUNK_BYTES, closed: 'recovered' })
  s.segment = newSegment(s.idBytes, s.dataKey, old.n + 2, base)
  return old
}

/** The plaintext of a chunk sealed earlier, from memory while it waits and from the file afterwards. */
export async function readBack(segment: Segment, k: number): Promise<Buffer> {
  const waiting = segment.queue[k - segment.written]
  const sealed = waiting ?? (await segment.file!.read(chunkPosition(k), SEALED_CHUNK_BYTES))
  return openChunk(segment.keys, k, sealed)
}

/** Whether to wait and try again rather than give the segment up. */
export const isPatient = (segment: Segment, e: unknown): boolean => isFull(e) || !segment.ready

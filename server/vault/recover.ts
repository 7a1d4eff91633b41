import { createHash, type Hash } from 'node:crypto'
import {
  CHUNK_BYTES,
  chunkPosition,
  encryptStream,
  forget,
  HEADER_BYTES,
  type MessageKey,
  openChunk,
  openHeader,
  SEALED_CHUNK_BYTES,
} from '../../proof/container.ts'
import { idBytes } from '../platform/ids.ts'
import { errorCode, type ObjectFile, type Objects } from '../platform/objects/index.ts'
import { namePath, readEntry, segmentContext, segmentPath } from './live/format.ts'
import { type JournalIndex, journaledBytes } from './live/journal-reader.ts'
import { createEmpty } from './live/segment.ts'
import { writeSegmentFile } from './live/whole.ts'
import type { SealedSegment, SealedStream } from './types.ts'

/*
 * After a crash: for each stream the longest valid prefix of chunks, then what the journal holds beyond it, written as the next
 * segment under a fresh salt. Nothing is ever sealed under an old segment's key: an empty last chunk beside a torn full one
 * would expose the authentication key. Running it again, even after a crash in its middle, gives the same streams.
 */

export type RecoverJob = { objects: Objects; renditionId: string; dataKey: Buffer; journals: JournalIndex }

type Piece = { n: number; base: number }
type Found = { streamId: string; name: string; pieces: Piece[] }

/** Every stream of the rendition, complete and durable. */
export async function recoverStreams(job: RecoverJob): Promise<SealedStream[]> {
  const files = (await job.objects.list(job.renditionId)).map(readEntry)
  for (const entry of files) {
    if (entry.kind === 'part') await job.objects.remove(`${job.renditionId}/${entry.file}`)
  }
  const known = findStreams(job, files)
  for (const entry of files) {
    // A segment nobody was told about: its stream was being written whole when the crash came.
    const orphan = entry.kind === 'segment' && !known.some((found) => found.streamId === entry.stream)
    if (orphan) await job.objects.remove(`${job.renditionId}/${entry.file}`)
  }
  const streams: SealedStream[] = []
  for (const found of known) streams.push(await recoverStream(job, found))
  if ((await makeNames(job, known)) || files.length > 0) await job.objects.syncFolder(job.renditionId)
  return streams.toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

/** Streams that have a name, on disk or in the journal: others were never reported to anyone. */
function findStreams(job: RecoverJob, files: ReturnType<typeof readEntry>[]): Found[] {
  const found = new Map<string, Found>()
  const of = (streamId: string, name: string): Found => {
    const known = found.get(streamId) ?? { streamId, name, pieces: [] }
    found.set(streamId, known)
    return known
  }
  for (const entry of files) if (entry.kind === 'name') of(entry.stream, entry.name)
  const add = (stream: Found | undefined, piece: Piece): void => {
    if (stream && !stream.pieces.some((p) => p.n === piece.n)) stream.pieces.push(piece)
  }
  for (const s of job.journals.segments.values()) {
    if (s.rendition === job.renditionId) add(of(s.stream, s.name), { n: s.n, base: s.base })
  }
  for (const entry of files) {
    if (entry.kind === 'segment') add(found.get(entry.stream), { n: entry.n, base: entry.base })
  }
  for (const stream of found.values()) stream.pieces.sort((a, b) => a.n - b.n)
  return [...found.values()]
}

/** The journal goes after recovery: names it alone holds are made on disk. */
async function makeNames(job: RecoverJob, streams: Found[]): Promise<boolean> {
  if (streams.length === 0) return false
  if (await job.objects.makeFolder(job.renditionId)) await job.objects.syncFolder('')
  for (const { streamId, name } of streams) await createEmpty(job.objects, namePath(job.renditionId, streamId, name))
  return true
}

type Progress = { reach: number; hash: Hash; segments: SealedSegment[] }

async function recoverStream(job: RecoverJob, found: Found): Promise<SealedStream> {
  const progress: Progress = { reach: 0, hash: createHash('sha256'), segments: [] }
  const seen: Piece[] = []
  for (const [i, piece] of found.pieces.entries()) {
    // A hole that nothing fills ends the stream: what follows could not be placed.
    if (piece.base > progress.reach) break
    const limit = found.pieces[i + 1]?.base ?? Number.POSITIVE_INFINITY
    await takeSegment(job, found.streamId, { ...piece, limit }, progress)
    // Even after a complete segment: it may stand for one given up, whose successor had not reached the disk.
    if (progress.reach < limit) await takeJournal(job, found.streamId, { ...piece, limit }, progress)
    seen.push(piece)
  }
  const { reach, hash, segments } = progress
  for (const { n, base } of seen) {
    // A segment without one whole chunk: what the journal held of it stands in the next one now.
    if (!segments.some((segment) => segment.n === n))
      await job.objects.remove(segmentPath(job.renditionId, found.streamId, n, base))
  }
  return { streamId: found.streamId, name: found.name, bytes: reach, sha256: hash.digest('hex'), segments }
}

type Span = Piece & { limit: number }

/** Takes a segment's valid chunks, when its file and header are there. */
async function takeSegment(job: RecoverJob, streamId: string, span: Span, progress: Progress): Promise<void> {
  const path = segmentPath(job.renditionId, streamId, span.n, span.base)
  const file = await openIfThere(job.objects, path)
  if (!file) return
  try {
    const keys = await headerKeys(job, file, streamId, span.n)
    if (!keys) return
    const { chunks, bytes, final } = await hashChunks(keys, file, span, progress.hash)
    forget(keys)
    // What is listed must survive a power cut after this: the crash may have left it in the system's memory only.
    await file.sync()
    progress.reach = span.base + bytes
    if (chunks > 0) progress.segments.push({ n: span.n, chunks, bytes, closed: final ? 'final' : 'recovered' })
  } finally {
    await file.close()
  }
}

async function openIfThere(objects: Objects, path: string): Promise<ObjectFile | null> {
  try {
    return await objects.open(path)
  } catch (e) {
    // Any other failure must not look like a lost file.
    if (errorCode(e) === 'ENOENT') return null
    throw e
  }
}

async function headerKeys(job: RecoverJob, file: ObjectFile, streamId: string, n: number): Promise<MessageKey | null> {
  const header = await file.read(0, HEADER_BYTES)
  try {
    return openHeader(job.dataKey, segmentContext(idBytes(streamId), n), header)
  } catch {
    return null
  }
}

async function hashChunks(
  keys: MessageKey,
  file: ObjectFile,
  span: Span,
  hash: Hash,
): Promise<{ chunks: number; bytes: number; final: boolean }> {
  let bytes = 0
  for (let k = 0; ; k++) {
    const chunk = await openOr(keys, k, await file.read(chunkPosition(k), SEALED_CHUNK_BYTES))
    // Past the limit only the empty chunk that completes the segment counts: the rest was written again in the next one.
    if (!chunk || span.base + bytes + chunk.length > span.limit) return { chunks: k, bytes, final: false }
    hash.update(chunk)
    bytes += chunk.length
    chunk.fill(0)
    if (chunk.length < CHUNK_BYTES) return { chunks: k + 1, bytes, final: true }
  }
}

async function openOr(keys: MessageKey, k: number, sealed: Buffer): Promise<Buffer | null> {
  try {
    return openChunk(keys, k, sealed)
  } catch {
    return null
  }
}

/**
 * What the journal holds of the stream from `from` on, whichever segment it was sealed for: a segment given up just before the
 * crash journaled bytes that its successor did not yet.
 */
function journaledFrom(job: RecoverJob, streamId: string, from: number): Buffer {
  const parts: Buffer[] = []
  let reach = from
  const of = [...job.journals.segments.values()].filter((s) => s.stream === streamId).toSorted((a, b) => a.n - b.n)
  for (const segment of of) {
    const { bytes } = journaledBytes(segment, job.dataKey, reach)
    parts.push(bytes)
    reach += bytes.length
  }
  return Buffer.concat(parts)
}

/** Writes what the journal holds beyond the segment's chunks as segment n+1, a number kept free for this. */
async function takeJournal(job: RecoverJob, streamId: string, span: Span, progress: Progress): Promise<void> {
  const found = journaledFrom(job, streamId, progress.reach)
  const bytes = found.subarray(0, Math.min(found.length, span.limit - progress.reach))
  if (bytes.length === 0) return
  const n = span.n + 1
  const path = segmentPath(job.renditionId, streamId, n, progress.reach)
  const source = encryptStream(job.dataKey, segmentContext(idBytes(streamId), n), [bytes])
  await writeSegmentFile(job.objects, job.renditionId, path, source)
  progress.hash.update(bytes)
  progress.reach += bytes.length
  progress.segments.push({
    n,
    chunks: Math.floor(bytes.length / CHUNK_BYTES) + 1,
    bytes: bytes.length,
    closed: 'final',
  })
  found.fill(0)
}

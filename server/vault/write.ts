import { createHash, type Hash } from 'node:crypto'
import { CHUNK_BYTES, encryptStream } from '../../proof/container.ts'
import { idBytes } from '../platform/ids.ts'
import { isFull, type Objects } from '../platform/objects/index.ts'
import { Problem } from '../platform/problem.ts'
import { namePath, segmentContext, segmentPath } from './live/format.ts'
import { createEmpty } from './live/segment.ts'
import { writeSegmentFile } from './live/whole.ts'
import { secretOf } from './rendition-key.ts'
import type { RenditionKey, SealedStream } from './types.ts'

export type WriteJob = { objects: Objects; key: RenditionKey; streamId: string; name: string }

/**
 * Writes a whole stream as one segment, durable when it resolves; its name appears last. On an error nothing is left behind.
 * Throws Problem `disk_full` (507).
 */
export async function writeStream(
  job: WriteJob,
  source: AsyncIterable<Buffer> | Iterable<Buffer>,
): Promise<SealedStream> {
  const { objects, key, streamId, name } = job
  const path = segmentPath(key.renditionId, streamId, 0, 0)
  const total = { bytes: 0, hash: createHash('sha256') }
  const plain = counted(source, total)
  try {
    await writeSegmentFile(
      objects,
      key.renditionId,
      path,
      encryptStream(secretOf(key), segmentContext(idBytes(streamId), 0), plain),
    )
    await createEmpty(objects, namePath(key.renditionId, streamId, name))
    await objects.syncFolder(key.renditionId)
  } catch (e) {
    await objects.remove(path).catch(() => undefined)
    if (isFull(e))
      throw new Problem('disk_full', 507, 'The disk that holds the recordings is full. Free space, then try again.')
    throw e
  }
  const { bytes, hash } = total
  const segment = { n: 0, chunks: Math.floor(bytes / CHUNK_BYTES) + 1, bytes, closed: 'final' as const }
  return { streamId, name, bytes, sha256: hash.digest('hex'), segments: [segment] }
}

async function* counted(
  source: AsyncIterable<Buffer> | Iterable<Buffer>,
  total: { bytes: number; hash: Hash },
): AsyncGenerator<Buffer> {
  for await (const piece of source) {
    total.bytes += piece.length
    total.hash.update(piece)
    yield piece
  }
}

/** Removes every file of a stream: a derived stream that is made again, or one its maker gives up. */
export async function removeStream(objects: Objects, renditionId: string, streamId: string): Promise<void> {
  const files = (await objects.list(renditionId)).filter((file) => file.startsWith(`${streamId}.`))
  // The name goes last: until then the stream is known to recovery.
  const order = files.toSorted((a, b) => Number(a.endsWith('.name')) - Number(b.endsWith('.name')))
  for (const file of order) await objects.remove(`${renditionId}/${file}`)
  if (files.length > 0) await objects.syncFolder(renditionId)
}

import { CHUNK_BYTES, encryptStream } from '../../../proof/container.ts'
import type { Objects } from '../../platform/objects/index.ts'
import { segmentContext, segmentPath } from './format.ts'
import { indexJournals, journaledBytes, journaledSegment, journalNames } from './journal-reader.ts'
import { readBack } from './segment.ts'
import type { LiveStream, Segment } from './stream.ts'
import { writeSegmentFile } from './whole.ts'

/*
 * After a segment was given up, its chunks that were never known to be safe are written again, as the next segment. They come
 * from memory, from the failing file while the system still holds its pages, or from the journal.
 */

export type RescueDeps = { objects: Objects; flush: () => Promise<void>; stopped: () => boolean; retryMs: number }

/**
 * Resolves to the bytes that could not be saved: they are zeros in the new segment, so that everything keeps its place.
 * Tries until the disk takes the segment or the engine stops; then recovery does it at the next start.
 */
export async function rescue(deps: RescueDeps, s: LiveStream, old: Segment): Promise<number> {
  const bytes = Buffer.alloc((old.sealed - old.synced) * CHUNK_BYTES)
  if (bytes.length === 0) {
    await removeEmpty(deps, s, old)
    return 0
  }
  const saved = await collect(deps, s, old, bytes)
  const from = old.base + old.synced * CHUNK_BYTES
  const path = segmentPath(s.renditionId, s.id, old.n + 1, from)
  while (!deps.stopped() && s.state !== 'closed') {
    try {
      const source = encryptStream(s.dataKey, segmentContext(s.idBytes, old.n + 1), [bytes])
      await writeSegmentFile(deps.objects, s.renditionId, path, source)
      insertAfter(s, old.n, bytes.length)
      await removeEmpty(deps, s, old)
      break
    } catch {
      await new Promise((wake) => setTimeout(wake, deps.retryMs))
    }
  }
  bytes.fill(0)
  if (saved < bytes.length) s.hashBroken = true
  return bytes.length - saved
}

/** A segment given up before any chunk of it was safe is in no manifest. */
async function removeEmpty(deps: RescueDeps, s: LiveStream, old: Segment): Promise<void> {
  if (old.synced > 0) return
  await deps.objects.remove(segmentPath(s.renditionId, s.id, old.n, old.base)).catch(() => undefined)
}

/** Fills `bytes` with the chunks not known to be safe; resolves to how many bytes were found. */
async function collect(deps: RescueDeps, s: LiveStream, old: Segment, bytes: Buffer): Promise<number> {
  let found = 0
  while (found < bytes.length) {
    const chunk = await readBack(old, old.synced + found / CHUNK_BYTES).catch(() => null)
    if (!chunk) break
    chunk.copy(bytes, found)
    found += CHUNK_BYTES
  }
  if (found === bytes.length) return found
  await deps.flush()
  const index = await indexJournals(deps.objects, await journalNames(deps.objects), s.id).catch(() => null)
  const journaled = index && journaledSegment(index, s.id, old.n)
  if (!journaled) return found
  const from = old.base + old.synced * CHUNK_BYTES + found
  return found + journaledBytes(journaled, s.dataKey, from).bytes.copy(bytes, found)
}

function insertAfter(s: LiveStream, n: number, bytes: number): void {
  const at = s.closed.findIndex((segment) => segment.n > n)
  const segment = { n: n + 1, chunks: Math.floor(bytes / CHUNK_BYTES) + 1, bytes, closed: 'final' as const }
  s.closed.splice(at < 0 ? s.closed.length : at, 0, segment)
}

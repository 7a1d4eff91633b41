import { messageOf } from '../../platform/problem.ts'
import { rescue } from './rescue.ts'
import { abandonSegment, isPatient, syncSegment, writeChunks } from './segment.ts'
import type { State } from './state.ts'
import { changed, fault, forgetSegment, isClosed, type LiveStream, updateDurable } from './stream.ts'
import { segmentRefused, settleFault } from './trouble.ts'
import { flushOnce, settleCheckpoint } from './turn.ts'

/*
 * What the workers do for one stream's segment, and what follows when the disk refuses.
 */

/** Writes the chunks that wait. A refusal for lack of room is tried again at the next turn. */
export async function write(state: State, s: LiveStream): Promise<void> {
  if (isClosed(s)) return
  const segment = s.segment
  try {
    await writeChunks(state, s, (bytes) => (state.waiting -= bytes))
    if (isClosed(s) || s.segment !== segment) return
    state.refused.delete(s)
    s.refused = false
    settleFault(state, s)
  } catch (e) {
    if (isClosed(s) || s.segment !== segment) return
    segmentRefused(s, e)
    if (isPatient(segment, e)) state.refused.add(s)
    else giveUp(state, s, e)
  }
}

/** Makes the written chunks durable. */
export async function sync(state: State, s: LiveStream): Promise<void> {
  if (isClosed(s)) return
  const segment = s.segment
  try {
    await syncSegment(state, s)
  } catch (e) {
    if (s.segment === segment && !isClosed(s)) {
      segmentRefused(s, e)
      giveUp(state, s, e)
    }
  }
  settleCheckpoint(state)
}

/** A write or sync failed for good: the stream goes on in a new segment, and bytes not known to be safe are written again. */
function giveUp(state: State, s: LiveStream, e: unknown): void {
  state.log.error({ renditionId: s.renditionId, streamId: s.id, error: messageOf(e) }, 'vault: segment given up')
  const old = abandonSegment(s)
  state.refused.add(s)
  s.rescues++
  const retryMs = Math.max(state.settings.flushMs, 1)
  const flush = (): Promise<void> => flushOnce(state, false)
  void rescue({ objects: state.objects, flush, stopped: () => state.stopped, retryMs }, s, old)
    .then((lost) => {
      const detail = `${lost} bytes could not be saved: they are zeros in the stream.`
      if (lost > 0 && !isClosed(s)) fault(s, { kind: 'io', lost: true, detail })
    })
    .finally(() => {
      void old.file?.close().catch(() => undefined)
      const queued = old.queue.reduce((sum, chunk) => sum + chunk.length, 0)
      forgetSegment(old)
      s.rescues--
      // When the stream was closed meanwhile, nothing was saved and its memory is counted already.
      if (!isClosed(s)) {
        s.waiting -= queued
        state.waiting -= queued
        updateDurable(s)
        settleFault(state, s)
      }
      changed(s)
      settleCheckpoint(state)
    })
}

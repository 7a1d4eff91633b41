import { CHUNK_BYTES, SEALED_CHUNK_BYTES, sealChunk } from '../../../proof/container.ts'
import { Problem } from '../../platform/problem.ts'
import { hashStored } from '../reader.ts'
import type { SealedStream } from '../types.ts'
import { sync, write } from './disk.ts'
import { openJournal } from './journal.ts'
import type { EngineDeps, State } from './state.ts'
import {
  breakCoverage,
  changeAfter,
  chunkStart,
  fault,
  faultOver,
  isClosed,
  type LiveStream,
  newStream,
  sealFullChunk,
  sealRecord,
  type StreamSpec,
} from './stream.ts'
import { closeStream, giveUpLate } from './trouble.ts'
import { flushOnce } from './turn.ts'
import { createWorkers } from './workers.ts'

/*
 * Live writing of all streams of this process. Appending only copies and, once a chunk is full, encrypts; every disk operation
 * happens in three places: the flush loop (journal), the chunk workers (segments) and the checkpoint (segment syncs).
 */

const WRITERS = 2
const SYNCERS = 2

export type Engine = {
  open(spec: StreamSpec): LiveStream
  append(stream: LiveStream, bytes: Buffer): void
  /** More waits in memory than half of what may, of this stream or of all. */
  crowded(stream: LiveStream): boolean
  /** Ends the stream: its last chunk is written and everything durable when this resolves. Rejects when it is given up. */
  finish(stream: LiveStream): Promise<SealedStream>
  /** Gives up every stream of a rendition at once: nothing more is written. */
  abort(renditionId: string): Promise<void>
  /** One journal write now, for tests and for stopping; the loop does it by itself. */
  flush(): Promise<void>
  /** Syncs segments and starts a new journal generation, for tests and for stopping. */
  checkpoint(): Promise<void>
  readonly streams: ReadonlySet<LiveStream>
  /** Journal generations this process writes start here. */
  readonly firstGeneration: number
  /** The program is about to stop: from now on no stream waits longer than `stopMs` for a disk that refuses. */
  windDown(): void
  /** Makes everything appended durable, closes files and zeroes keys. Unfinished streams stay recoverable. */
  stop(): Promise<void>
}

export function startEngine(deps: EngineDeps): Engine {
  const { objects, log, firstGeneration, settings } = deps
  const journal = openJournal({ objects, log, firstGeneration, maxWaiting: settings.journalMemory })
  const state: State = {
    ...deps,
    journal,
    streams: new Set(),
    waiting: 0,
    refused: new Set(),
    writers: createWorkers(WRITERS, (s) => write(state, s)),
    syncers: createWorkers(SYNCERS, (s) => sync(state, s)),
    checkpoint: undefined,
    checkpointAt: performance.now(),
    flushing: undefined,
    timer: undefined,
    journalRefused: false,
    keepsJournals: false,
    windingDownAt: undefined,
    stopped: false,
  }
  schedule(state)
  return {
    open: (spec) => open(state, spec),
    append: (stream, bytes) => append(state, stream, bytes),
    crowded: ({ waiting }) =>
      waiting > state.settings.memoryPerStream / 2 || state.waiting > state.settings.memoryTotal / 2,
    finish: (stream) => finish(state, stream),
    abort: (renditionId) => abort(state, renditionId),
    flush: () => turn(state, false),
    checkpoint: () => checkpointNow(state),
    streams: state.streams,
    firstGeneration,
    windDown: () => void (state.windingDownAt ??= performance.now()),
    stop: () => stop(state),
  }
}

async function turn(state: State, checkpoint: boolean): Promise<void> {
  await flushOnce(state, checkpoint)
  giveUpLate(state)
}

/** The next turn starts a period after this one started, not after it ended: a slow sync must not add to what may be lost. */
function schedule(state: State, wait = state.settings.flushMs): void {
  const { flushMs, checkpointMs, journalBytes } = state.settings
  if (flushMs === 0 || state.stopped) return
  state.timer = setTimeout(() => {
    const start = performance.now()
    const due = start - state.checkpointAt >= checkpointMs || state.journal.position >= journalBytes
    void turn(state, due).finally(() => schedule(state, Math.max(flushMs / 8, flushMs - (performance.now() - start))))
  }, wait)
}

function open(state: State, spec: StreamSpec): LiveStream {
  if (state.stopped) throw new Problem('vault_stopped', 503, 'The vault is stopping and opens no new stream.')
  const stream = newStream(spec)
  state.streams.add(stream)
  state.writers.add(stream)
  return stream
}

function append(state: State, s: LiveStream, bytes: Buffer): void {
  if (s.givenUp) {
    s.dropped += bytes.length
    return
  }
  if (s.state !== 'open') throw new Problem('stream_closed', 409, 'The stream is finished; nothing can be appended.')
  const newChunks = Math.floor((s.fill + bytes.length) / CHUNK_BYTES)
  const needed = s.dropping ? Math.max(newChunks, 1) : newChunks
  s.dropping = needed > 0 && !hasRoom(state, s, needed * SEALED_CHUNK_BYTES)
  if (s.dropping) {
    s.dropped += bytes.length
    s.refused = true
    const detail = 'The disk takes no more bytes and the memory kept for this stream is used up.'
    fault(s, { kind: 'disk_full', lost: true, detail })
    return
  }
  s.appended += bytes.length
  for (let at = 0; at < bytes.length;) {
    const n = bytes.copy(s.chunk, s.fill, at)
    at += n
    s.fill += n
    if (s.fill === CHUNK_BYTES) chunkFull(state, s)
  }
}

function hasRoom({ settings, waiting }: State, s: LiveStream, more: number): boolean {
  // What the disk takes without delay is not limited: only a queue that does not drain counts.
  const limit = s.segment.queue.length === 0 ? settings.memoryTotal : settings.memoryPerStream
  return s.waiting + more <= limit && waiting + more <= settings.memoryTotal
}

function chunkFull(state: State, s: LiveStream): void {
  if (state.journal.accepts() && sealRecord(s, state.journal)) state.journal.mark(s)
  sealFullChunk(s)
  if (s.journaled < chunkStart(s)) breakCoverage(s)
  state.waiting += SEALED_CHUNK_BYTES
  if (!state.refused.has(s)) state.writers.add(s)
}

async function checkpointNow(state: State): Promise<void> {
  await state.writers.idle()
  await flushOnce(state, true)
  await state.syncers.idle()
}

async function finish(state: State, s: LiveStream): Promise<SealedStream> {
  if (s.givenUp) throw stoppedEarly()
  if (s.state !== 'open') throw new Problem('stream_closed', 409, 'The stream is finished already.')
  s.state = 'finishing'
  for (;;) {
    const seen = s.changes
    if (finishSegment(state, s)) break
    await changeAfter(s, seen)
    if (state.stopped || isClosed(s)) throw stoppedEarly()
  }
  const segment = s.segment
  s.hash.update(s.chunk.subarray(0, s.fill))
  s.closed.push({
    n: segment.n,
    chunks: segment.sealed + 1,
    bytes: segment.sealed * CHUNK_BYTES + s.fill,
    closed: 'final',
  })
  s.durable = s.appended
  const sealed = { streamId: s.id, name: s.name, bytes: s.appended, sha256: s.hash.digest('hex'), segments: s.closed }
  if (s.hashBroken) sealed.sha256 = await hashStored(state.objects, s.renditionId, Buffer.from(s.dataKey), sealed)
  await segment.file?.close().catch(() => undefined)
  faultOver(s)
  closeStream(state, s)
  return sealed
}

const stoppedEarly = (): Problem =>
  new Problem(
    'vault_stopped',
    503,
    'The vault stopped before the stream was closed; it is recovered at the next start.',
  )

/** Asks for the next step towards a complete segment. True once it is complete and durable. */
function finishSegment(state: State, s: LiveStream): boolean {
  const segment = s.segment
  segment.last ??= {
    sealed: sealChunk(segment.keys, segment.sealed, s.chunk.subarray(0, s.fill)),
    written: false,
    synced: false,
  }
  if (!segment.last.written) {
    if (!state.refused.has(s)) state.writers.add(s)
    return false
  }
  if (segment.last.synced && segment.folderSynced) return s.rescues === 0
  state.syncers.add(s)
  return false
}

async function abort(state: State, renditionId: string): Promise<void> {
  for (const s of state.streams) {
    if (s.renditionId !== renditionId) continue
    const file = s.segment.file
    closeStream(state, s)
    await state.writers.idle()
    await state.syncers.idle()
    await file?.close().catch(() => undefined)
  }
}

async function stop(state: State): Promise<void> {
  if (state.stopped) return
  state.stopped = true
  clearTimeout(state.timer)
  await flushOnce(state, false)
  // Streams not finished need every generation at the next start.
  state.keepsJournals = true
  for (const s of state.streams) s.state = 'closed'
  await Promise.all([state.writers.idle(), state.syncers.idle()])
  for (const s of state.streams) {
    await s.segment.file?.close().catch(() => undefined)
    closeStream(state, s)
  }
  await state.journal.close()
}

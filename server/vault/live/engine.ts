import { CHUNK_BYTES, SEALED_CHUNK_BYTES, sealChunk } from '../../../proof/container.ts'
import { isFull, type Objects } from '../../platform/objects/index.ts'
import type { Logger } from '../../platform/log.ts'
import { messageOf, Problem } from '../../platform/problem.ts'
import { hashStored } from '../reader.ts'
import type { VaultSettings } from '../settings.ts'
import type { SealedStream } from '../types.ts'
import { JOURNAL_HEADER_BYTES } from './format.ts'
import { type Journal, openJournal } from './journal.ts'
import { rescue } from './rescue.ts'
import { abandonSegment, isPatient, syncSegment, writeChunks } from './segment.ts'
import {
  breakCoverage,
  changeAfter,
  changed,
  chunkStart,
  fault,
  forgetStream,
  type LiveStream,
  newStream,
  sealFullChunk,
  sealRecord,
  type StreamSpec,
  updateDurable,
} from './stream.ts'
import { createWorkers } from './workers.ts'

/*
 * Live writing of all streams of this process. Appending only copies and, once a chunk is full, encrypts; every disk operation
 * happens in three places: the flush loop (journal), the chunk workers (segments) and the checkpoint (segment syncs).
 */

const SLICE = 64
const WRITERS = 2
const SYNCERS = 2

export type Engine = {
  open(spec: StreamSpec): LiveStream
  append(stream: LiveStream, bytes: Buffer): void
  /** Ends the stream: its last chunk is written and everything durable when this resolves. */
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
  /** Makes everything appended durable, closes files and zeroes keys. Unfinished streams stay recoverable. */
  stop(): Promise<void>
}

export type EngineDeps = { objects: Objects; log: Logger; settings: VaultSettings; firstGeneration: number }

/** `journaled`: the new generation holds, durably, the chunk each stream was filling. */
type Checkpoint = { generation: number; targets: Map<LiveStream, number>; journaled: boolean }

type State = EngineDeps & {
  journal: Journal
  streams: Set<LiveStream>
  /** Ciphertext waiting in memory over all streams, bytes. */
  waiting: number
  /** Streams whose disk refused: tried again at the next tick. */
  refused: Set<LiveStream>
  writers: ReturnType<typeof createWorkers<LiveStream>>
  syncers: ReturnType<typeof createWorkers<LiveStream>>
  /** The checkpoint under way: what each stream's segments must hold before older generations go. */
  checkpoint: Checkpoint | undefined
  checkpointAt: number
  flushing: Promise<void> | undefined
  timer: NodeJS.Timeout | undefined
  stopped: boolean
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
    checkpointAt: Date.now(),
    flushing: undefined,
    timer: undefined,
    stopped: false,
  }
  schedule(state)
  return {
    open: (spec) => open(state, spec),
    append: (stream, bytes) => append(state, stream, bytes),
    finish: (stream) => finish(state, stream),
    abort: (renditionId) => abort(state, renditionId),
    flush: () => flushOnce(state, false),
    checkpoint: () => checkpointNow(state),
    streams: state.streams,
    firstGeneration,
    stop: () => stop(state),
  }
}

function schedule(state: State): void {
  if (state.settings.flushMs === 0 || state.stopped) return
  state.timer = setTimeout(() => {
    const due = Date.now() - state.checkpointAt >= state.settings.checkpointMs
    const big = state.journal.position >= state.settings.journalBytes
    void flushOnce(state, due || big).finally(() => schedule(state))
  }, state.settings.flushMs)
}

function open(state: State, spec: StreamSpec): LiveStream {
  if (state.stopped) throw new Problem('vault_stopped', 503, 'The vault is stopping and opens no new stream.')
  const stream = newStream(spec)
  state.streams.add(stream)
  state.writers.add(stream)
  return stream
}

function append(state: State, s: LiveStream, bytes: Buffer): void {
  if (s.state !== 'open') throw new Problem('stream_closed', 409, 'The stream is finished; nothing can be appended.')
  const newChunks = Math.floor((s.fill + bytes.length) / CHUNK_BYTES)
  if (newChunks > 0 && !hasRoom(state, s, newChunks * SEALED_CHUNK_BYTES)) {
    s.dropped += bytes.length
    fault(s, 'disk_full', 'The disk takes no more bytes and the memory kept for this stream is used up.')
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
  if (state.journal.accepts()) state.journal.add(s, sealRecord(s, state.journal.generation))
  sealFullChunk(s)
  if (s.journaled < chunkStart(s)) breakCoverage(s)
  state.waiting += SEALED_CHUNK_BYTES
  if (!state.refused.has(s)) state.writers.add(s)
}

// ---------------------------------------------------------------- segments

async function write(state: State, s: LiveStream): Promise<void> {
  if (s.state === 'closed') return
  const segment = s.segment
  try {
    await writeChunks(state, s, (bytes) => (state.waiting -= bytes))
    state.refused.delete(s)
  } catch (e) {
    if (isClosed(s) || s.segment !== segment) return
    if (isPatient(segment, e)) {
      state.refused.add(s)
      if (!segment.ready && !isFull(e)) fault(s, 'io', `The segment cannot be created: ${messageOf(e)}`)
    } else giveUp(state, s, e)
  }
}

async function sync(state: State, s: LiveStream): Promise<void> {
  if (s.state === 'closed') return
  const segment = s.segment
  try {
    await syncSegment(state, s)
  } catch (e) {
    if (s.segment === segment && !isClosed(s)) giveUp(state, s, e)
  }
  settleCheckpoint(state)
}

/** A write or sync failed for good: the stream goes on in a new segment, and bytes not known to be safe are written again. */
function giveUp(state: State, s: LiveStream, e: unknown): void {
  state.log.error({ renditionId: s.renditionId, streamId: s.id, error: messageOf(e) }, 'vault: segment given up')
  fault(s, 'io', `A segment could not be written: ${messageOf(e)}`)
  const old = abandonSegment(s)
  state.refused.add(s)
  s.rescues++
  const retryMs = Math.max(state.settings.flushMs, 1)
  const flush = (): Promise<void> => flushOnce(state, false)
  void rescue({ objects: state.objects, flush, stopped: () => state.stopped, retryMs }, s, old)
    .then((lost) => {
      s.faulted &&= lost === 0
      if (lost > 0) fault(s, 'io', `${lost} bytes could not be saved: they are zeros in the stream.`)
    })
    .finally(() => {
      void old.file?.close().catch(() => undefined)
      for (const chunk of old.queue.splice(0)) {
        s.waiting -= chunk.length
        state.waiting -= chunk.length
      }
      s.rescues--
      updateDurable(s)
      changed(s)
      settleCheckpoint(state)
    })
}

// ---------------------------------------------------------------- journal

/** One turn of the loop: perhaps a new generation, then one record for each stream with news, one write, one sync. */
function flushOnce(state: State, checkpoint: boolean): Promise<void> {
  const turn = (state.flushing ?? Promise.resolve()).then(() => flushTurn(state, checkpoint))
  state.flushing = turn.catch((e: unknown) => state.log.error({ error: messageOf(e) }, 'vault: journal turn failed'))
  return state.flushing
}

async function flushTurn(state: State, checkpoint: boolean): Promise<void> {
  for (const s of state.refused) {
    state.refused.delete(s)
    state.writers.add(s)
  }
  if (state.checkpoint) syncLaggards(state)
  if (needsGeneration(state, checkpoint)) await nextGeneration(state)
  const complete = await sealRecords(state)
  const result = await state.journal.flush()
  if (result === 'broken') return journalBroken(state)
  if (result === 'full') return
  for (const { stream, from, to } of result.marks) {
    if (stream.journalSpan.from !== from || stream.journalSpan.to < to) stream.journalSpan = { from, to }
    updateDurable(stream)
  }
  if (complete && state.checkpoint) state.checkpoint.journaled = true
  settleCheckpoint(state)
}

/** One record for each stream with news, in slices so that packets are read in between. False when some were refused. */
async function sealRecords(state: State): Promise<boolean> {
  let count = 0
  for (const s of state.streams) {
    if (s.state === 'closed') continue
    if (!state.journal.accepts()) return false
    const frames = sealRecord(s, state.journal.generation)
    if (frames.length > 0) state.journal.add(s, frames)
    if (++count % SLICE === 0) await new Promise(setImmediate)
  }
  return true
}

function needsGeneration({ journal, streams, checkpoint: running }: State, checkpoint: boolean): boolean {
  if (!journal.open) return streams.size > 0
  return checkpoint && !running && !journal.stuck && journal.position > JOURNAL_HEADER_BYTES
}

async function nextGeneration(state: State): Promise<void> {
  try {
    await state.journal.start()
  } catch (e) {
    state.log.warn({ error: messageOf(e) }, 'vault: no new journal generation')
    return
  }
  state.checkpointAt = Date.now()
  beginCheckpoint(state)
}

function journalBroken(state: State): void {
  for (const s of state.streams) breakCoverage(s)
}

// ---------------------------------------------------------------- checkpoint

function beginCheckpoint(state: State): void {
  const targets = new Map<LiveStream, number>()
  for (const s of state.streams) targets.set(s, chunkStart(s))
  state.checkpoint = { generation: state.journal.generation, targets, journaled: false }
  syncLaggards(state)
}

function syncLaggards(state: State): void {
  for (const s of state.checkpoint?.targets.keys() ?? []) state.syncers.add(s)
}

/** Deletes older generations once every stream's segments hold what they held alone. */
function settleCheckpoint(state: State): void {
  const checkpoint = state.checkpoint
  if (!checkpoint) return
  for (const [s, target] of checkpoint.targets) {
    if (s.state === 'closed' || (s.rescues === 0 && s.segmentDurable >= target && s.segment.folderSynced)) {
      checkpoint.targets.delete(s)
    }
  }
  if (checkpoint.targets.size > 0 || !checkpoint.journaled) return
  state.checkpoint = undefined
  state.journal.deleteBefore(checkpoint.generation).catch((e: unknown) => {
    state.log.warn({ error: messageOf(e) }, 'vault: an old journal generation stays')
  })
}

async function checkpointNow(state: State): Promise<void> {
  await state.writers.idle()
  await flushOnce(state, true)
  await state.syncers.idle()
}

// ---------------------------------------------------------------- end

async function finish(state: State, s: LiveStream): Promise<SealedStream> {
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
  close(state, s)
  return sealed
}

const isClosed = (s: LiveStream): boolean => s.state === 'closed'

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

function close(state: State, s: LiveStream): void {
  state.waiting -= s.waiting
  s.waiting = 0
  state.streams.delete(s)
  state.refused.delete(s)
  forgetStream(s)
  settleCheckpoint(state)
}

async function abort(state: State, renditionId: string): Promise<void> {
  for (const s of state.streams) {
    if (s.renditionId !== renditionId) continue
    const file = s.segment.file
    close(state, s)
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
  for (const s of state.streams) s.state = 'closed'
  await Promise.all([state.writers.idle(), state.syncers.idle()])
  for (const s of state.streams) {
    await s.segment.file?.close().catch(() => undefined)
    close(state, s)
  }
  await state.journal.close()
}

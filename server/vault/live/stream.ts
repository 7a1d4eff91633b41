import { createHash, type Hash } from 'node:crypto'
import { CHUNK_BYTES, forget, type MessageKey, newMessage, sealChunk, sealChunkInto } from '../../../proof/container.ts'
import type { ObjectFile } from '../../platform/objects/index.ts'
import { idBytes } from '../../platform/ids.ts'
import type { SealedSegment, VaultFault } from '../types.ts'
import {
  FRAME_HEADER_BYTES,
  openingFrame,
  RECORD,
  RECORD_OVERHEAD,
  segmentContext,
  tailContext,
  writeFrameHeader,
} from './format.ts'

/*
 * One live stream in memory: a fixed buffer of one chunk, the sealed chunks the disk has not taken yet, and how far each kind of
 * durability reaches. Nothing in this file does I/O.
 */

/** A segment being written. Offsets inside it are chunks. */
export type Segment = {
  readonly n: number
  /** Where it starts in the stream, bytes. */
  readonly base: number
  readonly keys: MessageKey
  readonly header: Buffer
  readonly tail: { keys: MessageKey; header: Buffer; counter: number }
  /** Generation of the journal that holds its opening frame; -1 for none. */
  openedIn: number
  file: ObjectFile | undefined
  ready: boolean
  /** Chunks sealed; those from `written` on wait in `queue`. */
  sealed: number
  written: number
  queue: Buffer[]
  /** The short last chunk, sealed by `finish`. */
  last: { sealed: Buffer; written: boolean; synced: boolean } | undefined
  /** Chunks known to be on the disk for good. */
  synced: number
  folderSynced: boolean
}

export type LiveStream = {
  readonly id: string
  readonly idBytes: Buffer
  readonly name: string
  readonly renditionId: string
  readonly renditionBytes: Buffer
  /** A copy of the data key, zeroed when the stream closes. */
  readonly dataKey: Buffer
  readonly onFault: (fault: VaultFault | null) => void
  readonly hash: Hash
  /** Bytes already hashed were lost: the hash is made again from the disk. */
  hashBroken: boolean
  readonly chunk: Buffer
  fill: number
  appended: number
  durable: number
  dropped: number
  /** The last append was dropped: what follows is too, until a whole chunk has room, so that one trouble makes one hole. */
  dropping: boolean
  /** Ciphertext waiting in memory, bytes. */
  waiting: number
  segment: Segment
  /** Earlier segments, complete or abandoned, in order. */
  closed: SealedSegment[]
  /** Bytes of the stream sealed into the journal so far (not necessarily durable). */
  journaled: number
  /** Since where the journal holds the stream without a hole. */
  journalFrom: number
  /** The last unbroken span the journal made durable. */
  journalSpan: { from: number; to: number }
  /** Bytes of the stream that segments alone hold for good. */
  segmentDurable: number
  /** Abandoned segments whose bytes are being written again. */
  rescues: number
  /** The disk refused the segment, or bytes were dropped for it, and it has taken none since. */
  refused: boolean
  /** What its owner was told of the present trouble, and since when there is any, ms of `performance.now()`. */
  told: { kind: VaultFault['kind']; lost: boolean; since: number } | undefined
  /** The program stops and the disk did not take the last bytes: recovery closes the stream. */
  givenUp: boolean
  state: 'open' | 'finishing' | 'closed'
  /** Grows with every change someone may wait for. */
  changes: number
  waiters: (() => void)[]
}

export type StreamSpec = {
  id: string
  name: string
  renditionId: string
  dataKey: Buffer
  onFault: (fault: VaultFault | null) => void
}

export function newStream(spec: StreamSpec): LiveStream {
  const id = idBytes(spec.id)
  const dataKey = Buffer.from(spec.dataKey)
  return {
    id: spec.id,
    idBytes: id,
    name: spec.name,
    renditionId: spec.renditionId,
    renditionBytes: idBytes(spec.renditionId),
    dataKey,
    onFault: spec.onFault,
    hash: createHash('sha256'),
    hashBroken: false,
    chunk: Buffer.alloc(CHUNK_BYTES),
    fill: 0,
    appended: 0,
    durable: 0,
    dropped: 0,
    dropping: false,
    waiting: 0,
    segment: newSegment(id, dataKey, 0, 0),
    closed: [],
    journaled: 0,
    journalFrom: 0,
    journalSpan: { from: 0, to: 0 },
    segmentDurable: 0,
    rescues: 0,
    refused: false,
    told: undefined,
    givenUp: false,
    state: 'open',
    changes: 0,
    waiters: [],
  }
}

export function newSegment(stream: Buffer, dataKey: Buffer, n: number, base: number): Segment {
  const tail = newMessage(dataKey, tailContext(stream, n))
  return {
    n,
    base,
    ...newMessage(dataKey, segmentContext(stream, n)),
    tail: { ...tail, counter: 0 },
    openedIn: -1,
    file: undefined,
    ready: false,
    sealed: 0,
    written: 0,
    queue: [],
    last: undefined,
    synced: 0,
    folderSynced: false,
  }
}

/** A call and not a comparison: the state changes while others wait. */
export const isClosed = (s: LiveStream): boolean => s.state === 'closed'

/** Where the chunk being filled starts in the stream. */
export const chunkStart = (s: LiveStream): number => s.segment.base + s.segment.sealed * CHUNK_BYTES

/** Seals the full chunk buffer and queues it for the segment. */
export function sealFullChunk(s: LiveStream): void {
  const sealed = sealChunk(s.segment.keys, s.segment.sealed, s.chunk)
  s.hash.update(s.chunk)
  s.segment.sealed++
  s.segment.queue.push(sealed)
  s.waiting += sealed.length
  s.fill = 0
}

/** Where frames go: `reserve` gives room that must be filled at once. */
export type FrameSink = { readonly generation: number; reserve(bytes: number): Buffer }

const scratch = Buffer.allocUnsafe(8 + CHUNK_BYTES)

/** Seals what the journal does not hold yet of the chunk being filled, if anything. True when frames were added. */
export function sealRecord(s: LiveStream, journal: FrameSink): boolean {
  const start = chunkStart(s)
  const segment = s.segment
  if (segment.openedIn !== journal.generation) {
    // A new generation holds the whole of the chunk being filled, so that the older ones can go once full chunks are synced.
    s.journaled = Math.min(s.journaled, start)
    if (s.fill === 0) return false
    segment.openedIn = journal.generation
    const of = { stream: s.idBytes, n: segment.n, rendition: s.renditionBytes, base: segment.base, name: s.name }
    const opening = openingFrame({ ...of, header: segment.tail.header })
    opening.copy(journal.reserve(opening.length))
  }
  const from = Math.max(s.journaled, start)
  const data = s.chunk.subarray(from - start, s.fill)
  if (data.length === 0) return false
  const frame = journal.reserve(FRAME_HEADER_BYTES + RECORD_OVERHEAD + data.length)
  writeFrameHeader(frame, RECORD, s.idBytes, segment.n)
  const counter = segment.tail.counter++
  frame.writeBigUInt64BE(BigInt(counter), FRAME_HEADER_BYTES)
  scratch.writeBigUInt64BE(BigInt(from), 0)
  data.copy(scratch, 8)
  sealChunkInto(
    segment.tail.keys,
    counter,
    scratch.subarray(0, 8 + data.length),
    frame.subarray(FRAME_HEADER_BYTES + 8),
  )
  s.journaled = start + s.fill
  return true
}

/** The journal lost or skipped something: it covers the stream without a hole only from the chunk being filled on. */
export function breakCoverage(s: LiveStream): void {
  s.journalFrom = chunkStart(s)
  s.journaled = s.journalFrom
}

/** Counts again what a power cut can no longer take. */
export function updateDurable(s: LiveStream): void {
  if (s.rescues === 0) s.segmentDurable = Math.max(s.segmentDurable, s.segment.base + s.segment.synced * CHUNK_BYTES)
  const journal = s.journalSpan.from <= s.segmentDurable ? s.journalSpan.to : 0
  s.durable = Math.max(s.durable, s.segmentDurable, journal)
}

/** Wakes whoever waits for this stream. */
export function changed(s: LiveStream): void {
  s.changes++
  const waiters = s.waiters
  s.waiters = []
  for (const wake of waiters) wake()
}

/** Resolves when something changed since `seen`. */
export const changeAfter = (s: LiveStream, seen: number): Promise<void> =>
  s.changes > seen ? Promise.resolve() : new Promise((wake) => s.waiters.push(wake))

/** Tells the owner of the first refusal and of the first loss, once each until it is over. */
export function fault(s: LiveStream, { kind, lost, detail }: Pick<VaultFault, 'kind' | 'lost' | 'detail'>): void {
  if (s.told && (s.told.lost || !lost)) return
  s.told = { kind, lost, since: s.told?.since ?? performance.now() }
  s.onFault({ kind, lost, renditionId: s.renditionId, streamId: s.id, detail })
}

/** Tells the owner, if it heard of any trouble, that it is over. */
export function faultOver(s: LiveStream): void {
  if (!s.told) return
  s.told = undefined
  s.onFault(null)
}

export function forgetSegment(segment: Segment): void {
  forget(segment.keys)
  forget(segment.tail.keys)
  segment.queue = []
}

/** Zeroes keys and audio. */
export function forgetStream(s: LiveStream): void {
  s.state = 'closed'
  s.dataKey.fill(0)
  s.chunk.fill(0)
  forgetSegment(s.segment)
  changed(s)
}

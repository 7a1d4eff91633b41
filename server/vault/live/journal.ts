import { joinPath, isFull, type ObjectFile, type Objects, writeAll } from '../../platform/objects/index.ts'
import type { Logger } from '../../platform/log.ts'
import { messageOf } from '../../platform/problem.ts'
import { JOURNAL, journalHeader, journalName, JOURNAL_HEADER_BYTES } from './format.ts'
import type { LiveStream } from './stream.ts'

/*
 * The shared journal: what the streams of this process hold in chunks not yet full (and in full ones not yet synced), made
 * durable by one write and one sync for all. A generation is a file; the next one starts at a checkpoint.
 */

/** How far a batch brings one stream. */
type Mark = { stream: LiveStream; from: number; to: number }

type Batch = { arena: Buffer; bytes: Buffer; marks: Mark[] }

export type Journal = {
  readonly generation: number
  /** Bytes of the generation so far. */
  readonly position: number
  /** Whether there is a file to write to. */
  readonly open: boolean
  /** A batch waits for room on the disk. */
  readonly stuck: boolean
  /** Frames are refused while a batch waits for room on the disk, or too much waits already. */
  accepts(): boolean
  /** Room for a frame, to be filled at once. */
  reserve(bytes: number): Buffer
  /** Notes how far the frames just added bring a stream. */
  mark(stream: LiveStream): void
  /** Starts the next generation. Throws when the disk refuses. */
  start(): Promise<void>
  /**
   * Writes and syncs what was added. Returns the marks now durable, or why not: `full` keeps the batch for the next try,
   * `broken` gives the generation up.
   */
  flush(): Promise<{ marks: Mark[] } | 'full' | 'broken'>
  /** Deletes the generations of this process before `generation`. */
  deleteBefore(generation: number): Promise<void>
  close(): Promise<void>
}

export type JournalDeps = { objects: Objects; log: Logger; firstGeneration: number; maxWaiting: number }

const ARENA_BYTES = 2 ** 20

type State = {
  generation: number
  /** Highest generation whose file may exist: a name is never used twice. */
  highest: number
  position: number
  file: ObjectFile | undefined
  /** Frames are sealed straight into this; a second one is filled while the first is written. */
  arena: Buffer
  used: number
  spare: Buffer | undefined
  marks: Map<LiveStream, Mark>
  stuck: Batch | undefined
  oldest: number
}

export function openJournal(deps: JournalDeps): Journal {
  const first = deps.firstGeneration
  const state: State = {
    generation: -1,
    highest: first - 1,
    position: 0,
    file: undefined,
    arena: Buffer.allocUnsafe(ARENA_BYTES),
    used: 0,
    spare: undefined,
    marks: new Map(),
    stuck: undefined,
    oldest: first,
  }
  return {
    get generation() {
      return state.generation
    },
    get position() {
      return state.position
    },
    get open() {
      return state.file !== undefined
    },
    get stuck() {
      return state.stuck !== undefined
    },
    accepts: () => state.file !== undefined && !state.stuck && state.used < deps.maxWaiting,
    reserve: (bytes) => reserve(state, bytes),
    mark: (stream) => {
      const mark = state.marks.get(stream)
      const to = stream.journaled
      if (mark && mark.from === stream.journalFrom) mark.to = to
      else state.marks.set(stream, { stream, from: stream.journalFrom, to })
    },
    start: () => startGeneration(deps, state),
    flush: () => flush(deps, state),
    deleteBefore: async (generation) => {
      for (; state.oldest < generation; state.oldest++) await deps.objects.remove(pathOf(state.oldest))
    },
    close: async () => {
      await state.file?.close()
      state.file = undefined
    },
  }
}

const pathOf = (generation: number): string => joinPath(JOURNAL, journalName(generation))

async function startGeneration(deps: JournalDeps, state: State): Promise<void> {
  const generation = state.highest + 1
  if (await deps.objects.makeFolder(JOURNAL)) await deps.objects.syncFolder('')
  const file = await deps.objects.create(pathOf(generation))
  state.highest = generation
  try {
    await writeAll(file, journalHeader(generation), 0)
    await file.sync()
    await deps.objects.syncFolder(JOURNAL)
  } catch (e) {
    await file.close().catch(() => undefined)
    throw e
  }
  await state.file?.close().catch(() => undefined)
  state.file = file
  state.generation = generation
  state.position = JOURNAL_HEADER_BYTES
}

function reserve(state: State, bytes: number): Buffer {
  const end = state.used + bytes
  if (end > state.arena.length) {
    const larger = Buffer.allocUnsafe(Math.max(end, 2 * state.arena.length))
    state.arena.copy(larger, 0, 0, state.used)
    state.arena = larger
  }
  const room = state.arena.subarray(state.used, end)
  state.used = end
  return room
}

function takeBatch(state: State): Batch | undefined {
  if (state.used === 0) return undefined
  const { arena, used } = state
  const batch = { arena, bytes: arena.subarray(0, used), marks: [...state.marks.values()] }
  state.arena = state.spare ?? Buffer.allocUnsafe(ARENA_BYTES)
  state.spare = undefined
  state.used = 0
  state.marks = new Map()
  return batch
}

async function flush(deps: JournalDeps, state: State): Promise<{ marks: Mark[] } | 'full' | 'broken'> {
  const batch = state.stuck ?? takeBatch(state)
  if (!batch) return { marks: [] }
  if (!state.file) return 'broken'
  try {
    // After a full disk the same ciphertext goes to the same place: nothing is sealed twice.
    await writeAll(state.file, batch.bytes, state.position)
  } catch (e) {
    if (!isFull(e)) return broken(deps, state, e)
    state.stuck = batch
    return 'full'
  }
  try {
    await state.file.sync()
  } catch (e) {
    return broken(deps, state, e)
  }
  state.stuck = undefined
  state.spare = batch.arena
  state.position += batch.bytes.length
  return { marks: batch.marks }
}

/** After a failed sync the state of the file is unknown: it is kept for recovery and never written again. */
function broken(deps: JournalDeps, state: State, e: unknown): 'broken' {
  deps.log.error({ generation: state.generation, error: messageOf(e) }, 'vault: the journal cannot be written')
  state.stuck = undefined
  takeBatch(state)
  state.file?.close().catch(() => undefined)
  state.file = undefined
  return 'broken'
}

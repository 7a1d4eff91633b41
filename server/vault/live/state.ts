import type { Logger } from '../../platform/log.ts'
import type { Objects } from '../../platform/objects/index.ts'
import type { VaultSettings } from '../settings.ts'
import type { Journal } from './journal.ts'
import type { LiveStream } from './stream.ts'
import type { createWorkers } from './workers.ts'

export type EngineDeps = { objects: Objects; log: Logger; settings: VaultSettings; firstGeneration: number }

/** `journaled`: the new generation holds, durably, the chunk each stream was filling. */
export type Checkpoint = { generation: number; targets: Map<LiveStream, number>; journaled: boolean }

export type State = EngineDeps & {
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
  /** The journal's last turn was refused by the disk. */
  journalRefused: boolean
  /** Older generations stay: streams that are not finished need them at the next start. */
  keepsJournals: boolean
  /** When the program said that it is about to stop, ms of `performance.now()`. */
  windingDownAt: number | undefined
  stopped: boolean
}

import type { Rate } from '../ports.ts'
import type { Raw } from '../words.ts'

/**
 * What the server and an engine's process say to each other, over Node's IPC with structured clones: samples travel as
 * they are in memory.
 */

export const KINDS = ['nemo-ctc', 'nemo-transducer', 'whisper', 'streaming-transducer', 'streaming-nemo-ctc'] as const
export type Kind = (typeof KINDS)[number]
export const streams = (kind: Kind): boolean => kind.startsWith('streaming-')

/** Absolute paths by their part in the model. */
export type ModelFiles = { tokens: string; model?: string; encoder?: string; decoder?: string; joiner?: string }

export type Task =
  | { run: 'recogniser'; kind: Kind; files: ModelFiles; threads: number }
  | { run: 'detector'; file: string; threshold: number }

export type Ask =
  | { ask: 'load'; task: Task }
  | { ask: 'transcribe'; id: number; samples: Int16Array; rate: Rate; language: string | null }
  | { ask: 'open'; id: number; rate: Rate; language: string | null }
  | { ask: 'push'; id: number; samples: Int16Array }
  /** No more audio: answered by `done`. */
  | { ask: 'finish'; id: number }
  | { ask: 'close'; id: number }

export type Answer =
  | { say: 'loaded'; version: string }
  | { say: 'unusable'; why: string }
  /** The end of a job or stream. `rss`: the process's memory in bytes. */
  | { say: 'done'; id: number; raw: Raw; rss: number }
  | { say: 'failed'; id: number; why: string }
  /** `samples` of a stream have been taken in; `raw` when what was heard has changed. */
  | { say: 'heard'; id: number; samples: number; raw: Raw | null }
  | { say: 'frames'; id: number; samples: number; speech: Uint8Array }

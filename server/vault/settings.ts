/** How live writing behaves. Times in ms, sizes in bytes. */
export type VaultSettings = {
  /** Between two journal writes: at most about this much is lost at a crash. 0: only when asked, for tests. */
  flushMs: number
  /** Between two checkpoints. */
  checkpointMs: number
  /** A checkpoint comes early when the journal reaches this size. */
  journalBytes: number
  /** Ciphertext kept in memory while the disk refuses: per stream, and over all streams. */
  memoryPerStream: number
  memoryTotal: number
  /** Journal frames kept in memory while a sync is slow. */
  journalMemory: number
  /** How long streams wait for a disk that refuses once the program is about to stop. */
  stopMs: number
}

export const defaultSettings: VaultSettings = {
  flushMs: 300,
  checkpointMs: 10_000,
  journalBytes: 256 * 2 ** 20,
  memoryPerStream: 8 * 2 ** 20,
  memoryTotal: 256 * 2 ** 20,
  journalMemory: 64 * 2 ** 20,
  stopMs: 5000,
}

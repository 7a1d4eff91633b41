import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Phase } from '../add.ts'

export type Progress = { phase: Phase; done: number; total: number | null }

/** A folder of the test's own, and what the code under test asks for, without waiting. */
export function scene() {
  const folder = mkdtempSync(join(tmpdir(), 'verbale-models-'))
  const waits: number[] = []
  const retries: string[] = []
  const progress: Progress[] = []
  return {
    folder,
    root: join(folder, 'models'),
    waits,
    retries,
    progress,
    deps: {
      idleMs: 20_000,
      sleep: (ms: number): Promise<void> => {
        waits.push(ms)
        return Promise.resolve()
      },
      free: (): Promise<number> => Promise.resolve(1e12),
      onRetry: (why: string): void => void retries.push(why),
      onProgress: (phase: Phase, done: number, total: number | null): void =>
        void progress.push({ phase, done, total }),
    },
    end: (): void => rmSync(folder, { recursive: true, force: true }),
  }
}
export type Scene = ReturnType<typeof scene>

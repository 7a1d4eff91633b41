import type { StreamReader } from '../../vault/types.ts'
import { decodeRecords } from './packetlog-read.ts'
import type { LogRecord } from './packetlog.ts'
import type { Run } from './seekindex.ts'

/** Reading this much more than needed is cheaper than a second read. */
const BRIDGE = 8 * 1024
/** Most bytes of log held at once. */
const MAX_READ = 1024 * 1024

/** The runs that touch `[from, to)` of a lane, of a list sorted by place. */
export function runsIn(runs: readonly Run[], from: number, to: number): Run[] {
  let low = 0
  let high = runs.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((runs[middle]?.to ?? 0) > from) high = middle
    else low = middle + 1
  }
  let end = low
  while (end < runs.length && (runs[end]?.from ?? 0) < to) end++
  return runs.slice(low, end)
}

/** Reads runs from the log with few reads, and gives them in the order they lie on the lane, a stretch at a time. */
export async function* readRuns(
  log: StreamReader,
  runs: readonly Run[],
): AsyncGenerator<{ run: Run; records: LogRecord[] }> {
  for (let i = 0; i < runs.length;) {
    const { from, to, next } = stretch(runs, i)
    const bytes = await log.read(from, to)
    for (const run of runs.slice(i, next)) {
      const part = bytes.subarray(run.offset - from, run.offset - from + run.bytes)
      yield { run, records: [...decodeRecords(part)].map((l) => l.record) }
    }
    i = next
  }
}

/** The longest sequence of runs from `first` on whose log bytes are worth one read. */
function stretch(runs: readonly Run[], first: number): { from: number; to: number; next: number } {
  let from = Infinity
  let to = -Infinity
  let next = first
  for (; next < runs.length; next++) {
    const run = runs[next]
    if (!run) break
    const low = Math.min(from, run.offset)
    const high = Math.max(to, run.offset + run.bytes)
    const apart = next > first && (run.offset > to + BRIDGE || run.offset + run.bytes < from - BRIDGE)
    if (apart || (next > first && high - low > MAX_READ)) break
    from = low
    to = high
  }
  return { from, to, next }
}

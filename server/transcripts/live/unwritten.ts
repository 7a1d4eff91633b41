import type { Rate } from '../engines/ports.ts'

/** Sound of a lane that no final covers yet. */
export type Unwritten = {
  add(samples: Int16Array): void
  /** What was said until then is written down; ms from the lane's first sample. */
  written(toMs: number): void
  /** Where it begins, ms. */
  readonly fromMs: number
  samples(): readonly Int16Array[]
}

/** No more than this is kept: an engine that is further behind has lost it. */
const MOST_MS = 15_000

/** Keeps, in memory, the end of a lane: what is older than `MOST_MS`, or written down, is let go piece by piece. */
export function unwritten(rate: Rate): Unwritten {
  const most = (MOST_MS * rate) / 1000
  let pieces: Int16Array[] = []
  let from = 0
  let kept = 0
  const letGo = (until: number): void => {
    let count = 0
    for (const piece of pieces) {
      if (from + piece.length > until) break
      from += piece.length
      kept -= piece.length
      count++
    }
    if (count > 0) pieces = pieces.slice(count)
  }
  return {
    add(samples) {
      pieces.push(samples)
      kept += samples.length
      // a second at a time, and not with every packet
      if (kept > most + rate) letGo(from + kept - most)
    },
    written: (toMs) => letGo((toMs * rate) / 1000),
    get fromMs() {
      return (from * 1000) / rate
    },
    samples: () => pieces,
  }
}

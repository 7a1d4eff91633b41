import type { Span } from './gaps.ts'

/** A sorted set of samples, kept as disjoint spans that do not touch. Appending at the end costs nothing. */
export class SpanSet {
  private readonly list: Span[] = []
  /** Samples in the set. */
  total = 0

  get spans(): readonly Span[] {
    return this.list
  }

  get end(): number {
    return this.list.at(-1)?.to ?? 0
  }

  /** The parts of `[from, to)` that are not in the set, in order. */
  free(from: number, to: number): Span[] {
    if (from >= this.end) return from < to ? [{ from, to }] : []
    const out: Span[] = []
    let at = from
    for (let i = this.firstEndingAfter(from); at < to; i++) {
      const next = this.list[i]
      if (!next || next.from >= to) {
        out.push({ from: at, to })
        break
      }
      if (next.from > at) out.push({ from: at, to: next.from })
      at = next.to
    }
    return out
  }

  /** Adds a span that `free` returned. */
  add(from: number, to: number): void {
    this.total += to - from
    const last = this.list.at(-1)
    if (!last || from > last.to) {
      this.list.push({ from, to })
      return
    }
    if (from === last.to) {
      last.to = to
      return
    }
    this.insert(from, to)
  }

  private insert(from: number, to: number): void {
    const i = this.firstEndingAfter(from)
    const before = this.list[i - 1]
    const after = this.list[i]
    const joinsBefore = before?.to === from
    const joinsAfter = after?.from === to
    if (joinsBefore && joinsAfter) {
      before.to = after.to
      this.list.splice(i, 1)
    } else if (joinsBefore) before.to = to
    else if (joinsAfter) after.from = from
    else this.list.splice(i, 0, { from, to })
  }

  /** Index of the first span with `to > at`. */
  private firstEndingAfter(at: number): number {
    let low = 0
    let high = this.list.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.list[middle]?.to ?? 0) > at) high = middle
      else low = middle + 1
    }
    return low
  }
}

/** What of `[from, to)` is not covered by `spans` (sorted, disjoint). */
export function complement(spans: readonly Span[], from: number, to: number): Span[] {
  const out: Span[] = []
  let at = from
  for (const span of spans) {
    if (span.from >= to) break
    if (span.from > at) out.push({ from: at, to: span.from })
    at = Math.max(at, span.to)
  }
  if (at < to) out.push({ from: at, to })
  return out
}

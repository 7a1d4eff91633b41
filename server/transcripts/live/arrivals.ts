/** When the sound of a lane came. */
export type Arrivals = {
  /** Sound of `ms` came, the last of it at `arrivalNs`, and went to the engine at `handedNs` (both monotonic). */
  add(ms: number, arrivalNs: bigint, handedNs: bigint): void
  /** How far the lane's time and that of arrivals have run apart and together again, ms. */
  readonly swayMs: number
  /** ms handed on so far. */
  readonly endMs: number
  /** When the sound at a moment of the lane (ms from its first sample) came, and was handed on. */
  at(laneMs: number): { arrivalNs: bigint; handedNs: bigint }
}

/** Captions older than this are not waited for. */
const KEPT_MS = 120_000

type Piece = { fromMs: number; toMs: number; arrivalNs: bigint; handedNs: bigint }

/**
 * A lane's own time against arrivals. Sound put in for holes, and bursts after a stall, make a lane run apart from the clock by and by:
 * what is left out of the record is told by arrival, so that is what counts.
 */
export function arrivals(): Arrivals {
  let pieces: Piece[] = []
  let endMs = 0
  /** Arrival less lane, ms, of the first piece, and the least and most since. */
  let first: number | null = null
  const apart = { least: 0, most: 0 }
  return {
    get swayMs() {
      return apart.most - apart.least
    },
    get endMs() {
      return endMs
    },
    add(ms, arrivalNs, handedNs) {
      pieces.push({ fromMs: endMs, toMs: endMs + ms, arrivalNs, handedNs })
      endMs += ms
      const now = Number(arrivalNs) / 1e6 - endMs
      first ??= now
      apart.least = Math.min(apart.least, now - first)
      apart.most = Math.max(apart.most, now - first)
      if ((pieces[0]?.toMs ?? 0) < endMs - 2 * KEPT_MS) pieces = pieces.filter(({ toMs }) => toMs >= endMs - KEPT_MS)
    },
    at(laneMs) {
      const piece = pieceAt(pieces, laneMs)
      if (!piece) return { arrivalNs: 0n, handedNs: 0n }
      const beforeEnd = Math.min(Math.max(0, piece.toMs - laneMs), piece.toMs - piece.fromMs)
      return { arrivalNs: piece.arrivalNs - BigInt(Math.round(beforeEnd * 1e6)), handedNs: piece.handedNs }
    },
  }
}

/** The piece that holds a moment, else the nearest. */
function pieceAt(pieces: readonly Piece[], ms: number): Piece | undefined {
  let low = 0
  let high = pieces.length - 1
  while (low < high) {
    const middle = (low + high) >> 1
    if ((pieces[middle]?.toMs ?? 0) < ms) low = middle + 1
    else high = middle
  }
  return pieces[low]
}

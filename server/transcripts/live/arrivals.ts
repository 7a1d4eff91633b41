/** When the sound of a lane came. */
export type Arrivals = {
  /** Sound of `ms` came, the last of it at `arrivalNs`, and went to the engine at `handedNs` (both monotonic). */
  add(ms: number, arrivalNs: bigint, handedNs: bigint): void
  /** When the sound at a moment of the lane would have come without delay: by the least delayed of its first second, as the record has it. */
  undelayed(laneMs: number): bigint
  /** How far the least delay has moved since then, ms: holes, or silence put in where there was none. */
  readonly driftMs: number
  /** ms handed on so far. */
  readonly endMs: number
  /** When the sound at a moment of the lane (ms from its first sample) came, and was handed on. */
  at(laneMs: number): { arrivalNs: bigint; handedNs: bigint }
}

/** Captions older than this are not waited for. */
const KEPT_MS = 120_000
const ANCHOR_MS = 1000
const WINDOW_MS = 10_000

type Piece = { fromMs: number; toMs: number; arrivalNs: bigint; handedNs: bigint }

/**
 * A lane's own time against arrivals. Sound put in for holes, and bursts after a stall, make a lane run apart from the clock by and by:
 * what is left out of the record is told by arrival, so that is what counts.
 */
export function arrivals(): Arrivals {
  let pieces: Piece[] = []
  let endMs = 0
  /** Arrival less lane, ms: least of the first second, and of the ten seconds now under way. */
  let anchor = Number.POSITIVE_INFINITY
  let least = { ms: Number.POSITIVE_INFINITY, untilMs: WINDOW_MS }
  let driftMs = 0
  return {
    get driftMs() {
      return driftMs
    },
    undelayed: (laneMs) => BigInt(Math.round((anchor + laneMs) * 1e6)),
    get endMs() {
      return endMs
    },
    add(ms, arrivalNs, handedNs) {
      pieces.push({ fromMs: endMs, toMs: endMs + ms, arrivalNs, handedNs })
      endMs += ms
      const lag = Number(arrivalNs) / 1e6 - endMs
      if (endMs <= ANCHOR_MS || anchor === Number.POSITIVE_INFINITY) anchor = Math.min(anchor, lag)
      least.ms = Math.min(least.ms, lag)
      if (endMs < least.untilMs) driftMs = Math.max(driftMs, anchor - least.ms)
      else {
        driftMs = Math.max(driftMs, Math.abs(least.ms - anchor))
        least = { ms: Number.POSITIVE_INFINITY, untilMs: endMs + WINDOW_MS }
      }
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

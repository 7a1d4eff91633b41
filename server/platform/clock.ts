/** Wall time and monotonic time, injected so that a simulated year is an ordinary test. */
export type Clock = {
  /** Wall time, ms since the Unix epoch. May jump. */
  now(): number
  /** Monotonic time in ns. Never jumps; comparable only within one process. */
  monotonic(): bigint
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => process.hrtime.bigint(),
}

/** A clock moved by hand, for tests. */
export function manualClock(
  startMs = Date.UTC(2026, 0, 1),
): Clock & { advance(ms: number): void; jumpWall(ms: number): void } {
  let wall = startMs
  let mono = 0n
  return {
    now: () => wall,
    monotonic: () => mono,
    advance(ms) {
      wall += ms
      mono += BigInt(Math.round(ms * 1e6))
    },
    jumpWall(ms) {
      wall += ms
    },
  }
}

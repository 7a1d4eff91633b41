import type { Clock } from '../../../platform/clock.ts'

export type Nonces = {
  /** True the first time, false for a replay. */
  use(keyId: string, nonce: string): boolean
}

/** Far longer than a signature lives, so that a small jump of the wall clock brings no nonce back to life. */
const KEEP_NS = 120n * 1_000_000_000n
const MAX_KEPT = 100_000

/** Remembers used nonces for two minutes of monotonic time. When the memory is full, everything counts as used. */
export function createNonces(clock: Clock): Nonces {
  const used = new Map<string, bigint>()
  const forget = (now: bigint): void => {
    for (const [key, at] of used) {
      if (now - at < KEEP_NS) return
      used.delete(key)
    }
  }
  return {
    use(keyId, nonce) {
      const now = clock.monotonic()
      forget(now)
      const key = `${keyId}\n${nonce}`
      if (used.has(key) || used.size >= MAX_KEPT) return false
      used.set(key, now)
      return true
    },
  }
}

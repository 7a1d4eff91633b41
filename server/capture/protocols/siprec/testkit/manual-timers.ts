import type { Timers } from '../sip/timers.ts'

/** Timers moved by hand. */
export function manualTimers(): Timers & { advance(ms: number): void; readonly pending: number } {
  let now = 0
  const due = new Set<{ at: number; run: () => void }>()
  return {
    after(ms, run) {
      const one = { at: now + ms, run }
      due.add(one)
      return () => void due.delete(one)
    },
    advance(ms) {
      const end = now + ms
      for (;;) {
        const next = [...due].filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at)[0]
        if (!next) break
        due.delete(next)
        now = Math.max(now, next.at)
        next.run()
      }
      now = end
    },
    get pending() {
      return due.size
    },
  }
}

/**
 * Runs jobs a few at a time and at most one at a time per key, so that a slow disk does not take every thread of the pool.
 * A key added while its job runs is run once more.
 */
export function createWorkers<K>(
  width: number,
  job: (key: K) => Promise<void>,
): { add(key: K): void; idle(): Promise<void> } {
  const waiting = new Set<K>()
  const running = new Set<K>()
  let idlers: (() => void)[] = []

  const next = (): void => {
    for (const key of waiting) {
      if (running.size >= width) return
      if (running.has(key)) continue
      waiting.delete(key)
      running.add(key)
      void job(key).finally(() => {
        running.delete(key)
        next()
      })
    }
    if (running.size > 0 || waiting.size > 0) return
    for (const wake of idlers) wake()
    idlers = []
  }
  return {
    add(key) {
      waiting.add(key)
      if (running.size < width) next()
    },
    idle: () => (running.size + waiting.size === 0 ? Promise.resolve() : new Promise((wake) => idlers.push(wake))),
  }
}

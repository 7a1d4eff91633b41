export type Cancel = () => void

/** Deferred work, injected so that tests move time by hand. */
export type Timers = {
  /** Runs once after `ms` milliseconds unless cancelled. */
  after(ms: number, run: () => void): Cancel
}

export const systemTimers: Timers = {
  after(ms, run) {
    const timer = setTimeout(run, ms)
    timer.unref()
    return () => clearTimeout(timer)
  },
}

/** RFC 3261 §17.1.1.1, ms: round-trip estimate, largest retransmission interval, longest life of a message in the network. */
export const T1 = 500
export const T2 = 4000
export const T4 = 5000

import { setTimeout as sleep } from 'node:timers/promises'
import { isDatabaseDown } from '../../platform/http/errors.ts'
import type { Logger } from '../../platform/log.ts'

/** Database work of a recorder at once: a crowd of calls leaves connections for people's requests. */
const atOnce = 8

/** So many at a time, the others in turn. */
class Places {
  #free: number
  #waiting: (() => void)[] = []

  constructor(free: number) {
    this.#free = free
  }

  async take<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--
    else await new Promise<void>((go) => this.#waiting.push(go))
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      if (next) next()
      else this.#free++
    }
  }
}

const giveUpMs = 15 * 60_000

export type Persist = <T>(what: string, work: () => Promise<T>) => Promise<T>

/**
 * Runs database work that must not be lost: while the database does not answer it is tried again, with growing pauses up to
 * 5 s, for 15 minutes. Other errors are thrown at once.
 */
export function createPersist(log: Logger): Persist {
  const places = new Places(atOnce)
  return async (what, work) => {
    const started = performance.now()
    for (let pause = 100; ; pause = Math.min(5000, pause * 2)) {
      try {
        return await places.take(work)
      } catch (error) {
        if (!isDatabaseDown(error) || performance.now() - started > giveUpMs) throw error
        log.warn({ what }, 'the database does not answer: trying again')
        await sleep(pause)
      }
    }
  }
}

/** Runs tasks of one call one after the other, so that its rows are written in order. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve()

  take<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#last.then(work, work)
    this.#last = mine.catch(() => undefined)
    return mine
  }

  /** Resolves when everything taken so far has ended. */
  idle(): Promise<unknown> {
    return this.#last
  }
}

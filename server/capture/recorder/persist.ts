import { setTimeout as sleep } from 'node:timers/promises'
import { isDatabaseDown } from '../../platform/http/errors.ts'
import type { Logger } from '../../platform/log.ts'

/**
 * Runs database work that must not be lost: while the database does not answer it is tried again, with growing pauses up to
 * 5 s, until `giveUpMs` have passed. Other errors are thrown at once.
 */
export async function persist<T>(
  log: Logger,
  what: string,
  work: () => Promise<T>,
  giveUpMs = 15 * 60_000,
): Promise<T> {
  const started = performance.now()
  for (let pause = 100; ; pause = Math.min(5000, pause * 2)) {
    try {
      return await work()
    } catch (error) {
      if (!isDatabaseDown(error) || performance.now() - started > giveUpMs) throw error
      log.warn({ what }, 'the database does not answer: trying again')
      await sleep(pause)
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

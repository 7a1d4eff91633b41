import { T1, T2, type Cancel, type Timers } from './timers.ts'

export type ClientRequest = {
  /** The branch of its Via: how the answer finds back. */
  branch: string
  bytes: Buffer
  reliable: boolean
  send(bytes: Buffer): void
  /** Called once with the final status; 408 when none came within 64 T1. */
  done(status: number): void
}

/** One non-INVITE client transaction (RFC 3261 §17.1.2): repeated over UDP until answered or 64 T1 have passed. */
export class ClientTransaction {
  #request: ClientRequest
  #timers: Timers
  #cancels: Cancel[] = []
  #proceeding = false
  #over = false

  constructor(request: ClientRequest, timers: Timers) {
    this.#request = request
    this.#timers = timers
    this.#after(64 * T1, () => this.#finish(408))
    if (!request.reliable) this.#repeat(T1)
    request.send(request.bytes)
  }

  answered(status: number): void {
    if (status < 200) this.#proceeding = true
    else this.#finish(status)
  }

  stop(): void {
    this.#over = true
    for (const cancel of this.#cancels) cancel()
    this.#cancels = []
  }

  #finish(status: number): void {
    if (this.#over) return
    this.stop()
    this.#request.done(status)
  }

  #repeat(interval: number): void {
    this.#after(interval, () => {
      this.#request.send(this.#request.bytes)
      this.#repeat(this.#proceeding ? T2 : Math.min(T2, interval * 2))
    })
  }

  #after(ms: number, run: () => void): void {
    this.#cancels.push(this.#timers.after(ms, run))
  }
}

import { buildResponse, newTag, type ResponseParts } from './build.ts'
import { responseTarget, type Flow } from './flow.ts'
import type { SipRequest } from './message.ts'
import { T1, T2, T4, type Cancel, type Timers } from './timers.ts'

export type ServerEvents = {
  /** The transaction left memory. */
  ended(transaction: ServerTransaction): void
  /** Our 2xx to an INVITE was never acknowledged (64 T1). */
  unacknowledged(transaction: ServerTransaction): void
}

type State = 'proceeding' | 'accepted' | 'completed' | 'confirmed' | 'ended'

/**
 * One server transaction (RFC 3261 §17.2 with RFC 6026). Retransmissions are answered here and never reach the user. The 2xx
 * of an INVITE is repeated until `acknowledged()`, over TCP too (§13.3.1.4).
 */
export class ServerTransaction {
  readonly request: SipRequest
  readonly flow: Flow
  readonly key: string
  /** Our tag for every response of this transaction, so that a repeated request sees the same one. */
  readonly tag: string
  #timers: Timers
  #events: ServerEvents
  #state: State = 'proceeding'
  #last: Buffer | null = null
  #status: number | null = null
  #cancels: Cancel[] = []

  constructor(key: string, request: SipRequest, flow: Flow, context: { timers: Timers; events: ServerEvents }) {
    this.key = key
    this.request = request
    this.flow = flow
    this.tag = request.to.params.get('tag') ?? newTag()
    this.#timers = context.timers
    this.#events = context.events
    if (this.#isInvite) this.#after(200, () => this.#trying())
  }

  get state(): State {
    return this.#state
  }

  /** The final status sent, null before. */
  get status(): number | null {
    return this.#status
  }

  get #isInvite(): boolean {
    return this.request.method === 'INVITE'
  }

  /** Sends the final response. Later ones are ignored. */
  respond(status: number, parts: ResponseParts = {}): void {
    if (this.#state !== 'proceeding') return
    this.#stopTimers()
    this.#status = status
    this.#last = buildResponse(this.request, status, this.flow.remote, { tag: this.tag, ...parts })
    this.#send()
    const accepted = this.#isInvite && status < 300
    this.#state = accepted ? 'accepted' : 'completed'
    if (!this.#isInvite) return this.#after(this.flow.reliable ? 0 : 64 * T1, () => this.end())
    if (accepted || !this.flow.reliable) this.#repeat(T1)
    this.#after(64 * T1, () => {
      this.end()
      if (accepted) this.#events.unacknowledged(this)
    })
  }

  /** The same request came again. */
  repeated(): void {
    if (this.#last && (this.#state === 'completed' || (this.#state === 'proceeding' && !this.flow.reliable)))
      this.#send()
  }

  /** The ACK came: the transaction's own for a refusal, the dialog's for a 2xx. */
  acknowledged(): void {
    if (this.#state !== 'completed' && this.#state !== 'accepted') return
    const accepted = this.#state === 'accepted'
    this.#stopTimers()
    this.#state = 'confirmed'
    // Timer I for a refusal, the rest of Timer L's purpose for a 2xx: late copies of the INVITE are swallowed.
    this.#after(this.flow.reliable && !accepted ? 0 : accepted ? 64 * T1 : T4, () => this.end())
  }

  end(): void {
    if (this.#state === 'ended') return
    this.#stopTimers()
    this.#state = 'ended'
    this.#events.ended(this)
  }

  #trying(): void {
    this.#last = buildResponse(this.request, 100, this.flow.remote)
    this.#send()
  }

  #repeat(interval: number): void {
    this.#after(interval, () => {
      this.#send()
      this.#repeat(Math.min(T2, interval * 2))
    })
  }

  #send(): void {
    if (this.#last) this.flow.send(this.#last, responseTarget(this.request.via, this.flow.remote))
  }

  #after(ms: number, run: () => void): void {
    this.#cancels.push(this.#timers.after(ms, run))
  }

  #stopTimers(): void {
    for (const cancel of this.#cancels) cancel()
    this.#cancels = []
  }
}

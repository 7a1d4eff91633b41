import type { Logger } from '../../../platform/log.ts'
import type { Announcement, CallIntake, Desk, EndReason, SourceCommands } from '../../source.ts'
import type { Wire } from './link.ts'

/** A rule of the protocol the client broke. The message is sent to it and logged; it carries no values. */
export class Violation extends Error {}

export type WireCallDeps = {
  wire: Wire
  desk: Desk
  log: Logger
  /** Tells the peer why we end the call, in protocols that can. */
  goodbye?(reason: string): void
  /** What else the log line of the end says. */
  counts?(): Record<string, number>
}

/** The one call of a connection: announced once, ended once. A violation ends it with `error` and closes the connection. */
export class WireCall {
  readonly #deps: WireCallDeps
  #log: Logger
  #state: 'waiting' | 'streaming' | 'over' = 'waiting'
  #intake: CallIntake | null = null

  constructor(deps: WireCallDeps) {
    this.#deps = deps
    this.#log = deps.log
  }

  /** Names the call once it is accepted. */
  get log(): Logger {
    return this.#log
  }

  /** Null before the call is accepted and after it has ended. */
  get intake(): CallIntake | null {
    return this.#intake
  }

  /** Does nothing once the call is over; a `Violation` thrown ends it. */
  guarded(act: () => void): void {
    if (this.#ended()) return
    try {
      act()
    } catch (e) {
      if (!(e instanceof Violation)) throw e
      this.#log.warn({ why: e.message }, 'stream closed: protocol violation')
      this.end('error')
      this.#deps.wire.close(1008, e.message)
    }
  }

  /** Null when the call is refused, or ended by the recorder while it was being announced: the connection then closes. */
  announce(announcement: Announcement, commands: Omit<SourceCommands, 'disconnect'> = {}): CallIntake | null {
    const { desk, wire } = this.#deps
    const result = desk.announce(announcement, { ...commands, disconnect: (reason) => this.#disconnect(reason) })
    if (!result.accepted) {
      this.#log.info({ reason: result.reason }, 'call not accepted')
      this.#state = 'over'
      this.#deps.goodbye?.(result.reason)
      wire.close(1008, result.reason)
      return null
    }
    wire.established()
    this.#intake = result.call
    this.#log = this.#log.child({ callId: result.call.callId })
    if (this.#ended()) this.end('disconnect')
    else this.#state = 'streaming'
    return this.#intake
  }

  /** Ends the call; the connection stays. */
  end(reason: EndReason): void {
    if (this.#state === 'streaming') this.#log.info({ reason, ...this.#deps.counts?.() }, 'stream ended')
    this.#state = 'over'
    const ending = this.#intake
    this.#intake = null
    ending?.end(reason)
  }

  /** The source said that it is done. */
  hungUp(): void {
    this.end('hangup')
    this.#deps.wire.close(1000, 'stopped')
  }

  /** The listener stops, and closes the connection itself. */
  stopping(): void {
    this.#deps.goodbye?.('shutdown')
    this.end('disconnect')
  }

  #disconnect(reason: 'policy' | 'shutdown' | 'error'): void {
    this.#deps.goodbye?.(reason)
    this.end(reason === 'error' ? 'error' : 'disconnect')
    this.#deps.wire.close(1000, reason)
  }

  #ended(): boolean {
    return this.#state === 'over'
  }
}

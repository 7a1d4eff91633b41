import type { Clock } from '../../../platform/clock.ts'
import type { Logger } from '../../../platform/log.ts'
import type { CallIntake, Desk, EndReason, LegIntake, SourceCommands } from '../../source.ts'
import { splitChannels } from '../websocket/channels.ts'
import type { Closing, Session, Wire } from '../websocket/gate.ts'
import { readStart, type Hints, type Start } from './dialects.ts'
import { MAX_TEXT, readSignal, type Signal } from './messages.ts'

export type SessionDeps = { desk: Desk; clock: Clock; log: Logger; hints: Hints }

/** Metadata messages kept of one call; more are counted and dropped. */
const MAX_UPDATES = 256

class Violation extends Error {}

/** One call as a JSON start message followed by binary audio. Frames carry no numbers, so gaps cannot be proved. */
export class StreamSession implements Session {
  readonly #wire: Wire
  readonly #deps: SessionDeps
  #log: Logger
  #state: 'waiting' | 'streaming' | 'over' = 'waiting'
  #start: Start | null = null
  #call: CallIntake | null = null
  readonly #legs = new Map<string, LegIntake>()
  #paused = false
  #updates = 0

  constructor(wire: Wire, deps: SessionDeps) {
    this.#wire = wire
    this.#deps = deps
    this.#log = deps.log
  }

  text(raw: string): void {
    this.#guarded(() => {
      if (!this.#start) return this.#onStart(raw)
      const signal = readSignal(raw, this.#start.dialect)
      if (!signal) throw new Violation('text message is not understood')
      this.#onSignal(signal, raw)
    })
  }

  binary(bytes: Buffer): void {
    const arrivalNs = this.#deps.clock.monotonic()
    this.#guarded(() => this.#onAudio(bytes, arrivalNs))
  }

  /** A WebSocket closed in order is how jambonz, FreeSWITCH and Asterisk hang up. */
  closed(how: Closing): void {
    const orderly = how.code === 1000 || how.code === 1005
    this.#finish(how.broken ? 'error' : orderly ? 'hangup' : 'disconnect')
  }

  stopping(): void {
    this.#say({ type: 'disconnect', reason: 'shutdown' })
    this.#finish('disconnect')
  }

  #guarded(act: () => void): void {
    if (this.#state === 'over') return
    try {
      act()
    } catch (e) {
      if (!(e instanceof Violation)) throw e
      this.#log.warn({ why: e.message }, 'stream closed: protocol violation')
      this.#finish('error')
      this.#wire.close(1008, e.message)
    }
  }

  #finish(reason: EndReason): void {
    if (this.#state === 'streaming') this.#log.info({ reason }, 'stream ended')
    this.#state = 'over'
    const ending = this.#call
    this.#call = null
    ending?.end(reason)
  }

  /** Others would take our messages for commands of their own, so only our dialect hears anything. */
  #say(message: Record<string, unknown>): void {
    if (this.#start?.dialect === 'verbale') this.#wire.send(JSON.stringify(message))
  }

  #commands(): SourceCommands {
    return {
      pause: () => this.#say({ type: 'pause' }),
      resume: () => this.#say({ type: 'resume' }),
      disconnect: (reason) => {
        this.#say({ type: 'disconnect', reason })
        this.#finish(reason === 'error' ? 'error' : 'disconnect')
        this.#wire.close(1000, reason)
      },
    }
  }

  #onStart(raw: string): void {
    if (raw.length > MAX_TEXT) throw new Violation('text message too large')
    const start = readStart(raw, this.#deps.hints)
    if (!start) throw new Violation('start message is in no supported dialect or format')
    this.#start = start
    const { sessionKey, conversationKey, facts } = start
    const raws = {
      mediaType: start.dialect === 'asterisk' && !raw.startsWith('{') ? 'text/plain' : 'application/json',
      bytes: Buffer.from(raw),
    }
    const result = this.#deps.desk.announce(
      { ...facts, protocol: 'stream', sessionKey, conversationKey, sequenced: false, raw: raws },
      this.#commands(),
    )
    if (!result.accepted) {
      this.#log.info({ reason: result.reason }, 'call not accepted')
      this.#say({ type: 'disconnect', reason: result.reason })
      this.#state = 'over'
      return this.#wire.close(1008, result.reason)
    }
    this.#wire.established()
    this.#call = result.call
    this.#log = this.#log.child({ callId: result.call.callId })
    if (this.#ended()) return this.#finish('disconnect')
    this.#state = 'streaming'
    for (const { label, role } of start.legs)
      this.#legs.set(label, result.call.leg({ label, role, format: start.format }))
    this.#say({ type: 'started', callId: result.call.callId })
    this.#log.info({ dialect: start.dialect, codec: start.format.codec, legs: start.legs.length }, 'stream started')
  }

  #ended(): boolean {
    return this.#state === 'over'
  }

  #onAudio(bytes: Buffer, arrivalNs: bigint): void {
    if (!this.#start) throw new Violation('audio before the start message')
    const { format, legs } = this.#start
    const sampleBytes = format.codec === 'L16' ? 2 : 1
    if (bytes.length % (sampleBytes * legs.length) !== 0) throw new Violation('audio message with a part of a sample')
    if (bytes.length === 0 || this.#paused) return
    splitChannels(bytes, legs.length, sampleBytes).forEach((part, i) =>
      this.#legs.get(legs[i]!.label)?.frame(part, arrivalNs),
    )
  }

  #onSignal(signal: Signal, raw: string): void {
    switch (signal.kind) {
      case 'dtmf':
        return this.#call?.dtmf(signal.leg ?? this.#start!.legs[0]!.label, signal.digit)
      case 'hold':
        return this.#meant(signal.leg).forEach((leg) => leg.hold(signal.on))
      case 'lost':
        return this.#meant(signal.leg).forEach((leg) => leg.lost(signal.ms))
      case 'pause':
        if (this.#paused === signal.on) return
        this.#paused = signal.on
        return this.#call?.sourcePaused(signal.on)
      case 'metadata':
        if (++this.#updates > MAX_UPDATES) return this.#log.debug('metadata message dropped: too many')
        return this.#call?.update({ ...signal.facts, raw: { mediaType: 'application/json', bytes: Buffer.from(raw) } })
      case 'stop':
        this.#finish('hangup')
        return this.#wire.close(1000, 'stopped')
      case 'ignored':
    }
  }

  #meant(label: string | undefined): LegIntake[] {
    if (label === undefined) return [...this.#legs.values()]
    const leg = this.#legs.get(label)
    if (!leg) throw new Violation('message about an unknown leg')
    return [leg]
  }
}

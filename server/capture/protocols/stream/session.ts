import type { Clock } from '../../../platform/clock.ts'
import type { Logger } from '../../../platform/log.ts'
import type { Desk, LegIntake } from '../../source.ts'
import { Violation, WireCall } from '../websocket/call.ts'
import { splitChannels } from '../websocket/channels.ts'
import type { Closing, Session, Wire } from '../websocket/gate.ts'
import { readStart, type Hints, type Start } from './dialects.ts'
import { MAX_TEXT, readSignal, type Signal } from './messages.ts'

export type SessionDeps = { desk: Desk; clock: Clock; log: Logger; hints: Hints }

/** Metadata messages kept of one call; more are counted and dropped. */
const MAX_UPDATES = 256

/** One call as a JSON start message followed by binary audio. Frames carry no numbers, so gaps cannot be proved. */
export class StreamSession implements Session {
  readonly #wire: Wire
  readonly #deps: SessionDeps
  readonly #call: WireCall
  #start: Start | null = null
  readonly #legs = new Map<string, LegIntake>()
  #paused = false
  #updates = 0

  constructor(wire: Wire, deps: SessionDeps) {
    this.#wire = wire
    this.#deps = deps
    this.#call = new WireCall({ ...deps, wire, goodbye: (reason) => this.#say({ type: 'disconnect', reason }) })
  }

  text(raw: string): void {
    this.#call.guarded(() => {
      if (!this.#start) return this.#onStart(raw)
      const signal = readSignal(raw, this.#start.dialect)
      if (!signal) throw new Violation('text message is not understood')
      this.#onSignal(signal, raw)
    })
  }

  binary(bytes: Buffer): void {
    const arrivalNs = this.#deps.clock.monotonic()
    this.#call.guarded(() => this.#onAudio(bytes, arrivalNs))
  }

  /** A WebSocket closed in order is how jambonz, FreeSWITCH and Asterisk hang up. */
  closed(how: Closing): void {
    const orderly = how.code === 1000 || how.code === 1005
    this.#call.end(how.broken ? 'error' : orderly ? 'hangup' : 'disconnect')
  }

  stopping(): void {
    this.#call.stopping()
  }

  /** Others would take our messages for commands of their own, so only our dialect hears anything. */
  #say(message: Record<string, unknown>): void {
    if (this.#start?.dialect === 'verbale') this.#wire.send(JSON.stringify(message))
  }

  #onStart(raw: string): void {
    if (raw.length > MAX_TEXT) throw new Violation('text message too large')
    const start = readStart(raw, this.#deps.hints)
    if (!start) throw new Violation('start message is in no supported dialect or format')
    this.#start = start
    const { sessionKey, conversationKey, facts, dialect, format, legs } = start
    const raws = {
      mediaType: dialect === 'asterisk' && !raw.startsWith('{') ? 'text/plain' : 'application/json',
      bytes: Buffer.from(raw),
    }
    const call = this.#call.announce(
      { ...facts, protocol: 'stream', sessionKey, conversationKey, sequenced: false, raw: raws },
      { pause: () => this.#say({ type: 'pause' }), resume: () => this.#say({ type: 'resume' }) },
    )
    if (!call) return
    for (const { label, role } of legs) this.#legs.set(label, call.leg({ label, role, format }))
    this.#say({ type: 'started', callId: call.callId })
    this.#call.log.info({ dialect, codec: format.codec, legs: legs.length }, 'stream started')
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
        return this.#call.intake?.dtmf(signal.leg ?? this.#start!.legs[0]!.label, signal.digit)
      case 'hold':
        return this.#meant(signal.leg).forEach((leg) => leg.hold(signal.on))
      case 'lost':
        return this.#meant(signal.leg).forEach((leg) => leg.lost(signal.ms))
      case 'pause':
        if (this.#paused === signal.on) return
        this.#paused = signal.on
        return this.#call.intake?.sourcePaused(signal.on)
      case 'metadata':
        if (++this.#updates > MAX_UPDATES) return this.#call.log.debug('metadata message dropped: too many')
        return this.#call.intake?.update({
          ...signal.facts,
          raw: { mediaType: 'application/json', bytes: Buffer.from(raw) },
        })
      case 'caption':
        return void this.#call.intake?.caption(signal.said)
      case 'stop':
        return this.#call.hungUp()
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

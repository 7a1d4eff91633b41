import type { Socket } from 'node:net'
import type { Clock } from '../../../platform/clock.ts'
import type { Logger } from '../../../platform/log.ts'
import type { CallIntake, Desk, EndReason, LegIntake } from '../../source.ts'
import { createFramer, DTMF, encodeFrame, ERROR, HANGUP, rateOf, UUID, uuidText, type Frame } from './frames.ts'

export type SessionDeps = {
  desk: Desk
  clock: Clock
  log: Logger
  /** Longest wait for the UUID, in ms. */
  establishMs: number
  /** Longest silence on the connection, in ms; Asterisk sends a frame every 20 ms. */
  idleMs: number
  onEstablished(): void
}

const LABEL = 'audio'
const DEFAULT_RATE = 8000

class Violation extends Error {}

/** One AudioSocket connection: UUID, then audio of one mono leg. Nothing but a hang-up is ever sent back. */
export class AudioSocketSession {
  readonly #socket: Socket
  readonly #deps: SessionDeps
  readonly #framer = createFramer()
  #log: Logger
  #call: CallIntake | null = null
  #leg: LegIntake | null = null
  #rate = DEFAULT_RATE
  #over = false

  constructor(socket: Socket, deps: SessionDeps) {
    this.#socket = socket
    this.#deps = deps
    this.#log = deps.log
    socket.setTimeout(deps.establishMs)
    socket.setKeepAlive(true, 10_000)
    socket.on('error', () => socket.destroy())
    socket.on('data', (bytes) => this.#onData(bytes))
    socket.on('timeout', () => this.#onTimeout())
    // Asterisk may hang up by closing the connection in order; a reset is something else.
    socket.on('end', () => this.#finish('hangup'))
    socket.on('close', () => this.#finish('disconnect'))
  }

  /** Ends the call and closes the connection. Asterisk takes the closing for the end of the AudioSocket only. */
  stop(reason: EndReason): void {
    this.#finish(reason)
    if (this.#socket.destroyed) return
    this.#socket.end(encodeFrame(HANGUP))
    this.#socket.destroySoon()
  }

  #onTimeout(): void {
    this.#log.warn(this.#call ? 'AudioSocket silent for too long' : 'AudioSocket without UUID closed')
    this.#finish('expired')
    this.#socket.destroy()
  }

  #finish(reason: EndReason): void {
    if (this.#call) this.#log.info({ reason }, 'AudioSocket ended')
    this.#over = true
    const ending = this.#call
    this.#call = null
    ending?.end(reason)
  }

  #onData(bytes: Buffer): void {
    const arrivalNs = this.#deps.clock.monotonic()
    try {
      for (const frame of this.#framer.push(bytes)) if (!this.#over) this.#onFrame(frame, arrivalNs)
    } catch (e) {
      const why = e instanceof Violation ? e.message : 'internal error'
      this.#log.warn({ why }, 'AudioSocket closed: protocol violation')
      this.stop('error')
    }
  }

  #onFrame({ type, payload }: Frame, arrivalNs: bigint): void {
    if (type === HANGUP) return this.stop('hangup')
    if (type === UUID) return this.#onUuid(payload)
    if (!this.#call) throw new Violation('first message is not the UUID')
    const rate = rateOf(type)
    if (rate !== null) return this.#onAudio(payload, rate, arrivalNs)
    if (type === DTMF) {
      const digit = payload.toString('latin1')
      if (/^[0-9A-D*#]$/i.test(digit)) this.#call.dtmf(LABEL, digit)
      return
    }
    if (type === ERROR) {
      this.#log.warn({ code: payload[0] ?? null }, 'Asterisk reports an error')
      return this.stop(payload[0] === 0x01 ? 'hangup' : 'error')
    }
    throw new Violation('message of an unknown type')
  }

  #onUuid(payload: Buffer): void {
    if (this.#call) throw new Violation('second UUID')
    if (payload.length !== 16) throw new Violation('the UUID has not 16 bytes')
    const sessionKey = uuidText(payload)
    const announcement = { protocol: 'audiosocket', sessionKey, conversationKey: sessionKey, sequenced: false }
    const result = this.#deps.desk.announce(announcement, {
      disconnect: (reason) => this.stop(reason === 'error' ? 'error' : 'disconnect'),
    })
    if (!result.accepted) {
      this.#log.info({ reason: result.reason }, 'call not accepted')
      return this.stop('error')
    }
    this.#call = result.call
    this.#log = this.#log.child({ callId: result.call.callId })
    if (this.#over) return this.#finish('disconnect')
    this.#deps.onEstablished()
    this.#socket.setTimeout(this.#deps.idleMs)
    const format = { codec: 'L16', rate: DEFAULT_RATE, channels: 1 } as const
    this.#leg = result.call.leg({ label: LABEL, role: 'unknown', format })
    this.#log.info('AudioSocket started')
  }

  #onAudio(payload: Buffer, rate: number, arrivalNs: bigint): void {
    if (payload.length % 2 !== 0) throw new Violation('audio message with half a sample')
    if (rate !== this.#rate) {
      this.#rate = rate
      this.#leg?.change({ format: { codec: 'L16', rate, channels: 1 } })
    }
    if (payload.length > 0) this.#leg?.frame(payload, arrivalNs)
  }
}

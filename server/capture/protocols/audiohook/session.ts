import type { z } from 'zod'
import type { Clock } from '../../../platform/clock.ts'
import type { Logger } from '../../../platform/log.ts'
import type { AnnounceResult, CallIntake, Desk, EndReason, LegIntake, SourceCommands } from '../../source.ts'
import { Violation } from '../websocket/call.ts'
import type { Closing, Session, Wire } from '../websocket/gate.ts'
import { announcementOf, isProbe } from './facts.ts'
import { MAX_FRAME, roleOf, samplesIn, selectMedia, splitFrame } from './media.ts'
import * as m from './messages.ts'

/** Who signed the upgrade request; the `open` message must name the same. */
export type Identity = { organizationId: string; sessionId: string; correlationId: string }

export type SessionDeps = { desk: Desk; clock: Clock; log: Logger; identity: Identity }

const RATE = 8000
/** How far the client's media clock may run ahead of the audio received before we say that audio was lost, in samples. */
const TOLERANCE = RATE
/** Further ahead than a day is a fault, not a loss. */
const MAX_MISSING = 86_400 * RATE
/** How long the client has to finish the close transaction, in ms. */
const CLOSE_MS = 5_000

type State = 'preparing' | 'open' | 'disconnecting' | 'closed'

/**
 * The server side of one AudioHook session (protocol version 2): open, audio, pause, discard, ping, close. After an error
 * of the client it answers `disconnect`, ends the call with `error` and keeps what was recorded.
 */
export class AudioHookSession implements Session {
  readonly #wire: Wire
  readonly #deps: SessionDeps
  #log: Logger
  #state: State = 'preparing'
  #seq = 0
  #clientSeq = 0
  #call: CallIntake | null = null
  #media: m.MediaOffer | null = null
  #legs: LegIntake[] = []
  /** Media clock in samples: audio received plus audio the client says it dropped. */
  #position = 0
  #openPosition = 0
  #startPaused = false
  #paused = false
  #droppedWhilePaused = 0
  #timer: NodeJS.Timeout | undefined

  constructor(wire: Wire, deps: SessionDeps) {
    this.#wire = wire
    this.#deps = deps
    this.#log = deps.log.child({ session: deps.identity.sessionId })
  }

  text(raw: string): void {
    this.#guarded(() => this.#onText(raw))
  }

  binary(bytes: Buffer): void {
    this.#guarded(() => this.#onAudio(bytes))
  }

  closed(how: Closing): void {
    clearTimeout(this.#timer)
    if (this.#call) this.#log.warn({ code: how.code }, 'connection lost before the session was closed')
    this.#endCall(how.broken ? 'error' : 'disconnect')
    this.#state = 'closed'
  }

  stopping(): void {
    this.#endCall('disconnect')
    this.#disconnect('completed', 'the server is stopping')
  }

  #guarded(act: () => void): void {
    if (this.#state === 'closed') return
    try {
      act()
    } catch (e) {
      if (!(e instanceof Violation)) throw e
      if (this.#state === 'disconnecting') return
      this.#log.warn({ why: e.message }, 'AudioHook protocol violation, session disconnected')
      this.#endCall('error')
      this.#disconnect('error', e.message)
    }
  }

  #send(message: m.ServerMessage): void {
    const envelope = { version: '2', id: this.#deps.identity.sessionId, seq: ++this.#seq, clientseq: this.#clientSeq }
    this.#wire.send(JSON.stringify({ ...envelope, ...message }))
  }

  #endCall(reason: EndReason): void {
    const dropped = this.#droppedWhilePaused
    if (dropped > 0) this.#log.warn({ frames: dropped }, 'audio received while the source was paused was dropped')
    this.#droppedWhilePaused = 0
    const ending = this.#call
    this.#call = null
    ending?.end(reason)
  }

  #disconnect(reason: 'completed' | 'unauthorized' | 'error', info: string): void {
    if (this.#over()) return
    this.#send({ type: 'disconnect', parameters: { reason, info } })
    this.#state = 'disconnecting'
    this.#closeLater()
  }

  #over(): boolean {
    return this.#state === 'disconnecting' || this.#state === 'closed'
  }

  /** The client closes the socket after the close transaction; if it does not, we do. */
  #closeLater(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#wire.close(1000, 'session over'), CLOSE_MS)
    this.#timer.unref()
  }

  #commands(): SourceCommands {
    const ask = (type: 'pause' | 'resume'): void => {
      if (this.#state === 'preparing') this.#startPaused = type === 'pause'
      else if (this.#state === 'open') this.#send({ type, parameters: {} })
    }
    return {
      pause: () => ask('pause'),
      resume: () => ask('resume'),
      disconnect: (reason) => {
        this.#endCall(reason === 'error' ? 'error' : 'disconnect')
        this.#disconnect(reason === 'error' ? 'error' : 'completed', reason)
      },
    }
  }

  #onText(raw: string): void {
    const message = readEnvelope(raw)
    // A client that lost count can still finish the close transaction.
    if (this.#state === 'disconnecting') this.#clientSeq = message.seq - 1
    if (message.seq !== this.#clientSeq + 1) throw new Violation('seq does not follow the previous message')
    this.#clientSeq = message.seq
    if (message.serverseq > this.#seq) throw new Violation('serverseq is ahead of what was sent')
    if (!sameId(message.id, this.#deps.identity.sessionId))
      throw new Violation('session id differs from the signed header')
    this.#dispatch(message, raw)
  }

  #dispatch(message: m.Envelope, raw: string): void {
    if (message.type === 'close') return this.#onClose(message)
    if (message.type === 'ping') return this.#send({ type: 'pong', parameters: {} })
    if (this.#over()) return
    if (message.type === 'open') return this.#onOpen(message, raw)
    if (this.#state === 'preparing') throw new Violation('first message is not open')
    this.#dispatchOpen(message, raw)
  }

  #dispatchOpen(message: m.Envelope, raw: string): void {
    switch (message.type) {
      case 'discarded':
        return this.#onDiscarded(message)
      case 'paused':
        return this.#onPaused()
      case 'resumed':
        return this.#onResumed(message)
      case 'update':
        this.#call?.update({ raw: { mediaType: 'application/json', bytes: Buffer.from(raw) } })
        return this.#send({ type: 'updated', parameters: {} })
      case 'error':
        return this.#log.warn({ code: read(m.errorParameters, message).code }, 'the client reports an error')
      case 'dtmf':
        return this.#call?.dtmf('external', read(m.dtmfParameters, message).digit)
      default:
        // A later version of the protocol may add messages; none of them is worth ending a recording.
        this.#log.debug('message of an unknown type ignored')
    }
  }

  #onOpen(message: m.Envelope, raw: string): void {
    if (this.#state !== 'preparing') return this.#log.warn('second open message ignored')
    const parameters = read(m.openParameters, message)
    if (!sameId(parameters.organizationId, this.#deps.identity.organizationId)) {
      this.#log.warn('organization of the open message is not the signed one')
      return this.#disconnect('unauthorized', 'organizationId differs from the signed header')
    }
    this.#openPosition = toSamples(message.position)
    if (isProbe(parameters)) {
      this.#log.info('connection probe answered')
      return this.#opened(null, parameters)
    }
    const selected = selectMedia(parameters.media)
    if (!selected) throw new Violation('no supported media offered: PCMU or L16 at 8000 Hz is needed')
    const { sessionId } = this.#deps.identity
    const result = this.#deps.desk.announce(announcementOf(sessionId, parameters, raw), this.#commands())
    if (!result.accepted) return this.#refused(result)
    this.#call = result.call
    // The recorder may have ended the session while it was being announced.
    if (this.#over()) return this.#endCall('disconnect')
    this.#log = this.#log.child({ callId: result.call.callId })
    const format = { codec: selected.format, rate: RATE, channels: 1 } as const
    this.#legs = selected.channels.map((label) => result.call.leg({ label, role: roleOf(label), format }))
    this.#opened(selected, parameters)
    this.#log.info({ media: selected.format, channels: selected.channels.length }, 'AudioHook session opened')
  }

  #opened(media: m.MediaOffer | null, { supportedLanguages }: m.OpenParameters): void {
    this.#wire.established()
    this.#media = media
    this.#state = 'open'
    const languages = supportedLanguages ? { supportedLanguages: [] } : {}
    const startPaused = media !== null && this.#startPaused
    this.#send({ type: 'opened', parameters: { media: media ? [media] : [], startPaused, ...languages } })
  }

  #refused({ reason }: Extract<AnnounceResult, { accepted: false }>): void {
    this.#log.info({ reason }, 'call not accepted')
    this.#disconnect(reason === 'policy' ? 'completed' : 'error', reason)
  }

  #onDiscarded(message: m.Envelope): void {
    const { start, discarded } = read(m.spanParameters, message)
    // What the client counts as sent before `start`, but never arrived, is missing too.
    const missing = toSamples(start) - this.#openPosition - this.#position
    if (missing > MAX_MISSING) throw new Violation('start is far ahead of the audio received')
    this.#lose((missing > TOLERANCE ? missing : 0) + toSamples(discarded))
  }

  #lose(samples: number): void {
    if (samples === 0) return
    this.#position += samples
    this.#log.info({ samples }, 'the source dropped audio')
    for (const leg of this.#legs) leg.lost((samples * 1000) / RATE)
  }

  #onPaused(): void {
    if (this.#paused) return
    this.#paused = true
    this.#call?.sourcePaused(true)
  }

  #onResumed(message: m.Envelope): void {
    const { discarded } = read(m.spanParameters, message)
    if (!this.#paused) return
    this.#paused = false
    // Dropped because of the pause: the media clock moves on, but nothing was lost.
    this.#position += toSamples(discarded)
    this.#call?.sourcePaused(false)
  }

  #onClose(message: m.Envelope): void {
    const reason = m.closeParameters.safeParse(message.parameters).data?.reason ?? 'end'
    const clocks = { sourceMs: Math.round(message.position), receivedMs: (this.#position * 1000) / RATE }
    this.#log.info({ reason: REASONS[reason] ? reason : 'other', ...clocks }, 'AudioHook session closed by the client')
    this.#endCall(REASONS[reason] ?? 'hangup')
    this.#send({ type: 'closed', parameters: {} })
    this.#state = 'closed'
    this.#closeLater()
  }

  #onAudio(bytes: Buffer): void {
    const arrivalNs = this.#deps.clock.monotonic()
    if (this.#state === 'disconnecting') return
    if (this.#state === 'preparing') throw new Violation('audio before open')
    if (!this.#media) throw new Violation('audio although no media was selected')
    if (bytes.length > MAX_FRAME) throw new Violation('audio message too large')
    const samples = samplesIn(bytes, this.#media)
    if (samples === null) throw new Violation('audio message with a part of a sample')
    if (this.#paused) return void this.#droppedWhilePaused++
    if (samples === 0) return
    splitFrame(bytes, this.#media).forEach((part, i) => this.#legs[i]?.frame(part, arrivalNs, this.#position))
    this.#position += samples
  }
}

/** After `reconnect` the conversation goes on in another session. */
const REASONS: Record<string, EndReason> = {
  end: 'hangup',
  error: 'error',
  disconnect: 'disconnect',
  reconnect: 'disconnect',
}

const toSamples = (ms: number): number => Math.round((ms * RATE) / 1000)

const sameId = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase()

function readEnvelope(raw: string): m.Envelope {
  if (raw.length > m.MAX_TEXT) throw new Violation('text message over 64 KiB')
  let json: unknown
  try {
    json = JSON.parse(raw)
  } catch {
    throw new Violation('text message is not JSON')
  }
  const message = m.envelope.safeParse(json)
  if (!message.success) throw new Violation('not a well-formed client message')
  return message.data
}

function read<T>(schema: z.ZodType<T>, message: m.Envelope): T {
  const parameters = schema.safeParse(message.parameters)
  if (!parameters.success) throw new Violation('parameters are missing or invalid')
  return parameters.data
}

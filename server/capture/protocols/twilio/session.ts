import type { Clock } from '../../../platform/clock.ts'
import type { Logger } from '../../../platform/log.ts'
import type { AudioFormat, CallFacts, Desk, LegIntake, PartyRole, RawMetadata } from '../../source.ts'
import { Violation, WireCall } from '../websocket/call.ts'
import type { Closing, Session, Wire } from '../websocket/gate.ts'
import { sameSecret } from '../websocket/handshake.ts'
import { textOf, wellKnownFacts } from '../websocket/well-known.ts'
import { formatOf, readEvent, type Media, type Start, type StreamEvent } from './messages.ts'
import { createTrack, type Track } from './track.ts'

export type SessionDeps = {
  desk: Desk
  clock: Clock
  log: Logger
  /** Null when the upgrade was authenticated; otherwise what the `token` custom parameter must equal. */
  token: Buffer | null
}

const MAX_PAYLOAD = 32_768
const TRACKS = ['inbound', 'outbound']

/** One media stream in Twilio's dialect. We listen only: nothing is ever sent back into the call. */
export class TwilioSession implements Session {
  readonly #deps: SessionDeps
  readonly #call: WireCall
  #format: AudioFormat = { codec: 'PCMU', rate: 8000, channels: 1 }
  #customerTrack = 'inbound'
  readonly #tracks = new Map<string, { leg: LegIntake; track: Track }>()
  #lastSequence = 0
  #missing = 0

  constructor(wire: Wire, deps: SessionDeps) {
    this.#deps = deps
    this.#call = new WireCall({ ...deps, wire, counts: () => ({ missingMessages: this.#missing }) })
  }

  text(raw: string): void {
    const arrivalNs = this.#deps.clock.monotonic()
    this.#call.guarded(() => {
      const event = readEvent(raw)
      if (!event) throw new Violation('not a message of the media stream dialect')
      this.#dispatch(event, raw, arrivalNs)
    })
  }

  binary(): void {
    this.#call.guarded(() => {
      throw new Violation('binary message where JSON is expected')
    })
  }

  closed(how: Closing): void {
    this.#call.end(how.broken ? 'error' : 'disconnect')
  }

  stopping(): void {
    this.#call.stopping()
  }

  #dispatch(event: StreamEvent, raw: string, arrivalNs: bigint): void {
    if (event.event === 'connected') return
    if (event.event === 'start') return this.#onStart(event.start, event.streamSid ?? event.start.streamSid, raw)
    const call = this.#call.intake
    if (!call) {
      if (event.event === 'other') return
      throw new Violation(`${event.event} before start`)
    }
    this.#count(event.sequenceNumber)
    if (event.event === 'media') return this.#onMedia(event.media, arrivalNs)
    if (event.event === 'dtmf') return call.dtmf(event.dtmf.track.replace(/_track$/, ''), event.dtmf.digit)
    if (event.event === 'stop') this.#call.hungUp()
  }

  /** Counts messages that never came; late ones give their place back. */
  #count(sequence: number | undefined): void {
    if (sequence === undefined) return
    if (sequence > this.#lastSequence) {
      this.#missing += sequence - this.#lastSequence - 1
      this.#lastSequence = sequence
    } else this.#missing = Math.max(0, this.#missing - 1)
  }

  #onStart(start: Start, streamSid: string | undefined, raw: string): void {
    if (this.#call.intake) throw new Violation('second start')
    if (!streamSid) throw new Violation('start without streamSid')
    const { token } = this.#deps
    if (token && !sameSecret(Buffer.from(textOf(start.customParameters['token']) ?? ''), token)) {
      throw new Violation('neither signed nor with a valid token parameter')
    }
    const format = formatOf(start.mediaFormat)
    if (!format) throw new Violation('media format not supported: mu-law, A-law, L16 or G.722 is needed')
    const call = this.#call.announce({
      ...factsOf(start),
      protocol: 'twilio',
      sessionKey: streamSid,
      conversationKey: start.callSid,
      sequenced: true,
      raw: withoutToken(raw, start),
    })
    if (!call) return
    this.#format = format
    this.#customerTrack = start.customParameters['customer_track'] === 'outbound' ? 'outbound' : 'inbound'
    this.#lastSequence = 1
    for (const name of start.tracks) this.#track(name)
    this.#call.log.info({ tracks: start.tracks.length, codec: format.codec }, 'stream started')
  }

  /** The leg of a track; opened with the start message, or by the first audio of a track it did not name. */
  #track(given: string): { leg: LegIntake; track: Track } | null {
    const label = given.replace(/_track$/, '')
    const known = this.#tracks.get(label)
    const call = this.#call.intake
    if (known || !TRACKS.includes(label) || !call) return known ?? null
    const role: PartyRole = label === this.#customerTrack ? 'customer' : 'agent'
    const added = { leg: call.leg({ label, role, format: this.#format }), track: createTrack(this.#format) }
    this.#tracks.set(label, added)
    return added
  }

  #onMedia(media: Media, arrivalNs: bigint): void {
    if (media.payload.length > MAX_PAYLOAD) throw new Violation('media payload too large')
    if (this.#format.codec === 'L16' && media.payload.length % 2 !== 0)
      throw new Violation('media payload with half a sample')
    const known = this.#track(media.track)
    if (!known) throw new Violation('media of an unknown track')
    const placed = known.track.place(media)
    if (placed && media.payload.length > 0) known.leg.frame(media.payload, arrivalNs, placed.position)
  }
}

function factsOf(start: Start): CallFacts {
  const { customParameters: given } = start
  const { from, to } = { from: given['from'] ?? start.from, to: given['to'] ?? start.to }
  return wellKnownFacts(given, { from, to })
}

/** The start message as received, unless it carries the token: a secret has no place in a recording's metadata. */
function withoutToken(raw: string, start: Start): RawMetadata {
  const mediaType = 'application/json'
  if (!('token' in start.customParameters)) return { mediaType, bytes: Buffer.from(raw) }
  const clean: unknown = JSON.parse(raw, (key, value: unknown) => (key === 'token' ? '[removed]' : value))
  return { mediaType, bytes: Buffer.from(JSON.stringify(clean)) }
}

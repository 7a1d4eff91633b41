/**
 * The port every capture protocol speaks to. Adding a protocol touches one folder under `protocols/`, one registry line,
 * and runs `describeProtocol()` (testkit/). An adapter never touches policy, keys, disk or database: it announces a call,
 * hands over untouched media with its arrival time, and reports what the source signals.
 *
 * Nothing here waits: every method returns at once, so a SIP answer goes out before any database work.
 */

import type { SourceCaption } from '../../contract/models/captions.ts'

export type Codec = 'PCMU' | 'PCMA' | 'G722' | 'opus' | 'G729' | 'L16'

/** How bytes become samples. `rate` is the RTP clock rate in Hz (8000 for G722, whose samples are 16 kHz: RFC 3551 §4.5.2). */
export type AudioFormat = { codec: Codec; rate: number; channels: 1 }

export type PartyRole = 'agent' | 'customer' | 'unknown'

/** A person on the call as the source tells it. Personal data: stored sealed only. */
export type Party = {
  role: PartyRole
  /** SIP AOR, telephone number or login, as received. */
  address?: string | undefined
  name?: string | undefined
  /** ISO 3166-1 alpha-2, when the source says so; otherwise derived from a +number later. */
  country?: string | undefined
}

export type Direction = 'inbound' | 'outbound' | 'internal'

/** Raw source metadata, kept byte for byte, one entry per version received. */
export type RawMetadata = { mediaType: string; bytes: Buffer }

/** What is known of a call when it starts or when the source corrects itself. */
export type CallFacts = {
  direction?: Direction | undefined
  queue?: string | undefined
  skill?: string | undefined
  /** The source's name for the agent (login, extension); matched to a person by the capture room. */
  agent?: string | undefined
  parties?: Party[] | undefined
  /** Consent given at the source (IVR, metadata): yes, no, or not asked. */
  consent?: 'yes' | 'no' | 'not_asked' | undefined
  raw?: RawMetadata | undefined
}

export type Announcement = CallFacts & {
  /** Registry name of the protocol: 'siprec', 'audiohook', 'twilio', 'stream', 'audiosocket', 'upload', 'vcon'. */
  protocol: string
  /** Identity of this session at its source. Announcing the same key twice is a duplicate start and is refused. */
  sessionKey: string
  /** Identity of the conversation shared by several sessions (two sources for one call), when the source knows it. */
  conversationKey?: string | undefined
  /** Whether frames carry sequence numbers. Without them the recording is marked "gaps not provable". */
  sequenced: boolean
}

export type LegFacts = {
  /** The source's name for the leg (SDP label, track, channel). Unique within the session. */
  label: string
  role: PartyRole
  /** Address of the person heard on this leg, when the source tells: lets the desk recognise an agent it knows. */
  address?: string | undefined
  format: AudioFormat
  /** RTP payload types of this leg beside the audio one: telephone-event (RFC 4733) and comfort noise (RFC 3389). */
  dtmfPayloadTypes?: number[] | undefined
  cnPayloadTypes?: number[] | undefined
}

export type EndReason = 'hangup' | 'disconnect' | 'expired' | 'error'

/** What the recorder asks of a source. An adapter that cannot do it leaves the method out: pause is always ours anyway. */
export type SourceCommands = {
  /** Ask the source to stop sending (AudioHook `pause`). Best effort. */
  pause?(): void
  resume?(): void
  /** The recorder ends the session (policy never, refused, shutting down). */
  disconnect?(reason: 'policy' | 'shutdown' | 'error'): void
}

/** One leg's way in. Frames after `end()` are dropped. */
export type LegIntake = {
  /** One RTP packet, untouched except that SRTP has been removed (header and plain payload). */
  rtp(packet: Buffer, arrivalNs: bigint): void
  /**
   * One frame of a source without RTP, exactly as received. `position` is the source's own media position in samples of
   * `format.rate`, when it has one; otherwise frames follow each other without gaps until a silence on the wire.
   */
  frame(payload: Buffer, arrivalNs: bigint, position?: number): void
  /** The codec changed (re-INVITE). Applies to frames from now on. */
  change(facts: Pick<LegFacts, 'format' | 'dtmfPayloadTypes' | 'cnPayloadTypes'>): void
  /** A span the source says it dropped (AudioHook `discarded`), in ms of media. */
  lost(durationMs: number): void
  /** The source holds or resumes this leg (SDP `inactive`, AudioHook has none). */
  hold(on: boolean): void
  end(): void
}

export type CallIntake = {
  /** Our id for the call; safe to log. */
  readonly callId: string
  leg(facts: LegFacts): LegIntake
  /** Later knowledge: new metadata version, parties, queue. Raw bytes are appended, never replaced. */
  update(facts: CallFacts): void
  /** The source itself paused or resumed recording (AudioHook paused/resumed). */
  sourcePaused(on: boolean): void
  /** Key pressed on a leg (RFC 4733, Twilio dtmf), once a press; label '' when the source does not say on which. Never logged. */
  dtmf(label: string, digit: string): void
  /** A piece of transcript of the source's own. False when nobody follows the call, or it says nothing new. */
  caption(said: SourceCaption): boolean
  /** Ends the call. Later calls have no effect. */
  end(reason: EndReason): void
}

export type AnnounceResult =
  | { accepted: true; call: CallIntake }
  | { accepted: false; reason: 'duplicate' | 'policy' | 'overload' | 'stopping'; detail: string }

/** Given to every adapter by the capture room. */
export type Desk = {
  announce(call: Announcement, commands: SourceCommands): AnnounceResult
}

/** A running listener. */
export type Listener = {
  /** Where it listens, for the page: `udp://0.0.0.0:5060`, `wss://host/audiohook`. */
  readonly addresses: string[]
  /** Stops accepting, ends its calls with reason `disconnect`, and closes sockets. */
  stop(): Promise<void>
}

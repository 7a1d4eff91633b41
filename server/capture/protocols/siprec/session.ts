import { randomInt } from 'node:crypto'
import type { CallFacts, CallIntake, EndReason, RawMetadata } from '../../source.ts'
import { ACCEPTED_TYPES, readBody, readKey, type SessionBody } from './body.ts'
import { ALLOW, SUPPORTED, type Context } from './context.ts'
import type { MediaLines, Prepared } from './lines.ts'
import { applyMetadata, type Snapshot } from './metadata/snapshot.ts'
import { MetadataFault, readXml } from './metadata/xml.ts'
import { interpret, type Interpretation } from './parties.ts'
import { chooseLines, writeSdp, type LineChoice } from './sdp/answer.ts'
import { parseOffer, SdpFault } from './sdp/offer.ts'
import type { HeaderLines } from './sip/build.ts'
import { advance, type Dialog } from './sip/dialog.ts'
import type { SipRequest } from './sip/message.ts'
import type { ServerTransaction } from './sip/server-transaction.ts'
import { expiryMs, negotiateTimer, refreshMs, type SessionTimer, type TimerVerdict } from './sip/session-timer.ts'
import type { Cancel } from './sip/timers.ts'

/** A session without a timer and without media is asked after this long whether it still exists, ms. */
const PROBE_MS = 120_000

/** How long sockets are still read after the peer's BYE, ms. */
const LINGER_MS = 100
/** And then until nothing came for so long: a process that stood still has yet to read what came before the BYE. */
const QUIET_MS = 20
/** A peer that sends on after its BYE is read no longer than this many times. */
const MOST_QUIET = 20

export type SessionParts = {
  dialog: Dialog
  call: CallIntake
  lines: MediaLines
  snapshot: Snapshot
  /** Our address in SDP. */
  address: string
  /** Called with every ACK: the peer knows of the session. */
  confirmed(): void
  /** Called once, when the session has left SIP. */
  gone(): void
}

/** Why an offer is not taken, as a status and what to say with it. */
export type Refusal = { status: number; warning?: string }

/** The lines of an offer, or why it is refused. */
export function readOffer(sdp: Buffer): { choices: LineChoice[] } | Refusal {
  try {
    return { choices: chooseLines(parseOffer(sdp)) }
  } catch (e) {
    if (e instanceof SdpFault) return { status: 488, warning: e.message }
    throw e
  }
}

/** Adds one metadata document to what is known. What cannot be read is kept raw and changes nothing. */
export function readMetadata(known: Snapshot, raw: RawMetadata, log: Context['log']): Snapshot {
  try {
    const document = readXml(raw.bytes)
    const { shape, misencoded } = document
    if (shape !== 'sound' || misencoded) log.info({ shape, misencoded }, 'recording metadata was not sound XML')
    return applyMetadata(known, document)
  } catch (e) {
    log.warn(
      { why: e instanceof MetadataFault ? e.message : 'unexpected', bytes: raw.bytes.length },
      'recording metadata not understood',
    )
    return known
  }
}

/** One recording session: the dialog, its media lines and its call at the desk, from the first 200 to BYE. */
export class RecordingSession {
  readonly dialog: Dialog
  readonly #context: Context
  readonly #call: CallIntake
  readonly #lines: MediaLines
  readonly #parts: SessionParts
  readonly #sdpId = String(randomInt(1, 2 ** 47))
  #version = 0
  #lastSdp: Buffer = Buffer.alloc(0)
  #snapshot: Snapshot
  #meaning: Interpretation
  #timer: SessionTimer | null = null
  #cancelTimer: Cancel | null = null
  #cancelProbe: Cancel | null = null
  /** INVITEs answered with 2xx whose ACK has not come, by CSeq. */
  #unacked = new Map<number, ServerTransaction>()
  /** CSeq of the INVITE to which we offered, until its ACK brings the answer. */
  #offered: number | null = null
  #busy = false
  #state: 'open' | 'ending' | 'closed' = 'open'
  /** Ends the wait after the peer's BYE. */
  #finish: (() => void) | null = null

  constructor(context: Context, parts: SessionParts) {
    this.#context = context
    this.#parts = parts
    this.dialog = parts.dialog
    this.#call = parts.call
    this.#lines = parts.lines
    this.#snapshot = parts.snapshot
    this.#meaning = interpret(parts.snapshot, context.settings)
    this.#probe(-1)
  }

  get callId(): string {
    return this.#call.callId
  }

  /** Puts the first offer in force and answers it. */
  start(transaction: ServerTransaction, prepared: Prepared, timer: TimerVerdict): void {
    this.#lines.commit(prepared, this.#call, (label) => this.#meaning.heardOn(label))
    this.#accept(transaction, timer, this.#sdp())
  }

  /** A request inside the dialog. */
  async receive(transaction: ServerTransaction): Promise<void> {
    const { request } = transaction
    // Our BYE is on its way: theirs crossed it.
    if (this.#state !== 'open') return transaction.respond(request.method === 'BYE' ? 200 : 481)
    if (!advance(this.dialog, request, transaction.flow)) return transaction.respond(500)
    if (request.method === 'BYE') {
      this.#takeMetadata(request)
      transaction.respond(200)
      this.#linger()
    } else if (request.method === 'INVITE' || request.method === 'UPDATE') await this.#refresh(transaction)
    else {
      this.#takeMetadata(request)
      const key = request.method === 'INFO' ? readKey(request) : null
      if (key !== null) this.#call.dtmf('', key)
      transaction.respond(200, {
        headers: [
          ['Allow', ALLOW],
          ['Supported', SUPPORTED],
          ['Accept', ACCEPTED_TYPES],
        ],
      })
    }
  }

  ack(request: SipRequest): void {
    const invite = this.#unacked.get(request.cseq.number)
    if (!invite) return
    this.#unacked.delete(request.cseq.number)
    invite.acknowledged()
    this.#parts.confirmed()
    if (this.#state === 'ending' && this.#unacked.size === 0) return this.#sayGoodbye()
    if (this.#offered !== request.cseq.number) return
    this.#offered = null
    void this.#takeAnswer(request)
  }

  unacknowledged(invite: ServerTransaction): void {
    if (!this.#unacked.delete(invite.request.cseq.number)) return
    if (this.#state === 'ending') this.#sayGoodbye()
    else this.hangUp('error')
  }

  /** Gives up before the 200 went out. */
  abort(): void {
    if (this.#state !== 'open') return
    this.#release('error')
    this.#leave()
  }

  /** Ends the session from our side: BYE, after the ACK when one is still due (RFC 3261 §15). */
  hangUp(reason: EndReason): void {
    this.#finish?.()
    if (this.#state !== 'open') return
    this.#release(reason)
    this.#state = 'ending'
    if (this.#unacked.size === 0) this.#sayGoodbye()
  }

  async #refresh(transaction: ServerTransaction): Promise<void> {
    const { request } = transaction
    if (this.#busy) return transaction.respond(500, { headers: [['Retry-After', String(randomInt(0, 10))]] })
    const body = readBody(request)
    if (!body)
      return transaction.respond(415, {
        headers: [
          ['Accept', ACCEPTED_TYPES],
          ['Accept-Encoding', 'identity'],
        ],
      })
    if (this.#offered !== null && (body.sdp || request.method === 'INVITE')) return transaction.respond(491)
    const timer = negotiateTimer(request, this.#timer)
    if (timer.kind === 'tooShort') return transaction.respond(422, { headers: timer.headers })
    if (body.metadata) this.#learn(body.metadata)
    const refusal = body.sdp ? await this.#renegotiate(body.sdp) : null
    if (this.#state !== 'open') return transaction.respond(481)
    if (refusal) return transaction.respond(refusal.status, { headers: refusalHeaders(refusal) })
    if (!body.sdp && request.method === 'INVITE') this.#offered = request.cseq.number
    this.#accept(transaction, timer, body.sdp || request.method === 'INVITE' ? this.#sdp() : undefined)
  }

  /** Applies an offer or an answer of the peer. */
  async #renegotiate(sdp: Buffer): Promise<Refusal | null> {
    const read = readOffer(sdp)
    if ('status' in read) return read
    const enabled = read.choices.some(({ line }) => line.port !== 0)
    if (enabled && !read.choices.some(({ accepted }) => accepted))
      return { status: 488, warning: 'no media line can be recorded' }
    this.#busy = true
    try {
      const prepared = await this.#lines.prepare(read.choices)
      if (!prepared) return { status: 503 }
      if (this.#state !== 'open') this.#lines.discard(prepared)
      else this.#lines.commit(prepared, this.#call, (label) => this.#meaning.heardOn(label))
      return null
    } finally {
      this.#busy = false
    }
  }

  async #takeAnswer(request: SipRequest): Promise<void> {
    const body: SessionBody | null = readBody(request)
    try {
      const refusal = body?.sdp ? await this.#renegotiate(body.sdp) : null
      if (refusal)
        this.#context.log.warn(
          { callId: this.callId, why: refusal.warning },
          'SDP answer not understood: media stays as it was',
        )
    } catch (e) {
      this.#context.log.error({ err: e, callId: this.callId }, 'SDP answer failed')
    }
  }

  #accept(transaction: ServerTransaction, timer: TimerVerdict, sdp: Buffer | undefined): void {
    const { request, flow } = transaction
    const headers: [string, string][] = [
      ['Contact', this.#context.contact(this.#parts.address, flow)],
      ['Allow', ALLOW],
      ['Supported', SUPPORTED],
      ['Accept', ACCEPTED_TYPES],
    ]
    if (timer.kind === 'agreed') for (const [name, value] of timer.headers) headers.push([name, value])
    if (request.method === 'INVITE') this.#unacked.set(request.cseq.number, transaction)
    this.#setTimer(timer.kind === 'agreed' ? timer.timer : null)
    transaction.respond(200, { headers, body: sdp, tag: this.dialog.localTag })
  }

  /** Our SDP; the version rises only when the text changes (RFC 3264 §8). */
  #sdp(): Buffer {
    const write = (version: number): Buffer =>
      writeSdp({ sessionId: this.#sdpId, version, address: this.#parts.address }, this.#lines.answer())
    if (!write(this.#version).equals(this.#lastSdp)) this.#lastSdp = write(++this.#version)
    return this.#lastSdp
  }

  #takeMetadata(request: SipRequest): void {
    const metadata = readBody(request)?.metadata
    if (metadata) this.#learn(metadata)
  }

  #learn(raw: RawMetadata): void {
    const before = this.#snapshot
    this.#snapshot = readMetadata(before, raw, this.#context.log)
    this.#meaning = interpret(this.#snapshot, this.#context.settings)
    const facts: CallFacts = this.#snapshot === before ? { raw } : { ...this.#meaning.facts, raw }
    this.#call.update(facts)
  }

  #setTimer(timer: SessionTimer | null): void {
    this.#cancelTimer?.()
    this.#timer = timer
    if (!timer) this.#cancelTimer = null
    else if (timer.refresher === 'uas')
      this.#cancelTimer = this.#context.timers.after(refreshMs(timer), () => this.#keepAlive(timer))
    else this.#cancelTimer = this.#context.timers.after(expiryMs(timer), () => this.hangUp('expired'))
  }

  #keepAlive(timer: SessionTimer): void {
    const extra: HeaderLines = [
      ['Contact', this.#context.contact(this.#parts.address, this.dialog.flow)],
      ['Supported', SUPPORTED],
      ['Session-Expires', `${timer.interval};refresher=uac`],
    ]
    this.#context.request(this.dialog, 'UPDATE', extra, (status) => {
      if (this.#state !== 'open') return
      if (status === 408 || status === 481) this.hangUp('disconnect')
      else this.#setTimer(timer)
    })
  }

  /** Without a session timer nothing tells that a source has died in silence: after quiet minutes it is asked. */
  #probe(receivedBefore: number): void {
    this.#cancelProbe = this.#context.timers.after(PROBE_MS, () => {
      const { received } = this.#lines.counts()
      this.#probe(received)
      if (this.#timer || received !== receivedBefore) return
      this.#context.request(this.dialog, 'OPTIONS', [['Accept', ACCEPTED_TYPES]], (status) => {
        if (status === 408 || status === 481) this.hangUp('disconnect')
      })
    })
  }

  #sayGoodbye(): void {
    this.#context.request(this.dialog, 'BYE', [], () => {})
    this.#leave()
  }

  /** The peer hung up: media that arrived before its BYE may still wait in our sockets. */
  #linger(): void {
    this.#state = 'ending'
    for (const invite of this.#unacked.values()) invite.end()
    const { timers } = this.#context
    const untilQuiet = (before: number, times: number): void => {
      const { received } = this.#lines.counts()
      if (received === before || times === MOST_QUIET) this.#finish?.()
      else cancel = timers.after(QUIET_MS, () => untilQuiet(received, times + 1))
    }
    let cancel = timers.after(LINGER_MS, () => untilQuiet(Number.NaN, 0))
    this.#finish = () => {
      this.#finish = null
      cancel()
      this.#release('hangup')
      this.#leave()
    }
  }

  #leave(): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#parts.gone()
  }

  /** Gives back media and ends the call. */
  #release(reason: EndReason): void {
    this.#cancelTimer?.()
    this.#cancelProbe?.()
    this.#lines.close()
    this.#context.log.info({ callId: this.callId, reason, ...this.#lines.counts() }, 'recording session ended')
    this.#call.end(reason)
  }
}

export const refusalHeaders = ({ status, warning }: Refusal): HeaderLines => {
  if (status === 503) return [['Retry-After', '10']]
  return warning === undefined ? [] : [['Warning', `399 verbale "${warning}"`]]
}

import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:dgram'
import { metadata, offer, requestText, sessionBody, type Body, type OfferLine } from './messages.ts'
import { openRtpSocket, RtpSender, type SenderOptions } from './rtp-sender.ts'
import { SipLine, type LineOptions, type Received } from './sip-line.ts'

export type SimulatorOptions = LineOptions & {
  /** One socket for the media of all calls, as cheap as hundreds of calls need; otherwise one per leg. */
  sharedMedia?: boolean
}

export type SimulatedLeg = OfferLine & { sender?: SenderOptions }

export type CallOptions = {
  legs?: SimulatedLeg[]
  /** Metadata document; by default two unnamed people; null for plain SDP. */
  metadata?: string | null
  headers?: string[]
  callId?: string
  fromTag?: string
  /** Leaves the 2xx without ACK. */
  withoutAck?: boolean
}

export class SipRefusal extends Error {
  readonly response: Received
  constructor(response: Received) {
    super(response.startLine)
    this.response = response
  }
}

/** A session recording client: calls the recording server, sends media, answers what it is asked. */
export class SrcSimulator {
  readonly line: SipLine
  readonly options: SimulatorOptions
  #shared: Socket | null = null
  #sockets = new Set<Socket>()

  private constructor(line: SipLine, options: SimulatorOptions) {
    this.line = line
    this.options = options
    line.on((message) => {
      if (message.status === 0 && message.method !== 'ACK') this.answer(message, 200)
    })
  }

  static async open(options: SimulatorOptions): Promise<SrcSimulator> {
    return new SrcSimulator(await SipLine.open(options), options)
  }

  /** A call up to its ACK. Throws SipRefusal. */
  async call(options: CallOptions = {}): Promise<SimulatedCall> {
    const call = await this.prepare(options)
    await call.invite(options)
    return call
  }

  /** A call with its media sockets, nothing sent yet. */
  async prepare(options: CallOptions = {}): Promise<SimulatedCall> {
    const legs = options.legs ?? [{}, {}]
    const senders: RtpSender[] = []
    for (const leg of legs)
      senders.push(
        new RtpSender(await this.mediaSocket(), {
          payloadType: Number(leg.formats?.split(' ')[0] ?? 0),
          ...leg.sender,
        }),
      )
    return new SimulatedCall(this, legs, senders, options)
  }

  async mediaSocket(): Promise<Socket> {
    if (this.options.sharedMedia && this.#shared) return this.#shared
    const socket = await openRtpSocket()
    this.#sockets.add(socket)
    if (this.options.sharedMedia) this.#shared = socket
    return socket
  }

  answer(request: Received, status: number): void {
    const copied = ['via', 'from', 'to', 'call-id', 'cseq'].flatMap((name) =>
      (request.headers.get(name) ?? []).map((value) => `${name}: ${value}`),
    )
    this.line.send([`SIP/2.0 ${status} Simulated`, ...copied, 'Content-Length: 0', '', ''].join('\r\n'))
  }

  close(): void {
    for (const socket of this.#sockets) socket.close()
    this.line.close()
  }
}

const tag = (): string => randomBytes(6).toString('hex')

/** One recording session of the simulator. */
export class SimulatedCall {
  readonly callId: string
  readonly fromTag: string
  readonly senders: RtpSender[]
  legs: SimulatedLeg[]
  toTag = ''
  cseq = 1
  answer = ''
  remoteTarget = ''
  #sim: SrcSimulator
  #version = 1

  constructor(sim: SrcSimulator, legs: SimulatedLeg[], senders: RtpSender[], options: CallOptions) {
    this.#sim = sim
    this.legs = legs
    this.senders = senders
    this.callId = options.callId ?? `${tag()}@simulator`
    this.fromTag = options.fromTag ?? tag()
  }

  /** The offer for the legs as they are now. */
  offer(): string {
    const lines = this.legs.map((leg, i) => ({ port: this.senders[i]?.socket.address().port ?? 9, ...leg }))
    return offer(lines, { version: this.#version++ })
  }

  labels(): string[] {
    return this.legs.map((leg, i) => (leg.label === undefined ? String(i + 1) : (leg.label ?? '')))
  }

  async invite(options: CallOptions = {}): Promise<Received> {
    const people = this.legs.map((_, i) => ({ aor: `sip:${100 + i}@example.org` }))
    const xml = options.metadata === undefined ? metadata(people, this.labels()) : options.metadata
    const headers = ['Require: siprec', 'Accept: application/sdp', ...(options.headers ?? [])]
    const response = await this.request('INVITE', sessionBody(this.offer(), xml), headers, options.withoutAck ?? false)
    this.#follow(response)
    return response
  }

  /** Another INVITE in the session, with the legs as they are now. */
  async reinvite(xml: string | null = null, headers: string[] = []): Promise<Received> {
    const response = await this.request('INVITE', sessionBody(this.offer(), xml), headers)
    this.#follow(response)
    return response
  }

  update(xml: string | null, headers: string[] = []): Promise<Received> {
    return this.request('UPDATE', sessionBody(null, xml), headers)
  }

  bye(): Promise<Received> {
    return this.request('BYE')
  }

  /** Sends a request and waits for its final answer, repeating it over UDP. Throws SipRefusal when it is not a 2xx. */
  async request(
    method: string,
    body: Body | null = null,
    headers: string[] = [],
    withoutAck = false,
  ): Promise<Received> {
    const cseq = this.cseq++
    const text = this.text(method, cseq, { body, headers })
    this.#sim.line.send(text)
    const repeat = this.#sim.line.transport === 'udp' ? setInterval(() => this.#sim.line.send(text), 500) : undefined
    try {
      const response = await this.#sim.line.until(
        (m) => m.status >= 200 && this.#isAnswer(m, cseq, method),
        `answer to ${method}`,
      )
      this.toTag ||= /;tag=([^;\s]+)/.exec(response.headers.get('to')?.[0] ?? '')?.[1] ?? ''
      const final = { response, cseq, branch: /branch=([^;]+)/.exec(text)?.[1] ?? '' }
      if (method === 'INVITE' && !withoutAck) this.ack(final)
      if (response.status >= 300) {
        if (cseq === 1) this.toTag = ''
        throw new SipRefusal(response)
      }
      return response
    } finally {
      clearInterval(repeat)
    }
  }

  /** The ACK of an answer: within the INVITE's transaction for a refusal, on its own for a 2xx. */
  ack(
    { response, cseq, branch }: { response: Received; cseq: number; branch: string },
    body: Body | null = null,
  ): void {
    this.#sim.line.send(this.text('ACK', cseq, { branch: response.status < 300 ? undefined : branch, body }))
  }

  /** A request of this session as text. */
  text(
    method: string,
    cseq: number,
    more: { branch?: string | undefined; body?: Body | null; headers?: string[] } = {},
  ): string {
    const { host, port } = this.#sim.line.address
    const { server, transport } = this.#sim.options
    const contact = `Contact: <sip:src@${host}:${port};transport=${transport}>;+sip.src`
    return requestText({
      method,
      uri: this.remoteTarget || `sip:srs@${server.host}:${server.port}`,
      transport,
      sentBy: `${host}:${port}`,
      branch: more.branch ?? `z9hG4bK${tag()}`,
      from: `<sip:src@${host}>;tag=${this.fromTag}`,
      to: `<sip:srs@${server.host}>${this.toTag ? `;tag=${this.toTag}` : ''}`,
      callId: this.callId,
      cseq,
      headers: [...(method === 'INVITE' || method === 'UPDATE' ? [contact] : []), ...(more.headers ?? [])],
      body: more.body ?? null,
    })
  }

  /** Resolves with our server's own BYE for this session. */
  hungUp(): Promise<Received> {
    return this.#sim.line.until(
      (m) => m.status === 0 && m.method === 'BYE' && m.headers.get('call-id')?.[0] === this.callId,
      'BYE of the server',
    )
  }

  /** Points every sender at the port its line was given. */
  #follow(response: Received): void {
    if (response.body === '') return
    this.answer = response.body
    this.remoteTarget = /<([^>]+)>/.exec(response.headers.get('contact')?.[0] ?? '')?.[1] ?? ''
    const host = /^c=IN IP[46] (\S+)/m.exec(this.answer)?.[1] ?? '127.0.0.1'
    const ports = [...this.answer.matchAll(/^m=\S+ (\d+)/gm)].map((match) => Number(match[1]))
    for (const [i, sender] of this.senders.entries()) sender.target = ports[i] ? { host, port: ports[i] } : null
  }

  #isAnswer(message: Received, cseq: number, method: string): boolean {
    return (
      message.headers.get('call-id')?.[0] === this.callId && message.headers.get('cseq')?.[0] === `${cseq} ${method}`
    )
  }
}

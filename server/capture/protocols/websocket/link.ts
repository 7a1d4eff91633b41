import type { IncomingMessage } from 'node:http'
import type { WebSocket } from 'ws'
import type { Logger } from '../../../platform/log.ts'
import { messageOf } from '../../../platform/problem.ts'
import { peerOf } from './handshake.ts'

/** Bounds of one gate. Sizes in bytes, times in ms. */
export type GateLimits = {
  /** Largest message accepted; a larger one closes the connection with 1009. */
  maxPayload: number
  /** Longest wait for the credentials to be looked up. */
  authorizeMs: number
  /** Longest wait from the upgrade until the session is established. */
  establishMs: number
  /** Ping interval; a peer silent for two of them is taken for dead. */
  pingMs: number
  /** Bytes of ours a peer may leave unread before it is cut off. */
  maxUnread: number
  /** Connections not yet established; beyond it the oldest one is dropped, so that new ones always get their turn. */
  maxHalfOpen: number
  /** Connections of one peer address (a proxy in front counts as one peer). */
  maxPerPeer: number
}

/** Our side of one accepted connection. No method throws. */
export type Wire = {
  readonly peer: string
  readonly request: IncomingMessage
  send(text: string): void
  /** The session has started: it no longer counts as half-open. */
  established(): void
  /** Polite close; the connection is cut if the peer does not answer within 2 s. */
  close(code: number, reason: string): void
}

/** How a connection ended: `broken` after a violation of RFC 6455 or of our limits, or after a fault of ours. */
export type Closing = { code: number; broken: boolean }

/** What a protocol does with a connection. Whatever it throws ends this connection only. */
export type Session = {
  text(text: string): void
  binary(bytes: Buffer): void
  /** Called once, last. */
  closed(how: Closing): void
  /** The listener stops: say goodbye; the connection is closed right after. */
  stopping(): void
}

const GOODBYE_MS = 2_000

type LinkDeps = {
  ws: WebSocket
  request: IncomingMessage
  limits: GateLimits
  log: Logger
  connect(wire: Wire): Session
  onEstablished(link: Link): void
  onClosed(link: Link): void
}

/** One open connection and the session on it. Nothing a session throws leaves this class. */
export class Link implements Wire {
  readonly peer: string
  readonly request: IncomingMessage
  readonly #deps: LinkDeps
  readonly #deadline: NodeJS.Timeout
  #session: Session | undefined
  /** Pings sent since the peer was last heard. */
  #unanswered = 0
  #broken = false
  #closed = false
  #established = false

  constructor(deps: LinkDeps) {
    this.#deps = deps
    this.request = deps.request
    this.peer = peerOf(deps.request)
    this.#deadline = setTimeout(() => {
      deps.log.warn(
        { peer: this.peer, afterMs: deps.limits.establishMs },
        'connection closed: no session was started in time',
      )
      this.close(1008, 'no session was started in time')
    }, deps.limits.establishMs)
    this.#listen()
    this.#guarded(() => (this.#session = deps.connect(this)))
  }

  #listen(): void {
    const { ws, log } = this.#deps
    ws.on('pong', () => (this.#unanswered = 0))
    ws.on('ping', () => this.#cutIfUnread())
    ws.on('error', (e) => {
      this.#broken = true
      log.warn({ peer: this.peer, error: e.message }, 'WebSocket violation')
      this.#cutLater()
    })
    ws.on('close', (code) => {
      clearTimeout(this.#deadline)
      this.#closed = true
      this.#deps.onClosed(this)
      this.#guarded(() => this.#session?.closed({ code, broken: this.#broken }))
    })
    ws.on('message', (data, isBinary) => {
      this.#unanswered = 0
      // `nodebuffer` is the default binaryType and fragments are joined, so a message is always one Buffer.
      const bytes = data as Buffer
      this.#guarded(() => (isBinary ? this.#session?.binary(bytes) : this.#session?.text(bytes.toString('utf8'))))
    })
  }

  #guarded(act: () => void): void {
    try {
      act()
    } catch (e) {
      this.#broken = true
      this.#deps.log.error({ peer: this.peer, error: messageOf(e) }, 'session failed')
      this.close(1011, 'internal error')
    }
  }

  #cutLater(): void {
    setTimeout(() => this.cut(), GOODBYE_MS).unref()
  }

  #cutIfUnread(): void {
    const bytes = this.#deps.ws.bufferedAmount
    if (bytes <= this.#deps.limits.maxUnread) return
    this.#deps.log.warn({ peer: this.peer, bytes }, 'connection cut: the peer does not read')
    this.cut()
  }

  send(text: string): void {
    const { ws } = this.#deps
    if (ws.readyState !== ws.OPEN) return
    ws.send(text, () => undefined)
    this.#cutIfUnread()
  }

  established(): void {
    this.#established = true
    clearTimeout(this.#deadline)
    this.#deps.onEstablished(this)
  }

  close(code: number, reason: string): void {
    if (this.#closed) return
    this.#deps.ws.close(code, reason.slice(0, 120))
    this.#cutLater()
  }

  /** Neither half-open nor anything else any more, or a running session. */
  settled(): boolean {
    return this.#established || this.#closed
  }

  cut(): void {
    this.#deps.ws.terminate()
  }

  beat(): void {
    if (this.#unanswered >= 2) return this.cut()
    this.#unanswered++
    this.#deps.ws.ping()
    this.#cutIfUnread()
  }

  async goodbye(): Promise<void> {
    this.#guarded(() => this.#session?.stopping())
    if (this.#closed) return
    const gone = new Promise<void>((resolve) => void this.#deps.ws.once('close', () => resolve()))
    this.close(1001, 'stopping')
    await gone
  }
}

import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer, type WebSocket } from 'ws'
import type { Logger } from '../../../platform/log.ts'
import { messageOf } from '../../../platform/problem.ts'
import { peerOf, refuse } from './handshake.ts'

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

export const defaultLimits: GateLimits = {
  maxPayload: 256 * 1024,
  authorizeMs: 5_000,
  establishMs: 10_000,
  pingMs: 20_000,
  maxUnread: 1024 * 1024,
  maxHalfOpen: 1024,
  maxPerPeer: 4096,
}

const GOODBYE_MS = 2_000

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

/** `why` is for our log only; the peer learns the status and nothing else. */
export type Admission<Pass> = { pass: Pass } | { refused: 400 | 401 | 403 | 404 | 503; why: string }

export type GateOptions<Pass> = {
  log: Logger
  limits?: Partial<GateLimits> | undefined
  /** Decides before the upgrade; a refusal is answered with its HTTP status. */
  authorize(request: IncomingMessage): Promise<Admission<Pass>>
  connect(wire: Wire, pass: Pass): Session
}

export type Gate = {
  onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
  /** Refuses newcomers, says goodbye to everyone, and resolves when every socket is closed. */
  stop(): Promise<void>
  counts(): { open: number; halfOpen: number }
}

/** Accepts WebSockets safely: bounded, authenticated before the upgrade, without compression, dead peers cut off. */
export function openGate<Pass>(options: GateOptions<Pass>): Gate {
  const limits: GateLimits = { ...defaultLimits, ...options.limits }
  const state = { stopping: false }
  const links = new Set<Link>()
  const halfOpen = new Set<Link>()
  const peers = new Map<string, number>()
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: limits.maxPayload,
  })
  const beat = setInterval(() => links.forEach((link) => link.beat()), limits.pingMs)
  beat.unref()

  const enter = (request: IncomingMessage, socket: Duplex): (() => void) | null => {
    const peer = peerOf(request)
    const count = peers.get(peer) ?? 0
    if (state.stopping || count >= limits.maxPerPeer) {
      options.log.warn(
        { peer, count, stopping: state.stopping },
        'connection refused: too many from this peer, or stopping',
      )
      refuse(socket, 503)
      return null
    }
    peers.set(peer, count + 1)
    return once(() => {
      const rest = (peers.get(peer) ?? 1) - 1
      if (rest > 0) peers.set(peer, rest)
      else peers.delete(peer)
    })
  }

  const accept = (ws: WebSocket, request: IncomingMessage, pass: Pass): void => {
    const oldest = halfOpen.size >= limits.maxHalfOpen ? halfOpen.values().next().value : undefined
    if (oldest) {
      options.log.warn({ peer: oldest.peer }, 'half-open connection dropped for a newer one')
      halfOpen.delete(oldest)
      oldest.cut()
    }
    const link = new Link({
      ws,
      request,
      limits,
      log: options.log,
      connect: (wire) => options.connect(wire, pass),
      onEstablished: (it) => void halfOpen.delete(it),
      onClosed: (it) => {
        links.delete(it)
        halfOpen.delete(it)
      },
    })
    if (ws.readyState === ws.CLOSED) return
    links.add(link)
    if (!link.settled()) halfOpen.add(link)
  }

  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    socket.on('error', () => socket.destroy())
    const leave = enter(request, socket)
    if (!leave) return
    socket.once('close', leave)
    void admitted(options, request, limits.authorizeMs).then((admission) => {
      if (socket.destroyed) return
      if (state.stopping) return refuse(socket, 503)
      if ('refused' in admission) {
        options.log.warn({ peer: peerOf(request), status: admission.refused, why: admission.why }, 'connection refused')
        return refuse(socket, admission.refused)
      }
      server.handleUpgrade(request, socket, head, (ws) => accept(ws, request, admission.pass))
    })
  }

  const stop = async (): Promise<void> => {
    state.stopping = true
    clearInterval(beat)
    await Promise.all([...links].map((link) => link.goodbye()))
    server.close()
  }
  return { onUpgrade, stop, counts: () => ({ open: links.size, halfOpen: halfOpen.size }) }
}

async function admitted<Pass>(
  options: GateOptions<Pass>,
  request: IncomingMessage,
  ms: number,
): Promise<Admission<Pass>> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<Admission<Pass>>((resolve) => {
    timer = setTimeout(() => resolve({ refused: 503, why: 'the credentials were not available in time' }), ms)
  })
  const decided = options
    .authorize(request)
    .catch((e: unknown): Admission<Pass> => ({ refused: 503, why: messageOf(e) }))
  try {
    return await Promise.race([decided, late])
  } finally {
    clearTimeout(timer)
  }
}

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
class Link implements Wire {
  readonly peer: string
  readonly request: IncomingMessage
  readonly #deps: LinkDeps
  readonly #deadline: NodeJS.Timeout
  #session: Session | undefined
  #alive = true
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
    ws.on('pong', () => (this.#alive = true))
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
      this.#alive = true
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
    if (!this.#alive) return this.cut()
    this.#alive = false
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

function once(act: () => void): () => void {
  let done = false
  return () => {
    if (done) return
    done = true
    act()
  }
}

import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer, type WebSocket } from 'ws'
import type { Logger } from '../../../platform/log.ts'
import { messageOf } from '../../../platform/problem.ts'
import { peerOf, refuse } from './handshake.ts'
import { Link, type GateLimits, type Session, type Wire } from './link.ts'

export type { Closing, GateLimits, Session, Wire } from './link.ts'

export const defaultLimits: GateLimits = {
  maxPayload: 256 * 1024,
  authorizeMs: 5_000,
  establishMs: 10_000,
  pingMs: 20_000,
  maxUnread: 1024 * 1024,
  maxHalfOpen: 1024,
  maxPerPeer: 4096,
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
  onUpgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void
  /** Refuses newcomers, says goodbye to everyone, and resolves when every socket is closed. */
  stop: () => Promise<void>
  counts: () => { open: number; halfOpen: number }
}

/** Accepts WebSockets safely: bounded, authenticated before the upgrade, without compression, dead peers cut off. */
export function openGate<Pass>(options: GateOptions<Pass>): Gate {
  const limits: GateLimits = { ...defaultLimits, ...options.limits }
  const state = { stopping: false }
  const links = new Set<Link>()
  const halfOpen = new Set<Link>()
  const peers = countPeers(limits.maxPerPeer)
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: limits.maxPayload,
  })
  const beat = setInterval(() => links.forEach((link) => link.beat()), limits.pingMs)
  beat.unref()

  const enter = (request: IncomingMessage, socket: Duplex): boolean => {
    const peer = peerOf(request)
    if (!state.stopping && peers.enter(peer)) {
      socket.once('close', () => peers.leave(peer))
      return true
    }
    options.log.warn({ peer, stopping: state.stopping }, 'connection refused: too many from this peer, or stopping')
    refuse(socket, 503)
    return false
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
    if (!enter(request, socket)) return
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

/** Counts the connections of each peer. */
function countPeers(max: number): { enter(peer: string): boolean; leave(peer: string): void } {
  const counts = new Map<string, number>()
  return {
    enter(peer) {
      const count = counts.get(peer) ?? 0
      if (count >= max) return false
      counts.set(peer, count + 1)
      return true
    },
    leave(peer) {
      const count = counts.get(peer) ?? 1
      if (count > 1) counts.set(peer, count - 1)
      else counts.delete(peer)
    },
  }
}

import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Logger } from '../../../../platform/log.ts'
import { buildResponse } from './build.ts'
import { plainAddress, type Endpoint, type Flow } from './flow.ts'
import { StreamFramer, type Framed } from './framer.ts'
import type { SipMessage } from './message.ts'
import type { Cancel, Timers } from './timers.ts'

export type ConnectionLimits = {
  /** Connections in all, and from one address. */
  connections: number
  perPeer: number
  /** Connections held from addresses that are not admitted, while they are told so. */
  refused: number
  /** A message that has begun must end within this, ms. */
  messageMs: number
  /** A connection without a byte either way is closed, ms. */
  idleMs: number
  /** Bytes of unfinished messages over all connections. */
  bufferedBytes: number
}

export const CONNECTION_LIMITS: ConnectionLimits = {
  connections: 4096,
  perPeer: 2048,
  refused: 64,
  messageMs: 30_000,
  idleMs: 65 * 60_000,
  bufferedBytes: 64 * 1024 * 1024,
}

/** A peer that does not read what we send is cut off, bytes. */
const MAX_UNREAD = 1024 * 1024

export type ConnectionDeps = {
  admits: (address: string) => boolean
  onMessage: (message: SipMessage, flow: Flow) => void
  timers: Timers
  limits: ConnectionLimits
  log: Logger
}

type Open = { socket: Socket; framer: StreamFramer; flow: Flow; deadline: Cancel | null; held: number; peer: string }

/** Every TCP and TLS connection: framing, limits, keep-alive. Nothing a peer sends throws out of here. */
export class Connections {
  #deps: ConnectionDeps
  #open = new Set<Open>()
  #perPeer = new Map<string, number>()
  #buffered = 0
  #refused = 0

  constructor(deps: ConnectionDeps) {
    this.#deps = deps
  }

  get size(): number {
    return this.#open.size
  }

  accept(socket: Socket, transport: 'tcp' | 'tls'): void {
    const { limits, timers } = this.#deps
    const remote = remoteOf(socket)
    const admitted = this.#deps.admits(remote.address)
    const full = this.#open.size >= limits.connections || (this.#perPeer.get(remote.address) ?? 0) >= limits.perPeer
    if (full || (!admitted && this.#refused >= limits.refused)) {
      socket.on('error', () => socket.destroy())
      socket.destroy()
    } else if (!admitted) this.#turnAway(socket, transport)
    else {
      const one = this.#adopt(socket, transport, remote)
      one.deadline = timers.after(limits.messageMs, () => this.#close(one, 'no message'))
    }
  }

  /** A connection of our own, for a request towards a peer whose connection is gone. */
  dial(to: Endpoint, transport: 'tcp' | 'tls', serverName?: string): Flow {
    const options = { host: to.address, port: to.port }
    const named = serverName === undefined ? {} : { servername: serverName }
    return this.#adopt(transport === 'tcp' ? connectTcp(options) : connectTls({ ...options, ...named }), transport, to)
      .flow
  }

  close(): void {
    for (const one of this.#open) one.socket.destroySoon()
  }

  #adopt(socket: Socket, transport: 'tcp' | 'tls', remote: Endpoint): Open {
    const peer = remote.address
    const one: Open = {
      socket,
      framer: new StreamFramer(),
      flow: flowOf(socket, transport, remote),
      deadline: null,
      held: 0,
      peer,
    }
    this.#open.add(one)
    this.#perPeer.set(peer, (this.#perPeer.get(peer) ?? 0) + 1)
    socket.setNoDelay(true)
    socket.setKeepAlive(true, 60_000)
    socket.setTimeout(this.#deps.limits.idleMs, () => this.#close(one, 'idle'))
    socket.on('data', (chunk: Buffer) => this.#onData(one, chunk))
    socket.on('error', (e) => this.#deps.log.debug({ transport, why: e.message }, 'connection failed'))
    socket.on('close', () => this.#forget(one))
    return one
  }

  #forget(one: Open): void {
    this.#open.delete(one)
    one.deadline?.()
    this.#buffered -= one.held
    one.held = 0
    const left = (this.#perPeer.get(one.peer) ?? 1) - 1
    if (left > 0) this.#perPeer.set(one.peer, left)
    else this.#perPeer.delete(one.peer)
  }

  #onData(one: Open, chunk: Buffer): void {
    const { limits, log } = this.#deps
    const found = one.framer.push(chunk)
    this.#buffered += one.framer.held - one.held
    one.held = one.framer.held
    for (const framed of found) this.#handle(one, framed)
    this.#watch(one)
    if (this.#buffered > limits.bufferedBytes) {
      log.warn({ buffered: this.#buffered }, 'too many unfinished messages: connection closed')
      one.socket.destroy()
    }
  }

  #handle(one: Open, framed: Framed): void {
    if (framed.type === 'ping') one.flow.send(Buffer.from('\r\n'))
    else if (framed.message) this.#deps.onMessage(framed.message, one.flow)
    if (framed.type === 'fatal') this.#close(one, framed.detail)
  }

  /** A message that has begun has a deadline; one that trickles in does not push it out. */
  #watch(one: Open): void {
    if (!one.framer.partial) {
      one.deadline?.()
      one.deadline = null
    } else
      one.deadline ??= this.#deps.timers.after(this.#deps.limits.messageMs, () =>
        this.#close(one, 'unfinished message'),
      )
  }

  #close(one: Open, why: string): void {
    this.#deps.log.debug({ transport: one.flow.transport, why }, 'connection closed')
    one.socket.destroySoon()
  }

  /** 403 for a stranger's first request, nothing for anything else, then the door. */
  #turnAway(socket: Socket, transport: 'tcp' | 'tls'): void {
    this.#refused++
    const framer = new StreamFramer()
    const flow = flowOf(socket, transport, remoteOf(socket))
    socket.setTimeout(5000, () => socket.destroy())
    socket.on('error', () => socket.destroy())
    socket.on('close', () => this.#refused--)
    socket.on('data', (chunk: Buffer) => {
      const framed = framer.push(chunk)[0]
      if (framed?.type === 'message' && framed.message.kind === 'request' && framed.message.method !== 'ACK') {
        flow.send(buildResponse(framed.message, 403, flow.remote))
      }
      if (framed || framer.held > 128 * 1024) socket.destroySoon()
    })
  }
}

const remoteOf = (socket: Socket): Endpoint => ({
  address: plainAddress(socket.remoteAddress ?? ''),
  port: socket.remotePort ?? 0,
})

function flowOf(socket: Socket, transport: 'tcp' | 'tls', remote: Endpoint): Flow {
  const waiting = new Set<() => void>()
  socket.once('close', () => {
    for (const run of waiting) run()
  })
  return {
    transport,
    reliable: true,
    remote,
    get local() {
      return { address: plainAddress(socket.localAddress ?? ''), port: socket.localPort ?? 0 }
    },
    open: () => !socket.destroyed && socket.writable,
    whenClosed(run) {
      if (socket.destroyed) run()
      else waiting.add(run)
      return () => void waiting.delete(run)
    },
    send(bytes) {
      if (socket.destroyed || !socket.writable) return
      if (socket.writableLength > MAX_UNREAD) socket.destroy()
      else socket.write(bytes)
    },
  }
}

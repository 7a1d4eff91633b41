import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { createServer as createTcpServer, isIPv4, isIPv6, type AddressInfo, type Server } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import type { Logger } from '../../../../platform/log.ts'
import { Problem, messageOf } from '../../../../platform/problem.ts'
import { buildResponse } from './build.ts'
import { CONNECTION_LIMITS, Connections, type ConnectionLimits } from './connections.ts'
import { plainAddress, responseTarget, uriHost, type Endpoint, type Flow, type TransportName } from './flow.ts'
import { readDatagram } from './framer.ts'
import type { SipMessage } from './message.ts'
import type { Timers } from './timers.ts'

export type TransportOptions = {
  host: string
  udpPort: number
  tcpPort: number
  tls: { port: number; cert: Buffer; key: Buffer } | null
  admits: (address: string) => boolean
  onMessage: (message: SipMessage, flow: Flow) => void
  timers: Timers
  log: Logger
  limits?: Partial<ConnectionLimits> | undefined
}

export type Transport = {
  /** `udp://0.0.0.0:5060`, one per listening socket. */
  readonly addresses: string[]
  /** The port a peer reaches us on over that transport; null when it is not served. */
  portOf(transport: TransportName): number | null
  /** A way to a peer that has no connection open. */
  reach(to: Endpoint, transport: TransportName, serverName?: string): Flow
  /** TCP and TLS connections now open. */
  readonly connections: number
  close(): Promise<void>
}

/** 403s to strangers over UDP, per second: their source address may be forged. */
const REFUSALS_PER_SECOND = 20

/** Opens every socket of the SIP listener. Throws Problem `siprec-listen` naming the one that could not be opened. */
export async function openTransport(options: TransportOptions): Promise<Transport> {
  const guarded = { ...options, onMessage: guard(options) }
  const connections = new Connections({ ...guarded, limits: { ...CONNECTION_LIMITS, ...options.limits } })
  const opened: (() => Promise<void>)[] = []
  const ports = new Map<TransportName, number>()
  const listening = (name: TransportName, port: number, close: () => Promise<void>): void => {
    ports.set(name, port)
    opened.push(close)
  }
  const closeAll = async (): Promise<void> => {
    connections.close()
    await Promise.all(opened.map((close) => close()))
  }
  let udp: UdpSocket
  try {
    udp = await openUdp(guarded)
    listening('udp', udp.address().port, () => new Promise((done) => udp.close(() => done())))
    const tcp = createTcpServer((socket) => connections.accept(socket, 'tcp'))
    listening('tcp', await listen(tcp, 'tcp', options.tcpPort, options.host), () => closed(tcp))
    if (options.tls) {
      const server = tlsServer(options.tls, connections, options)
      listening('tls', await listen(server, 'tls', options.tls.port, options.host), () => closed(server))
    }
  } catch (e) {
    await closeAll()
    throw e
  }
  return {
    addresses: [...ports].map(([name, port]) => `${name}://${uriHost(options.host)}:${port}`),
    portOf: (name) => ports.get(name) ?? null,
    reach: (to, name, serverName) => (name === 'udp' ? udpFlow(udp, to) : connections.dial(to, name, serverName)),
    get connections() {
      return connections.size
    },
    close: closeAll,
  }
}

/** A fault in our own code costs one message, never the listener. */
function guard({ onMessage, log }: TransportOptions): TransportOptions['onMessage'] {
  return (message, flow) => {
    try {
      onMessage(message, flow)
    } catch (e) {
      log.error({ err: e, transport: flow.transport }, 'SIP message failed')
    }
  }
}

function udpFlow(socket: UdpSocket, remote: Endpoint): Flow {
  const dual = socket.address().family === 'IPv6'
  return {
    transport: 'udp',
    reliable: false,
    remote,
    local: socket.address(),
    open: () => true,
    whenClosed: () => () => undefined,
    send(bytes, to = remote) {
      try {
        // A dual-stack socket reaches IPv4 by mapped addresses only.
        socket.send(bytes, to.port, dual && isIPv4(to.address) ? `::ffff:${to.address}` : to.address, () => {})
      } catch {
        // Closed, or an address this socket cannot reach: lost, as a packet may be.
      }
    },
  }
}

async function openUdp(options: TransportOptions): Promise<UdpSocket> {
  const type = isIPv6(options.host) ? 'udp6' : 'udp4'
  const socket = createSocket({ type, recvBufferSize: 4 * 1024 * 1024 })
  const mayRefuse = perSecond(REFUSALS_PER_SECOND, options.timers)
  socket.on('message', (datagram, from) => {
    const remote = { address: plainAddress(from.address), port: from.port }
    const admitted = options.admits(remote.address)
    const message = readDatagram(datagram)
    if (!message) return
    const flow = udpFlow(socket, remote)
    if (admitted) return options.onMessage(message, flow)
    if (message.kind !== 'request' || message.method === 'ACK' || !mayRefuse()) return
    flow.send(buildResponse(message, 403, remote), responseTarget(message.via, remote))
  })
  await new Promise<void>((done, fail) => {
    socket.once('error', (e) => fail(cannotListen('udp', options.udpPort, e)))
    socket.bind(options.udpPort, options.host, () => done())
  })
  socket.removeAllListeners('error')
  socket.on('error', (e) => options.log.warn({ why: e.message }, 'UDP socket error'))
  return socket
}

/** True at most `count` times a second. */
function perSecond(count: number, timers: Timers): () => boolean {
  let left = count
  return () => {
    if (left === count) timers.after(1000, () => (left = count))
    return left-- > 0
  }
}

function tlsServer(tls: { cert: Buffer; key: Buffer }, connections: Connections, options: TransportOptions): Server {
  const server = createTls(
    { cert: tls.cert, key: tls.key, minVersion: 'TLSv1.2', handshakeTimeout: 10_000 },
    (socket) => connections.accept(socket, 'tls'),
  )
  server.on('tlsClientError', (e: Error) => options.log.debug({ why: e.message }, 'TLS handshake failed'))
  // Strangers do not get a handshake.
  server.prependListener('connection', (socket) => {
    if (!options.admits(plainAddress(socket.remoteAddress ?? ''))) socket.destroy()
  })
  return server
}

function createTls(...args: Parameters<typeof createTlsServer>): Server {
  try {
    return createTlsServer(...args)
  } catch (e) {
    throw new Problem('siprec-tls', 500, `The TLS certificate and key of SIPREC do not work: ${messageOf(e)}.`)
  }
}

async function listen(server: Server, name: TransportName, port: number, host: string): Promise<number> {
  await new Promise<void>((done, fail) => {
    server.once('error', (e) => fail(cannotListen(name, port, e)))
    server.listen({ port, host, backlog: 1024 }, () => done())
  })
  return (server.address() as AddressInfo).port
}

const closed = (server: Server): Promise<void> =>
  new Promise((done) => (server.listening ? server.close(() => done()) : done()))

const cannotListen = (name: TransportName, port: number, e: unknown): Problem =>
  new Problem(
    'siprec-listen',
    500,
    `SIP cannot listen on ${name} port ${port}: ${messageOf(e)}. Free the port or change protocols.siprec in the configuration.`,
    { transport: name, port },
  )

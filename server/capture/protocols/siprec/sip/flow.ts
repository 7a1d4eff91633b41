import type { Via } from './values.ts'

export type Endpoint = { address: string; port: number }

export type TransportName = 'udp' | 'tcp' | 'tls'

/** Where a message came from and the way back: a connection, or our UDP socket and the peer's address. */
export type Flow = {
  transport: TransportName
  /** TCP and TLS: no retransmission needed. */
  reliable: boolean
  remote: Endpoint
  local: Endpoint
  /** False once the connection is gone. */
  open(): boolean
  /** Runs once when the connection is lost, unless taken back; never for UDP. */
  whenClosed(run: () => void): () => void
  /** Never throws; what cannot be sent is lost like a packet. `to` is for UDP. */
  send(bytes: Buffer, to?: Endpoint): void
}

/** `::ffff:192.0.2.1`, as dual-stack sockets report it, is 192.0.2.1. */
export const plainAddress = (address: string): string =>
  address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : (address.split('%')[0] ?? address)

/** Where a response goes over UDP (RFC 3261 §18.2.2, RFC 3581 §4): the source address; its port only when asked by rport. */
export const responseTarget = (via: Via, remote: Endpoint): Endpoint => ({
  address: remote.address,
  port: via.params.has('rport') ? remote.port : (via.port ?? 5060),
})

/** An address as it stands in a URI. */
export const uriHost = (address: string): string => (address.includes(':') ? `[${address}]` : address)

import { createSocket } from 'node:dgram'
import { isIP, isIPv6 } from 'node:net'
import type { Flow } from './sip/flow.ts'
import { plainAddress } from './sip/flow.ts'

const isWildcard = (address: string): boolean => address === '' || address === '0.0.0.0' || address === '::'

/** Peers whose address is remembered. */
const REMEMBERED = 1024

export type AddressFinder = (flow: Flow) => string | Promise<string>

/**
 * Our address as a peer reaches it: the configured one, the one we listen on, the connection's, or, on a wildcard UDP
 * socket, the one the operating system would send from.
 */
export function createAddressFinder(host: string, advertised: string | undefined): AddressFinder {
  const known = new Map<string, string>()
  return (flow) => {
    if (advertised !== undefined) return advertised
    if (!isWildcard(host) && isIP(host) !== 0) return host
    if (flow.transport !== 'udp' && !isWildcard(flow.local.address)) return flow.local.address
    const peer = flow.remote.address
    const found = known.get(peer)
    if (found !== undefined) return found
    return routeTo(peer).then((address) => {
      if (known.size >= REMEMBERED) known.clear()
      known.set(peer, address)
      return address
    })
  }
}

/** Connecting a UDP socket sends nothing; it asks the routing table which source address would be used. */
function routeTo(peer: string): Promise<string> {
  const socket = createSocket(isIPv6(peer) ? 'udp6' : 'udp4')
  return new Promise((done) => {
    const finish = (address: string): void => {
      socket.close()
      done(address)
    }
    socket.once('error', () => finish(isIPv6(peer) ? '::1' : '127.0.0.1'))
    socket.connect(9, peer, () => finish(plainAddress(socket.address().address)))
  })
}

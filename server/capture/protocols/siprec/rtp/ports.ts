import { createSocket, type Socket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import type { Clock } from '../../../../platform/clock.ts'

/** Two neighbouring UDP sockets: RTP on the even port, RTCP on the odd one (RFC 3550 §11). */
export type PortPair = {
  port: number
  rtp: Socket
  rtcp: Socket
  /** Gives the port back, to rest; one that no answer ever named needs none. */
  close(unused?: 'unused'): void
}

export type PortPool = {
  /** Null when every port of the range is taken. */
  open(): Promise<PortPair | null>
}

/** A port rests this long after its call, so that late packets reach nobody, ms. */
const QUARANTINE_MS = 30_000
/** Holds about 10 s of one leg while the event loop is busy; the kernel may grant less. */
const RECEIVE_BUFFER = 512 * 1024
/** Ports tried before giving up, so that a range held by others does not stall an INVITE. */
const MAX_TRIES = 64

export function createPortPool(host: string, [from, to]: readonly [number, number], clock: Clock): PortPool {
  const free: { port: number; restUntil: bigint }[] = []
  for (let port = from + (from % 2); port + 1 <= to; port += 2) free.push({ port, restUntil: 0n })

  const rest = (port: number): void => {
    free.push({ port, restUntil: clock.monotonic() + BigInt(QUARANTINE_MS) * 1_000_000n })
  }
  /** The longest-rested port; undefined while all are taken or resting. */
  const take = (): number | undefined => {
    const next = free[0]
    return next && next.restUntil <= clock.monotonic() ? free.shift()?.port : undefined
  }

  return {
    async open() {
      for (let tries = 0; tries < MAX_TRIES; tries++) {
        const port = take()
        if (port === undefined) return null
        const pair = await bindPair(host, port)
        if (!pair) {
          rest(port)
          continue
        }
        let closed = false
        const close = (unused?: 'unused'): void => {
          if (closed) return
          closed = true
          pair.rtp.close()
          pair.rtcp.close()
          if (unused) free.unshift({ port, restUntil: 0n })
          else rest(port)
        }
        return { port, ...pair, close }
      }
      return null
    },
  }
}

async function bindPair(host: string, port: number): Promise<{ rtp: Socket; rtcp: Socket } | null> {
  const rtp = await bind(host, port)
  if (!rtp) return null
  const rtcp = await bind(host, port + 1)
  if (!rtcp) rtp.close()
  return rtcp ? { rtp, rtcp } : null
}

function bind(host: string, port: number): Promise<Socket | null> {
  const socket = createSocket({ type: isIPv6(host) ? 'udp6' : 'udp4', recvBufferSize: RECEIVE_BUFFER })
  return new Promise((done) => {
    socket.once('error', () => {
      socket.close()
      done(null)
    })
    socket.bind({ address: host, port, exclusive: true }, () => {
      socket.removeAllListeners('error')
      // A bound datagram socket that only receives reports nothing we could act on.
      socket.on('error', () => {})
      done(socket)
    })
  })
}

import { lookup } from 'node:dns/promises'
import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { Problem, messageOf } from '../../../platform/problem.ts'
import type { Listener } from '../../source.ts'
import type { ProtocolDeps } from '../protocol.ts'
import type { Context } from './context.ts'
import { createAddressFinder } from './local-address.ts'
import { createNetworks } from './networks.ts'
import { createPortPool } from './rtp/ports.ts'
import type { SiprecSettings } from './settings.ts'
import type { ConnectionLimits } from './sip/connections.ts'
import { dialogRequest, route, type Dialog } from './sip/dialog.ts'
import { uriHost, type Endpoint, type Flow, type TransportName } from './sip/flow.ts'
import { systemTimers, type Timers } from './sip/timers.ts'
import { Transactions } from './sip/transactions.ts'
import { openTransport, type Transport } from './sip/transport.ts'
import { createUnconfirmed } from './unconfirmed.ts'
import { createUserAgent } from './user-agent.ts'

/** For tests: time moved by hand, other limits. */
export type ServerOptions = { timers?: Timers; connections?: Partial<ConnectionLimits>; transactions?: number }

/** Transactions held at once; each lives 32 s over UDP. */
const MAX_TRANSACTIONS = 50_000
/** How long our BYEs may take when we stop, ms. */
const STOP_MS = 2000

/** Opens the recording server. Throws Problem when a port is taken or the TLS files cannot be read. */
export async function listenSiprec(deps: ProtocolDeps<SiprecSettings>, options: ServerOptions = {}): Promise<Listener> {
  const { settings, desk, clock } = deps
  if (!settings.enabled) return { addresses: [], stop: () => Promise.resolve() }
  const log = deps.log.child({ protocol: 'siprec' })
  const timers = options.timers ?? systemTimers
  const networks = createNetworks(settings.allow)
  const addressOf = createAddressFinder(settings.host, settings.advertisedAddress)
  let wired: Wired | null = null
  let asking = 0
  const outgoing = createOutgoing(() => wired)
  const context: Context = {
    settings,
    desk,
    clock,
    log,
    timers,
    networks,
    addressOf,
    pool: createPortPool(settings.host, settings.rtpPorts, clock),
    unconfirmed: createUnconfirmed(settings.maxUnconfirmed),
    contact: (address, flow) => contactFor(address, flow, wired?.transport),
    request(dialog, method, extra, done) {
      asking++
      const finished = (status: number): void => {
        asking--
        done(status)
      }
      void outgoing(dialog, { method, extra, done: finished })
    },
  }
  const agent = createUserAgent(context)
  const transactions = new Transactions(agent, timers, options.transactions ?? MAX_TRANSACTIONS)
  const transport = await openTransport({
    host: settings.host,
    udpPort: settings.udpPort,
    tcpPort: settings.tcpPort,
    tls: await tlsFiles(settings),
    admits: createAdmission((address) => networks.contains(address)),
    // Until every socket is open nobody is served.
    onMessage: (message, flow) => wired && transactions.receive(message, flow),
    timers,
    log,
    limits: options.connections,
  })
  wired = { transport, transactions, networks, addressOf }
  const stop = async (): Promise<void> => {
    agent.stop()
    await drained(() => asking)
    transactions.stop()
    await transport.close()
  }
  let stopped: Promise<void> | undefined
  return { addresses: transport.addresses, stop: () => (stopped ??= stop()) }
}

type Wired = {
  transport: Transport
  transactions: Transactions
  networks: Context['networks']
  addressOf: Context['addressOf']
}

type Outgoing = {
  method: 'BYE' | 'UPDATE' | 'OPTIONS'
  extra: readonly (readonly [string, string])[]
  done: (status: number) => void
}

/** Sends our own requests. One that cannot be sent ends with 503 (RFC 3261 §8.1.3.1), one not answered with 408. */
function createOutgoing(wired: () => Wired | null): (dialog: Dialog, request: Outgoing) => Promise<void> {
  return async (dialog, { method, extra, done }) => {
    try {
      const parts = wired()
      if (!parts) throw new Error('not listening')
      const { transport, transactions, addressOf } = parts
      const flow = await flowTo(dialog, parts)
      const local = uriHost(await addressOf(dialog.flow))
      const via = `${local}:${transport.portOf(flow.transport) ?? flow.local.port}`
      const { branch, bytes } = dialogRequest(dialog, method, { flow, via, extra })
      let forget: (() => void) | undefined
      const finished = (status: number): void => {
        forget?.()
        done(status)
      }
      transactions.send({ branch, bytes, reliable: flow.reliable, send: (packet) => flow.send(packet), done: finished })
      forget = flow.whenClosed(() => transactions.lost(branch))
    } catch {
      done(503)
    }
  }
}

/**
 * The way to the peer: the connection it last used; else its next hop, when that is an address we talk to; else, over UDP,
 * where its requests came from (a Contact behind NAT).
 */
async function flowTo(dialog: Dialog, { transport, networks }: Wired): Promise<Flow> {
  if (dialog.flow.reliable && dialog.flow.open()) return dialog.flow
  const { hop } = route(dialog)
  const address = hop ? await resolve(hop.host) : null
  if (hop && address !== null && networks.contains(address)) {
    const to: Endpoint = { address, port: hop.port }
    return transport.reach(to, hop.transport, isIP(hop.host) === 0 ? hop.host : undefined)
  }
  if (dialog.flow.reliable) throw new Error('no way back')
  return dialog.flow
}

async function resolve(host: string): Promise<string | null> {
  if (isIP(host) !== 0) return host
  return lookup(host).then(
    ({ address }) => address,
    () => null,
  )
}

function contactFor(address: string, flow: Flow, transport: Transport | undefined): string {
  const port = transport?.portOf(flow.transport) ?? flow.local.port
  const suffix: Record<TransportName, string> = { udp: '', tcp: ';transport=tcp', tls: ';transport=tls' }
  return `<sip:verbale@${uriHost(address)}:${port}${suffix[flow.transport]}>;+sip.srs`
}

async function tlsFiles({ tls, tlsPort }: SiprecSettings): Promise<{ port: number; cert: Buffer; key: Buffer } | null> {
  if (!tls) return null
  try {
    return { port: tlsPort, cert: await readFile(tls.cert), key: await readFile(tls.key) }
  } catch (e) {
    throw new Problem('siprec-tls', 500, `The TLS certificate or key of SIPREC cannot be read: ${messageOf(e)}.`)
  }
}

/** Remembers recent verdicts: the list is asked for every datagram. */
function createAdmission(contains: (address: string) => boolean): (address: string) => boolean {
  const known = new Map<string, boolean>()
  return (address) => {
    let verdict = known.get(address)
    if (verdict === undefined) {
      if (known.size >= 4096) known.clear()
      verdict = contains(address)
      known.set(address, verdict)
    }
    return verdict
  }
}

async function drained(pending: () => number): Promise<void> {
  for (let waited = 0; pending() > 0 && waited < STOP_MS; waited += 20) {
    await new Promise((done) => setTimeout(done, 20))
  }
}

import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { z } from 'zod'
import { messageOf, Problem } from '../../../platform/problem.ts'
import type { Listener } from '../../source.ts'
import type { Protocol, ProtocolDeps } from '../protocol.ts'
import { allowList, isNetwork, privateNetworks } from './allow.ts'
import { AudioSocketSession } from './session.ts'

export const settings = z
  .strictObject({
    enabled: z
      .boolean()
      .default(false)
      .describe('Listen for Asterisk AudioSocket (no authentication, no encryption: inside a private network only).'),
    host: z.string().min(1).default('127.0.0.1').describe('Address to listen on.'),
    port: z.number().int().min(0).max(65_535).default(9092).describe('TCP port; 0 takes a free one.'),
    allow: z
      .array(z.string().refine(isNetwork, 'an address or a network such as 10.0.0.0/8'))
      .default(privateNetworks)
      .describe('Networks that may connect. AudioSocket has no password: name your Asterisk servers here.'),
    maxConnections: z.number().int().min(1).default(2000).describe('Connections at a time.'),
    maxHalfOpen: z
      .number()
      .int()
      .min(1)
      .default(256)
      .describe('Connections without a UUID yet; beyond it the oldest is closed.'),
    establishMs: z.number().int().min(1).default(10_000).describe('Longest wait for the UUID, ms.'),
    idleMs: z.number().int().min(1).default(60_000).describe('Longest silence on a connection, ms.'),
  })
  .prefault({})
/** What the configuration may leave out has a default here. */
export type AudioSocketSettings = z.input<typeof settings>

/** Asterisk AudioSocket over TCP: one mono leg, no sequence numbers. */
export const audiosocket: Protocol<AudioSocketSettings> = { name: 'audiosocket', listen: (deps) => listen(deps) }

/** Throws Problem `port_busy` or `cannot_listen` when the address cannot be had. */
export async function listen(deps: ProtocolDeps<AudioSocketSettings>): Promise<Listener> {
  const given = settings.parse(deps.settings)
  if (!given.enabled) return { addresses: [], stop: () => Promise.resolve() }
  const log = deps.log.child({ protocol: 'audiosocket' })
  const allowed = allowList(given.allow)
  const sessions = new Map<Socket, AudioSocketSession>()
  const halfOpen = new Set<AudioSocketSession>()

  const server = createServer((socket) => {
    const peer = socket.remoteAddress ?? ''
    if (!allowed(peer)) {
      log.warn({ peer }, 'connection refused: the address is not in `allow`')
      socket.destroy()
      return
    }
    const [oldest] = halfOpen.size >= given.maxHalfOpen ? halfOpen : []
    if (oldest) {
      halfOpen.delete(oldest)
      oldest.stop('error')
    }
    const session: AudioSocketSession = new AudioSocketSession(socket, {
      desk: deps.desk,
      clock: deps.clock,
      log,
      establishMs: given.establishMs,
      idleMs: given.idleMs,
      onEstablished: () => void halfOpen.delete(session),
    })
    sessions.set(socket, session)
    halfOpen.add(session)
    socket.on('close', () => {
      sessions.delete(socket)
      halfOpen.delete(session)
    })
  })
  server.maxConnections = given.maxConnections
  await listening(server, given)
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a TCP server always has an AddressInfo
  const { port } = server.address() as AddressInfo
  log.info({ host: given.host, port }, 'listening')
  const host = given.host.includes(':') ? `[${given.host}]` : given.host
  return {
    addresses: [`tcp://${host}:${port}`],
    async stop() {
      if (!server.listening) return
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      const open = [...sessions]
      for (const [, session] of open) session.stop('disconnect')
      setTimeout(() => open.forEach(([socket]) => socket.destroy()), 2_000).unref()
      await closed
    },
  }
}

async function listening(server: Server, { host, port }: { host: string; port: number }): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (e: NodeJS.ErrnoException) => {
      const code = e.code === 'EADDRINUSE' ? 'port_busy' : 'cannot_listen'
      reject(new Problem(code, 500, `AudioSocket cannot listen on ${host}:${port}: ${messageOf(e)}`, { port }))
    })
    server.listen(port, host, resolve)
  })
  server.on('error', () => undefined)
}

import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { systemClock } from '../../platform/clock.ts'
import { silentLog } from '../../platform/log.ts'
import type { Credentials, Protocol, ProtocolDeps, SourceCredential, UpgradeMount } from '../protocols/protocol.ts'
import type { Listener } from '../source.ts'

export type TestWeb = { mount: UpgradeMount; port: number; ws(path: string): string; stop: () => Promise<void> }

/** A real HTTP server on a free loopback port that passes Upgrade requests on by path, as the product's does. */
export async function startWeb(): Promise<TestWeb> {
  const routes = new Map<string, (request: IncomingMessage, socket: Duplex, head: Buffer) => void>()
  const server = createServer((_request, response) => response.writeHead(404).end())
  server.on('upgrade', (request, socket, head) => {
    const path = (request.url ?? '').split('?')[0] ?? ''
    const route = [...routes].find(([prefix]) => path === prefix || path.startsWith(`${prefix}/`))
    if (route) route[1](request, socket, head)
    else socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a TCP server always has an AddressInfo
  const { port } = server.address() as AddressInfo
  return {
    mount: { route: (path, onUpgrade) => void routes.set(path, onUpgrade) },
    port,
    ws: (path) => `ws://127.0.0.1:${port}${path}`,
    async stop() {
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

/** A protocol on a web of its own; `stop` ends both. */
export async function listenOnWeb<Settings>(
  protocol: Protocol<Settings>,
  given: Pick<ProtocolDeps<Settings>, 'desk' | 'credentials' | 'settings'>,
): Promise<TestWeb & { listener: Listener }> {
  const web = await startWeb()
  const listener = await protocol.listen({ ...given, clock: systemClock, log: silentLog, web: web.mount })
  const stop = async (): Promise<void> => {
    await listener.stop()
    await web.stop()
  }
  return { ...web, listener, stop }
}

/** Credentials kept in memory. */
export function fakeCredentials(...known: Omit<SourceCredential, 'id'>[]): Credentials {
  return {
    async find(protocol, keyId) {
      const found = known.find((c) => c.protocol === protocol && c.keyId === keyId)
      return found ? { id: `${protocol}-${keyId}`, ...found } : null
    },
  }
}

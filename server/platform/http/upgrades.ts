import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'

export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => void

export type Upgrades = {
  /** Calls `onUpgrade` for Upgrade requests whose path is `path` or below it. */
  route(path: string, onUpgrade: UpgradeHandler): void
}

/** Routes HTTP Upgrade requests by path; anything else gets 404 and is closed. */
export function upgrades(server: Server): Upgrades {
  const table = new Map<string, UpgradeHandler>()
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy())
    const path = (request.url ?? '').split('?')[0] ?? ''
    for (const [prefix, handle] of table) {
      if (path === prefix || path.startsWith(`${prefix}/`)) return handle(request, socket, head)
    }
    socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
  })
  return { route: (path, onUpgrade) => void table.set(path, onUpgrade) }
}

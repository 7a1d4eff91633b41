import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  type AuthorityOptions,
  type Behaviour,
  createAuthority,
  type TestAuthority,
} from '../../../proof/timestamp/testkit/authority.ts'

/** How the server behaves: as the authority in it does, or by itself. */
export type ServerBehaviour = Behaviour | 'slow' | 'endless' | 'redirect' | 'wrong-type' | 'error-500' | 'hang-up'

export type AuthorityServer = TestAuthority & {
  url: string
  /** What it does from now on. */
  behave(behaviour: ServerBehaviour): void
  /** Requests it got. */
  requests: { headers: NodeJS.Dict<string | string[]>; body: Buffer }[]
  stop(): Promise<void>
}

/** A time stamp authority over HTTP on a port of its own. */
export async function startAuthority(options: AuthorityOptions = {}): Promise<AuthorityServer> {
  const authority = createAuthority(options)
  const requests: AuthorityServer['requests'] = []
  let behaviour: ServerBehaviour = 'good'
  const server = createServer((request, response) => {
    const pieces: Buffer[] = []
    request.on('data', (piece: Buffer) => pieces.push(piece))
    request.on('end', () => {
      const body = Buffer.concat(pieces)
      requests.push({ headers: request.headers, body })
      if (behaviour === 'slow') return
      if (behaviour === 'hang-up') return void request.socket.destroy()
      if (behaviour === 'error-500') return void response.writeHead(500).end()
      if (behaviour === 'redirect') return void response.writeHead(302, { location: '/elsewhere' }).end()
      const type = behaviour === 'wrong-type' ? 'text/html' : 'application/timestamp-reply'
      response.writeHead(200, { 'content-type': type })
      if (behaviour === 'endless') endless(response)
      else response.end(authority.answer(body, behaviour === 'wrong-type' ? 'good' : behaviour))
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/tsa`
  return { ...authority, url, requests, behave: (next) => void (behaviour = next), stop: () => stop(server) }
}

function endless(response: import('node:http').ServerResponse): void {
  const piece = Buffer.alloc(16_384, 0x30)
  const more = (): void => {
    while (!response.destroyed && response.write(piece));
  }
  response.on('drain', more)
  more()
}

function stop(server: Server): Promise<void> {
  server.closeAllConnections()
  return new Promise((done) => server.close(() => done()))
}

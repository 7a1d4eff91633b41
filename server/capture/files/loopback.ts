import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { StreamReader } from '../../vault/types.ts'

const BLOCK = 256 * 1024

/** A server on 127.0.0.1 for one reader and one client. `proxy` is the value of the client's `http_proxy`. */
export type Loopback = { proxy: string; close(): Promise<void> }

const digest = (value: string): Buffer => createHash('sha256').update(value).digest()

/**
 * Serves the stream's bytes with Range support to whoever knows a fresh 256-bit secret. It poses as an HTTP proxy because
 * that is where a client takes a password from its environment: an address on the command line can be read by every user.
 */
export async function serveLoopback(reader: StreamReader): Promise<Loopback> {
  const secret = randomBytes(32).toString('hex')
  const expected = digest(`Basic ${Buffer.from(`audio:${secret}`).toString('base64')}`)
  const server = createServer((request, response) => {
    if (!timingSafeEqual(digest(request.headers['proxy-authorization'] ?? ''), expected)) {
      response.writeHead(407, { 'proxy-authenticate': 'Basic realm="audio"', 'content-length': 0 }).end()
      return
    }
    // A client that goes away in the middle of a range is how seeking looks.
    serve(reader, request, response).catch(() => response.destroy())
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    proxy: `http://audio:${secret}@127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function serve(reader: StreamReader, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '')
  const from = range ? Number(range[1]) : 0
  const to = range?.[2] ? Math.min(Number(range[2]) + 1, reader.size) : reader.size
  if (from >= reader.size || from >= to) {
    response.writeHead(416, { 'content-range': `bytes */${reader.size}`, 'content-length': 0 }).end()
    return
  }
  response.writeHead(range ? 206 : 200, {
    'accept-ranges': 'bytes',
    'content-length': to - from,
    'content-type': 'application/octet-stream',
    ...(range && { 'content-range': `bytes ${from}-${to - 1}/${reader.size}` }),
  })
  if (request.method === 'HEAD') {
    response.end()
    return
  }
  for (let at = from; at < to && !response.destroyed; at += BLOCK) {
    const block = await reader.read(at, Math.min(to, at + BLOCK))
    if (!response.write(block)) await drained(response)
  }
  response.end()
}

const drained = (response: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done)
      response.off('close', done)
      resolve()
    }
    response.on('drain', done)
    response.on('close', done)
  })

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** How one request is answered. Default: as a good server does, with ranges and a strong ETag. */
export type Manner = {
  status?: number
  headers?: Record<string, string>
  /** What is sent instead of the archive. */
  body?: Buffer
  /** Ignores `Range`. */
  noRanges?: boolean
  /** Ends the connection after so many bytes of the body, when the other side has kept them. */
  cutAfter?: number
  /** Says nothing more after so many bytes of the body. */
  stallAfter?: number
  /** Does not say how long it is. */
  noLength?: boolean
}

export type ArchiveServer = {
  url: string
  /** `Range` and `If-Range` of each request, and how many bytes of the body were sent. */
  requests: { path: string; range: string | undefined; ifRange: string | undefined; sent: number }[]
  /** The next requests get these, in order. */
  next: Manner[]
  /** What lies there now. */
  file: { body: Buffer; etag: string | null; modified: string | null }
  /** How much the other side has kept: what has come and was not read yet is lost with a connection. */
  kept(): number
  close(): Promise<void>
}

/** A web server on this machine with one file under every path. */
export async function archiveServer(body: Buffer): Promise<ArchiveServer> {
  const server = createServer((request, response) => answer(self, request, response))
  const self: ArchiveServer = {
    url: '',
    requests: [],
    next: [],
    file: { body, etag: '"one"', modified: null },
    kept: () => Number.POSITIVE_INFINITY,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  self.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return self
}

function answer(server: ArchiveServer, request: IncomingMessage, response: ServerResponse): void {
  const manner = server.next.shift() ?? {}
  const { range } = request.headers
  const ifRange = request.headers['if-range'] as string | undefined
  const seen = { path: request.url ?? '', range, ifRange, sent: 0 }
  server.requests.push(seen)
  const { body, etag, modified } = server.file
  const whole = manner.body ?? body
  const from = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0)
  const partial = range !== undefined && !manner.noRanges && (ifRange === undefined || ifRange === (etag ?? modified))
  const status = manner.status ?? (partial ? (from < whole.length ? 206 : 416) : 200)
  const part = status === 206 ? whole.subarray(from) : status === 200 ? whole : Buffer.from('no')
  response.writeHead(status, {
    'content-type': 'application/octet-stream',
    ...(manner.noLength ? {} : { 'content-length': part.length }),
    ...(etag && { etag }),
    ...(modified && { 'last-modified': modified }),
    ...(status === 206 && { 'content-range': `bytes ${from}-${whole.length - 1}/${whole.length}` }),
    ...manner.headers,
  })
  const stop = manner.cutAfter ?? manner.stallAfter
  const sent = stop === undefined ? part : part.subarray(0, stop)
  seen.sent = sent.length
  if (stop === undefined) return void response.end(sent)
  response.write(sent)
  if (manner.cutAfter === undefined) return
  const all = (status === 206 ? from : 0) + sent.length
  const timer = setInterval(() => {
    if (server.kept() < all) return
    clearInterval(timer)
    response.destroy()
  }, 5)
}

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Received = { fields: Record<string, string[]>; wav: Buffer; authorization: string | undefined }
export type Reply =
  | { status?: number; headers?: Record<string, string>; json: unknown }
  | { status?: number; body: string }
  /** Begins an answer and cuts the connection. */
  | { cut: true }
  /** Takes the request and never answers. */
  | { never: true }

export type TranscriptionServer = {
  url: string
  received: Received[]
  /** The next requests get these, in order; after them `otherwise`. */
  next: Reply[]
  otherwise: (request: Received) => Reply
  close: () => Promise<void>
}

/** A server with OpenAI's transcription route, on this machine: what it says is up to the test. */
export async function transcriptionServer(otherwise: (request: Received) => Reply): Promise<TranscriptionServer> {
  const server = createServer((request, response) => void answer(request, response))
  const kept: TranscriptionServer = { url: '', received: [], next: [], otherwise, close }
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part as Buffer)
    const received = await parse(request, Buffer.concat(parts))
    kept.received.push(received)
    const reply = kept.next.shift() ?? kept.otherwise(received)
    if ('never' in reply) return
    if ('cut' in reply) {
      response.writeHead(200, { 'content-length': '1000' }).write('{"text":')
      setImmediate(() => response.destroy())
      return
    }
    const headers = { 'content-type': 'application/json', ...('headers' in reply ? reply.headers : {}) }
    response.writeHead(reply.status ?? 200, headers).end('json' in reply ? JSON.stringify(reply.json) : reply.body)
  }
  async function close(): Promise<void> {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  kept.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/audio/transcriptions`
  return kept
}

async function parse(request: IncomingMessage, body: Buffer): Promise<Received> {
  const type = request.headers['content-type'] ?? ''
  const form = await new Response(new Uint8Array(body), { headers: { 'content-type': type } }).formData()
  const fields: Record<string, string[]> = {}
  let wav: Buffer = Buffer.alloc(0)
  for (const [name, value] of form)
    if (typeof value === 'string') (fields[name] ??= []).push(value)
    else wav = Buffer.from(await value.arrayBuffer())
  return { fields, wav, authorization: request.headers.authorization }
}

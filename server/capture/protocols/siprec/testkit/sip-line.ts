import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'

export type Received = {
  /** First line, header lines and body as they came. */
  startLine: string
  headers: Map<string, string[]>
  body: string
  status: number
  method: string
  text: string
}

export type LineOptions = {
  transport: 'udp' | 'tcp' | 'tls'
  server: { host: string; port: number }
  /** Certificate to trust over TLS. */
  ca?: Buffer
  /** Our own address; by default 127.0.0.1. */
  localAddress?: string
}

/** A reader of its own, so that the simulator does not share the server's mistakes. */
export function readMessage(text: string): Received {
  const split = text.indexOf('\r\n\r\n')
  const [startLine = '', ...lines] = text.slice(0, split).split('\r\n')
  const headers = new Map<string, string[]>()
  for (const line of lines) {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon).toLowerCase()
    headers.set(name, [...(headers.get(name) ?? []), line.slice(colon + 1).trim()])
  }
  const status = /^SIP\/2\.0 (\d+)/.exec(startLine)?.[1]
  const method = status ? ((headers.get('cseq')?.[0] ?? '').split(' ')[1] ?? '') : (startLine.split(' ')[0] ?? '')
  return { startLine, headers, body: text.slice(split + 4), status: Number(status ?? 0), method, text }
}

/** A client's SIP socket: sends text, collects what comes, waits for what matches. */
export class SipLine {
  readonly received: Received[] = []
  readonly transport: LineOptions['transport']
  /** Resolves when the connection is closed by either side. */
  readonly closed: Promise<void>
  #address = { host: '', port: 0 }
  #send: (bytes: Buffer) => void
  #close: () => void
  #waiting = new Set<() => void>()
  #buffer = ''
  #handlers = new Set<(message: Received) => void>()

  private constructor(
    transport: LineOptions['transport'],
    link: { send(bytes: Buffer): void; close(): void; closed: Promise<void> },
  ) {
    this.transport = transport
    this.#send = (bytes) => link.send(bytes)
    this.#close = () => link.close()
    this.closed = link.closed
  }

  static async open(options: LineOptions): Promise<SipLine> {
    return options.transport === 'udp' ? SipLine.#overUdp(options) : SipLine.#overStream(options)
  }

  static async #overUdp({ server, localAddress = '127.0.0.1' }: LineOptions): Promise<SipLine> {
    const socket = createSocket({ type: 'udp4', recvBufferSize: 4 * 1024 * 1024 })
    socket.bind(0, localAddress)
    await once(socket, 'listening')
    const closed = new Promise<void>((done) => socket.once('close', () => done()))
    const line = new SipLine('udp', {
      send: (bytes) => socket.send(bytes, server.port, server.host),
      close: () => socket.close(),
      closed,
    })
    line.#address = { host: localAddress, port: socket.address().port }
    socket.on('message', (bytes) => line.#arrived(readMessage(bytes.toString('latin1'))))
    return line
  }

  static async #overStream({ transport, server, ca, localAddress = '127.0.0.1' }: LineOptions): Promise<SipLine> {
    const where = { host: server.host, port: server.port, localAddress }
    const socket: Socket =
      transport === 'tcp' ? connectTcp(where) : connectTls({ ...where, ...(ca ? { ca } : {}), servername: 'localhost' })
    const closed = new Promise<void>((done) => socket.once('close', () => done()))
    socket.on('error', () => undefined)
    await once(socket, transport === 'tcp' ? 'connect' : 'secureConnect')
    const line = new SipLine(transport, { send: (bytes) => socket.write(bytes), close: () => socket.destroy(), closed })
    line.#address = { host: localAddress, port: socket.localPort ?? 0 }
    socket.on('data', (chunk: Buffer) => line.#chunk(chunk.toString('latin1')))
    return line
  }

  get address(): { host: string; port: number } {
    return this.#address
  }

  send(message: string | Buffer): void {
    this.#send(typeof message === 'string' ? Buffer.from(message, 'latin1') : message)
  }

  /** Called for every message that arrives. */
  on(handler: (message: Received) => void): void {
    this.#handlers.add(handler)
  }

  /** The first message, received already or within 10 s, for which `match` holds. */
  async until(match: (message: Received) => boolean, what: string): Promise<Received> {
    const found = this.received.find(match)
    if (found) return found
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(check)
        reject(new Error(`no ${what}; received: ${this.received.map((m) => m.startLine).join(' | ')}`))
      }, 10_000)
      const check = (): void => {
        const now = this.received.find(match)
        if (!now) return
        clearTimeout(timer)
        this.#waiting.delete(check)
        resolve(now)
      }
      this.#waiting.add(check)
    })
  }

  close(): void {
    this.#close()
  }

  #chunk(text: string): void {
    this.#buffer += text
    for (;;) {
      this.#buffer = this.#buffer.replace(/^(?:\r\n)+/, '')
      const end = this.#buffer.indexOf('\r\n\r\n')
      if (end < 0) return
      const length = Number(/\r\nContent-Length: (\d+)/.exec(this.#buffer.slice(0, end))?.[1] ?? 0)
      if (this.#buffer.length < end + 4 + length) return
      const one = this.#buffer.slice(0, end + 4 + length)
      this.#buffer = this.#buffer.slice(end + 4 + length)
      this.#arrived(readMessage(one))
    }
  }

  #arrived(message: Received): void {
    this.received.push(message)
    for (const handler of this.#handlers) handler(message)
    for (const check of this.#waiting) check()
  }
}

import { WebSocket } from 'ws'
import { deferred } from './client.ts'

/** A WebSocket to an adapter, and what becomes of it. The clients of the protocols say their own words on it. */
export class WebSocketClient {
  /** Resolves when the upgrade is accepted, rejects with the HTTP status otherwise. */
  readonly connected: Promise<void>
  /** Resolves with the WebSocket close code, or the HTTP status of a refused upgrade. */
  readonly closed: Promise<number>
  protected readonly ws: WebSocket

  constructor(url: string, headers: Record<string, string>, subprotocols: string | string[] = []) {
    const [connecting, closing] = [deferred(), deferred<number>()]
    this.connected = connecting.promise
    this.closed = closing.promise
    this.connected.catch(() => undefined)
    this.ws = new WebSocket(url, subprotocols, { headers, perMessageDeflate: false })
    this.ws.on('open', () => connecting.resolve())
    this.ws.on('error', (e) => connecting.reject(e))
    this.ws.on('close', (code) => closing.resolve(code))
    this.ws.on('unexpected-response', (_request, response) => {
      connecting.reject(new Error(`HTTP ${response.statusCode}`))
      closing.resolve(response.statusCode ?? 0)
      response.resume()
      this.ws.terminate()
    })
  }

  /** Sends anything at all. */
  send(data: string | Buffer): void {
    if (this.ws.readyState === WebSocket.OPEN) this.ws.send(data, () => undefined)
  }

  abort(): void {
    this.ws.terminate()
  }
}

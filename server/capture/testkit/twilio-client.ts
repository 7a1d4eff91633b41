import { createHmac, randomBytes } from 'node:crypto'
import { WebSocket } from 'ws'
import { deferred } from './client.ts'

export type TwilioOptions = {
  url: string
  /** Signs the upgrade with this auth token, over `signedUrl` or the URL dialled. */
  authToken?: Buffer
  signedUrl?: string
  headers?: Record<string, string>
  streamSid?: string
  callSid?: string
  tracks?: string[]
  mediaFormat?: { encoding: string; sampleRate: number; channels: number }
  customParameters?: Record<string, string>
}

/** A `sid` in Twilio's shape. */
export const sid = (prefix: string): string => prefix + randomBytes(16).toString('hex')

/** `X-Twilio-Signature` of a WebSocket URL. */
export const twilioSignature = (url: string, authToken: Buffer): string =>
  createHmac('sha1', authToken).update(url).digest('base64')

/** One media stream as Twilio sends it: connected, start, media in 20 ms chunks, dtmf, stop. */
export class TwilioClient {
  readonly streamSid: string
  readonly callSid: string
  /** Resolves when the upgrade is accepted, rejects with the HTTP status otherwise. */
  readonly connected: Promise<void>
  /** Resolves with the WebSocket close code, or the HTTP status of a refused upgrade. */
  readonly closed: Promise<number>
  readonly #ws: WebSocket
  readonly #options: TwilioOptions
  readonly #connecting = deferred()
  readonly #closing = deferred<number>()
  readonly #chunks = new Map<string, { chunk: number; ms: number }>()
  #sequence = 0

  constructor(options: TwilioOptions) {
    this.#options = options
    this.streamSid = options.streamSid ?? sid('MZ')
    this.callSid = options.callSid ?? sid('CA')
    this.connected = this.#connecting.promise
    this.closed = this.#closing.promise
    this.connected.catch(() => undefined)
    const { authToken, signedUrl = options.url, headers } = options
    const signature = authToken ? { 'x-twilio-signature': twilioSignature(signedUrl, authToken) } : {}
    this.#ws = new WebSocket(options.url, { headers: { ...signature, ...headers }, perMessageDeflate: false })
    this.#ws.on('open', () => this.#connecting.resolve())
    this.#ws.on('error', (e) => this.#connecting.reject(e))
    this.#ws.on('close', (code) => this.#closing.resolve(code))
    this.#ws.on('unexpected-response', (_request, response) => {
      this.#connecting.reject(new Error(`HTTP ${response.statusCode}`))
      this.#closing.resolve(response.statusCode ?? 0)
      response.resume()
      this.#ws.terminate()
    })
  }

  /** `connected` and `start`. */
  async start(): Promise<void> {
    await this.connected
    this.raw(JSON.stringify({ event: 'connected', protocol: 'Call', version: '1.0.0' }))
    this.event('start', {
      accountSid: sid('AC'),
      streamSid: this.streamSid,
      callSid: this.callSid,
      tracks: this.#options.tracks ?? ['inbound', 'outbound'],
      mediaFormat: this.#options.mediaFormat ?? { encoding: 'audio/x-mulaw', sampleRate: 8000, channels: 1 },
      customParameters: this.#options.customParameters ?? {},
    })
  }

  /** Sends audio of a track in chunks of 20 ms (160 bytes of mu-law), `timestamp` following on. */
  media(track: string, bytes: Buffer): void {
    const at = this.#chunks.get(track) ?? { chunk: 0, ms: 0 }
    for (let i = 0; i < bytes.length; i += 160) {
      const part = bytes.subarray(i, i + 160)
      this.event('media', {
        track,
        chunk: String(++at.chunk),
        timestamp: String(at.ms),
        payload: part.toString('base64'),
      })
      at.ms += part.length / 8
    }
    this.#chunks.set(track, at)
  }

  /** Lets a track's clock run on without audio, in ms. */
  silence(track: string, ms: number): void {
    const at = this.#chunks.get(track) ?? { chunk: 0, ms: 0 }
    this.#chunks.set(track, { ...at, ms: at.ms + ms })
  }

  event(name: string, body: Record<string, unknown>, override: Record<string, unknown> = {}): void {
    const head = { event: name, sequenceNumber: String(++this.#sequence), streamSid: this.streamSid }
    this.raw(JSON.stringify({ ...head, [name]: body, ...override }))
  }

  raw(data: string | Buffer): void {
    if (this.#ws.readyState === WebSocket.OPEN) this.#ws.send(data, () => undefined)
  }

  async stop(): Promise<void> {
    this.event('stop', { accountSid: sid('AC'), callSid: this.callSid })
    this.#ws.close()
    await this.closed
  }

  abort(): void {
    this.#ws.terminate()
  }
}

import { createHmac, randomBytes } from 'node:crypto'
import { WebSocketClient } from './websocket-client.ts'

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
export class TwilioClient extends WebSocketClient {
  readonly streamSid: string
  readonly callSid: string
  readonly #options: TwilioOptions
  readonly #chunks = new Map<string, { chunk: number; ms: number }>()
  #sequence = 0

  constructor(options: TwilioOptions) {
    const { url, authToken, signedUrl = url, headers } = options
    const signature = authToken ? { 'x-twilio-signature': twilioSignature(signedUrl, authToken) } : {}
    super(url, { ...signature, ...headers })
    this.#options = options
    this.streamSid = options.streamSid ?? sid('MZ')
    this.callSid = options.callSid ?? sid('CA')
  }

  /** `connected` and `start`. */
  async start(): Promise<void> {
    await this.connected
    this.send(JSON.stringify({ event: 'connected', protocol: 'Call', version: '1.0.0' }))
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
    this.send(JSON.stringify({ ...head, [name]: body, ...override }))
  }

  async stop(): Promise<void> {
    this.event('stop', { accountSid: sid('AC'), callSid: this.callSid })
    this.ws.close()
    await this.closed
  }
}

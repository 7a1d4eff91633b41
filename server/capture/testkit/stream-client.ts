import { WebSocketClient } from './websocket-client.ts'

export type StreamOptions = {
  url: string
  /** Basic credentials. */
  keyId?: string
  secret?: string
  headers?: Record<string, string>
  subprotocol?: string
}

/** The start message of the recommended dialect. */
export const ownStart = (sessionId: string, more: Record<string, unknown> = {}): string =>
  JSON.stringify({
    type: 'start',
    version: 1,
    sessionId,
    audio: { codec: 'L16', rate: 8000, legs: ['customer', 'agent'] },
    ...more,
  })

/** The first text frame of jambonz `listen`. */
export const jambonzStart = (callSid: string, more: Record<string, unknown> = {}): string =>
  JSON.stringify({
    callSid,
    direction: 'inbound',
    from: '+390212345',
    to: '+39800123456',
    callStatus: 'in-progress',
    sampleRate: 8000,
    mixType: 'stereo',
    ...more,
  })

/** `MEDIA_START` of Asterisk's chan_websocket, plain form. */
export const asteriskStart = (channelId: string, format = 'ulaw'): string =>
  `MEDIA_START connection_id:c-${channelId} channel:WebSocket/recorder/0x7f channel_id:${channelId} format:${format} optimal_frame_size:160 ptime:20`

/** A WebSocket that says what it is told: text and binary. */
export class StreamClient extends WebSocketClient {
  readonly received: Record<string, unknown>[] = []
  #waiting: { type: string; found: () => void }[] = []

  constructor(options: StreamOptions) {
    const { keyId, secret } = options
    const authorization =
      keyId === undefined
        ? {}
        : { authorization: `Basic ${Buffer.from(`${keyId}:${secret ?? ''}`).toString('base64')}` }
    super(options.url, { ...authorization, ...options.headers }, options.subprotocol)
    this.ws.on('message', (data) => {
      this.received.push(JSON.parse((data as Buffer).toString('utf8')) as Record<string, unknown>)
      this.#waiting = this.#waiting.filter(({ type, found }) => {
        const here = this.received.some((m) => m['type'] === type)
        if (here) found()
        return !here
      })
    })
  }

  get subprotocol(): string {
    return this.ws.protocol
  }

  json(message: Record<string, unknown>): void {
    this.send(JSON.stringify(message))
  }

  /** Resolves once a message of this type has come. */
  async heard(type: string): Promise<void> {
    if (this.received.some((m) => m['type'] === type)) return
    await new Promise<void>((found) => this.#waiting.push({ type, found }))
  }

  async close(): Promise<void> {
    this.ws.close(1000)
    await this.closed
  }
}

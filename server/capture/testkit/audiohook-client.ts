import { createHmac, randomBytes, randomUUID } from 'node:crypto'
import { WebSocket } from 'ws'
import { deferred } from './client.ts'

export type Media = { type: string; format: string; channels: string[]; rate: number }

/** How to sign; every field can be bent to test a refusal. Times in seconds since the Unix epoch. */
export type Signing = {
  keyId: string
  secret: Buffer
  created?: number
  expires?: number
  nonce?: string
  /** Components covered; the six AudioHook ones by default. */
  components?: string[]
  /** Values signed in place of the true ones. */
  values?: Record<string, string>
}

export type AudioHookOptions = {
  url: string
  /** Null connects without a signature. */
  signing: Signing | null
  sessionId?: string
  organizationId?: string
  conversationId?: string
  participant?: { id: string; ani: string; aniName: string; dnis: string }
  media?: Media[]
  customConfig?: Record<string, unknown>
  headers?: Record<string, string>
  /** The organization named in `open`, when it is to differ from the signed one. */
  openOrganizationId?: string
  /** Sends no `open` by itself. */
  silent?: boolean
}

export type ServerMessage = {
  type: string
  seq: number
  clientseq: number
  id: string
  parameters: Record<string, unknown>
}

/** Thrown by `opened` when the server refuses; `status` when it did so before the upgrade. */
export class Refused extends Error {
  readonly status: number | null
  constructor(what: string, status: number | null) {
    super(what)
    this.status = status
  }
}

const COMPONENTS = [
  '@request-target',
  '@authority',
  'audiohook-organization-id',
  'audiohook-session-id',
  'audiohook-correlation-id',
  'x-api-key',
]

/** `Signature-Input` and `Signature` of an upgrade request, as AudioHook clients write them. */
export function sign(values: Record<string, string>, signing: Signing): Record<string, string> {
  const created = signing.created ?? Math.floor(Date.now() / 1000)
  const nonce = signing.nonce ?? randomBytes(18).toString('base64')
  const names = signing.components ?? COMPONENTS
  const covered = names.map((name) => `"${name}"`).join(' ')
  const times = `created=${created};expires=${signing.expires ?? created + 30}`
  const input = `(${covered});keyid="${signing.keyId}";nonce="${nonce}";alg="hmac-sha256";${times}`
  const lines = names.map((name) => `"${name}": ${signing.values?.[name] ?? values[name]}`)
  const base = [...lines, `"@signature-params": ${input}`].join('\n')
  const signature = createHmac('sha256', signing.secret).update(base).digest('base64')
  return { 'Signature-Input': `sig1=${input}`, Signature: `sig1=:${signature}:` }
}

const pcmu = (...channels: string[]): Media => ({ type: 'audio', format: 'PCMU', channels, rate: 8000 })
export const ordinaryOffers: Media[] = [pcmu('external', 'internal'), pcmu('external'), pcmu('internal')]

/**
 * One AudioHook session as Genesys Cloud plays it: signs, opens, answers `pause` and `resume`, counts positions, and
 * finishes the close transaction. Light enough for hundreds in one process.
 */
export class AudioHookClient {
  readonly sessionId: string
  readonly opened: Promise<{ media: Media[]; startPaused?: boolean }>
  /** Resolves when the upgrade was accepted. */
  readonly connected: Promise<void>
  /** Resolves with the WebSocket close code. */
  readonly closed: Promise<number>
  readonly received: ServerMessage[] = []
  /** Samples sent or reported as discarded, per channel. */
  position = 0
  media: Media | null = null
  paused = false
  readonly #ws: WebSocket
  readonly #options: AudioHookOptions
  readonly #opening = deferred<{ media: Media[]; startPaused?: boolean }>()
  readonly #connecting = deferred()
  readonly #closing = deferred<number>()
  readonly #organizationId: string
  #waiting: { type: string; found: (message: ServerMessage) => void }[] = []
  #seq = 0
  #serverSeq = 0
  #unsentWhilePaused = 0

  constructor(options: AudioHookOptions) {
    this.#options = options
    this.sessionId = options.sessionId ?? randomUUID()
    this.#organizationId = options.organizationId ?? randomUUID()
    this.opened = this.#opening.promise
    this.closed = this.#closing.promise
    this.connected = this.#connecting.promise
    this.opened.catch(() => undefined)
    this.#ws = new WebSocket(options.url, { headers: this.#headers(), perMessageDeflate: false })
    this.#listen()
  }

  #headers(): Record<string, string> {
    const { signing, url } = this.#options
    const { pathname, search, host } = new URL(url)
    const ids = {
      'audiohook-organization-id': this.#organizationId,
      'audiohook-session-id': this.sessionId,
      'audiohook-correlation-id': randomUUID(),
      'x-api-key': signing?.keyId ?? 'none',
    }
    const values = { ...ids, '@request-target': pathname + search, '@authority': host }
    return { ...ids, ...(signing ? sign(values, signing) : {}), ...this.#options.headers }
  }

  #listen(): void {
    const ws = this.#ws
    ws.on('open', () => {
      this.#connecting.resolve()
      if (!this.#options.silent) this.#open()
    })
    ws.on('unexpected-response', (_request, response) => {
      this.#opening.reject(new Refused(`HTTP ${response.statusCode}`, response.statusCode ?? null))
      response.resume()
      ws.terminate()
      this.#closing.resolve(1006)
    })
    ws.on('error', (e) => this.#opening.reject(new Refused(e.message, null)))
    ws.on('close', (code) => {
      this.#opening.reject(new Refused(`closed with ${code}`, null))
      this.#closing.resolve(code)
    })
    ws.on('message', (data) => this.#onMessage(JSON.parse((data as Buffer).toString('utf8')) as ServerMessage))
  }

  #open(): void {
    this.message('open', {
      organizationId: this.#options.openOrganizationId ?? this.#organizationId,
      conversationId: this.#options.conversationId ?? randomUUID(),
      participant: this.#options.participant ?? {
        id: randomUUID(),
        ani: '+390612345678',
        aniName: 'Maria Rossi',
        dnis: '+39800123456',
      },
      media: this.#options.media ?? ordinaryOffers,
      ...(this.#options.customConfig ? { customConfig: this.#options.customConfig } : {}),
    })
  }

  #onMessage(message: ServerMessage): void {
    if (message.seq !== this.#serverSeq + 1) throw new Error(`server seq ${message.seq} after ${this.#serverSeq}`)
    this.#serverSeq = message.seq
    this.received.push(message)
    this.#react(message)
    this.#waiting = this.#waiting.filter((waiter) => {
      if (waiter.type === message.type) waiter.found(message)
      return waiter.type !== message.type
    })
  }

  #react(message: ServerMessage): void {
    switch (message.type) {
      case 'opened': {
        const parameters = message.parameters as { media: Media[]; startPaused?: boolean }
        this.media = parameters.media[0] ?? null
        if (parameters.startPaused) this.pause()
        return this.#opening.resolve(parameters)
      }
      case 'pause':
        return this.pause()
      case 'resume':
        return this.resume()
      case 'disconnect':
        this.#opening.reject(new Refused(`disconnect: ${String(message.parameters['info'])}`, null))
        return this.message('close', { reason: 'disconnect' })
      case 'closed':
        return this.#ws.close()
    }
  }

  /** Sends a client message; `override` bends the envelope. */
  message(type: string, parameters: Record<string, unknown>, override: Record<string, unknown> = {}): void {
    const head = { version: '2', id: this.sessionId, type, seq: ++this.#seq, serverseq: this.#serverSeq }
    this.raw(JSON.stringify({ ...head, position: duration(this.position), parameters, ...override }))
  }

  /** Sends anything at all. */
  raw(data: string | Buffer): void {
    if (this.#ws.readyState === WebSocket.OPEN) this.#ws.send(data, () => undefined)
  }

  /** Sends interleaved audio of the selected media. While paused it is counted as discarded, as a live source does. */
  audio(bytes: Buffer): void {
    const samples = bytes.length / ((this.media?.channels.length ?? 1) * (this.media?.format === 'L16' ? 2 : 1))
    if (this.paused) {
      this.#unsentWhilePaused += samples
      return
    }
    this.raw(bytes)
    this.position += samples
  }

  /** The next server message of this type, or the one already received last. */
  async next(type: string): Promise<ServerMessage> {
    const before = this.received.findLast((m) => m.type === type)
    if (before) return before
    return new Promise((found) => this.#waiting.push({ type, found }))
  }

  ping(): void {
    this.message('ping', {})
  }

  pause(): void {
    this.paused = true
    this.message('paused', {})
  }

  resume(): void {
    const start = this.position
    this.position += this.#unsentWhilePaused
    this.message('resumed', { start: duration(start), discarded: duration(this.#unsentWhilePaused) })
    this.#unsentWhilePaused = 0
    this.paused = false
  }

  /** Reports samples that were never sent. */
  discard(samples: number): void {
    const start = this.position
    this.position += samples
    this.message('discarded', { start: duration(start), discarded: duration(samples) })
  }

  /** The close transaction; resolves when the socket is closed. */
  async close(reason = 'end'): Promise<void> {
    this.message('close', { reason })
    await this.closed
  }

  abort(): void {
    this.#ws.terminate()
  }
}

const duration = (samples: number): string => `PT${samples / 8000}S`

import { connect, type Socket } from 'node:net'
import { deferred } from './client.ts'

export type AudioSocketOptions = { host?: string; port: number }

/** One AudioSocket connection as Asterisk makes it: 16-bit little-endian linear audio in frames of 20 ms. */
export class AudioSocketClient {
  readonly connected: Promise<void>
  readonly closed: Promise<void>
  readonly received: Buffer[] = []
  readonly #socket: Socket

  constructor({ host = '127.0.0.1', port }: AudioSocketOptions) {
    const [connecting, closing] = [deferred(), deferred()]
    this.connected = connecting.promise
    this.closed = closing.promise
    this.connected.catch(() => undefined)
    this.#socket = connect(port, host)
    this.#socket.on('connect', () => connecting.resolve())
    this.#socket.on('error', (e) => connecting.reject(e))
    this.#socket.on('close', () => closing.resolve())
    this.#socket.on('data', (bytes) => this.received.push(bytes))
  }

  frame(type: number, payload: Buffer = Buffer.alloc(0)): void {
    this.raw(Buffer.concat([Buffer.from([type, payload.length >> 8, payload.length & 0xff]), payload]))
  }

  /** The first frame: which call this is. */
  uuid(text: string): void {
    this.frame(0x01, Buffer.from(text.replaceAll('-', ''), 'hex'))
  }

  /** Audio in frames of 20 ms; `type` 0x10 is 8 kHz. */
  audio(bytes: Buffer, type = 0x10, frameBytes = 320): void {
    for (let i = 0; i < bytes.length; i += frameBytes) this.frame(type, bytes.subarray(i, i + frameBytes))
  }

  dtmf(digit: string): void {
    this.frame(0x03, Buffer.from(digit))
  }

  raw(bytes: Buffer): void {
    if (!this.#socket.destroyed) this.#socket.write(bytes, () => undefined)
  }

  async hangUp(): Promise<void> {
    this.frame(0x00)
    await this.closed
  }

  /** Closes the connection in order, without a hang-up message. */
  end(): void {
    this.#socket.end()
  }

  abort(): void {
    this.#socket.resetAndDestroy()
  }
}

import { contentLength, parseHead, toMessage, type Head, type SipMessage } from './message.ts'

export const MAX_HEAD_BYTES = 64 * 1024
export const MAX_BODY_BYTES = 1024 * 1024

/** End of a head in `bytes`: its last byte excluded, and where the body starts. Null when the blank line is not there yet. */
function headEnd(bytes: Buffer, from: number, to: number): { end: number; body: number } | null {
  for (let i = bytes.indexOf(10, from); i >= 0 && i < to; i = bytes.indexOf(10, i + 1)) {
    const next = bytes[i + 1] === 13 ? i + 2 : i + 1
    if (next < to && bytes[next] === 10) return { end: bytes[i - 1] === 13 ? i - 1 : i, body: next + 1 }
  }
  return null
}

function skipBlank(bytes: Buffer, from: number, to: number): number {
  let i = from
  while (i < to && (bytes[i] === 13 || bytes[i] === 10)) i++
  return i
}

/**
 * One datagram, one message (RFC 3261 §18.3): bytes beyond Content-Length are ignored, fewer make it a bad request. Null
 * when it is not SIP.
 */
export function readDatagram(datagram: Buffer): SipMessage | null {
  const start = skipBlank(datagram, 0, datagram.length)
  const split = headEnd(datagram, start, datagram.length)
  const end = split?.end ?? datagram.length
  if (end - start < 12 || end - start > MAX_HEAD_BYTES) return null
  const head = parseHead(datagram.toString('latin1', start, end))
  const rest = split ? datagram.subarray(split.body) : Buffer.alloc(0)
  const length = contentLength(head.headers)
  if (!split) return toMessage(head, rest, 'no blank line after the headers')
  if (length === 'bad') return toMessage(head, Buffer.alloc(0), 'Content-Length')
  if (length !== null && length > rest.length)
    return toMessage(head, Buffer.alloc(0), 'body shorter than Content-Length')
  return toMessage(head, length === null ? rest : rest.subarray(0, length))
}

export type Framed =
  | { type: 'message'; message: SipMessage }
  /** CRLF CRLF between messages: the peer asks for a CRLF back (RFC 5626 §4.4.1). */
  | { type: 'ping' }
  /** The stream cannot be followed any further. A message to be answered first may come with it. */
  | { type: 'fatal'; detail: string; message: SipMessage | null }

/**
 * Cuts a byte stream into messages by Content-Length. Holds at most one head and one body; work is linear in the bytes
 * received however small the pieces.
 */
export class StreamFramer {
  #bytes = Buffer.alloc(0)
  #used = 0
  #scanned = 0
  #head: { head: Head; body: number; length: number } | null = null
  #dead = false

  /** Bytes held in memory. */
  get held(): number {
    return this.#bytes.length
  }

  /** Whether a message has begun and not ended. */
  get partial(): boolean {
    return this.#used > 0 || this.#head !== null
  }

  push(chunk: Buffer): Framed[] {
    if (this.#dead) return []
    this.#append(chunk)
    const found: Framed[] = []
    let one = this.#next()
    while (one) {
      found.push(one)
      if (one.type === 'fatal') {
        this.#dead = true
        this.#bytes = Buffer.alloc(0)
        this.#used = 0
        break
      }
      one = this.#next()
    }
    return found
  }

  #append(chunk: Buffer): void {
    const needed = this.#used + chunk.length
    if (needed > this.#bytes.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(needed, Math.min(this.#bytes.length * 2, needed + 65_536)))
      this.#bytes.copy(grown, 0, 0, this.#used)
      this.#bytes = grown
    }
    chunk.copy(this.#bytes, this.#used)
    this.#used += chunk.length
  }

  #next(): Framed | null {
    if (this.#head) return this.#body(this.#head)
    const start = skipBlank(this.#bytes, 0, this.#used)
    if (start === this.#used && start < 4) return null
    if (start > 0) this.#drop(start)
    if (start >= 4) return { type: 'ping' }
    const split = headEnd(this.#bytes, Math.max(0, this.#scanned - 3), this.#used)
    if (!split || split.end > MAX_HEAD_BYTES) {
      this.#scanned = this.#used
      return split || this.#used > MAX_HEAD_BYTES ? { type: 'fatal', detail: 'head too large', message: null } : null
    }
    const head = parseHead(this.#bytes.toString('latin1', 0, split.end))
    const length = contentLength(head.headers)
    if (typeof length !== 'number' || length > MAX_BODY_BYTES) {
      return { type: 'fatal', detail: 'Content-Length', message: toMessage(head, Buffer.alloc(0), 'Content-Length') }
    }
    this.#head = { head, body: split.body, length }
    return this.#body(this.#head)
  }

  #body({ head, body, length }: { head: Head; body: number; length: number }): Framed | null {
    if (this.#used < body + length) return null
    const message = toMessage(head, Buffer.from(this.#bytes.subarray(body, body + length)))
    this.#head = null
    this.#drop(body + length)
    return message ? { type: 'message', message } : { type: 'fatal', detail: 'not SIP', message: null }
  }

  #drop(count: number): void {
    this.#bytes = Buffer.from(this.#bytes.subarray(count, this.#used))
    this.#used = this.#bytes.length
    this.#scanned = 0
  }
}

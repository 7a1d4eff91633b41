import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { STATUS_CODES, type IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Credentials } from '../protocol.ts'

/** The address of the directly connected peer; IPv4 in plain form. */
export const peerOf = (request: IncomingMessage): string =>
  (request.socket.remoteAddress ?? 'unknown').replace(/^::ffff:/, '')

/** Answers an upgrade request with an HTTP status and closes the socket. Says nothing about the reason. */
export function refuse(socket: Duplex, status: number): void {
  const challenge = status === 401 ? 'WWW-Authenticate: Basic realm="verbale"\r\n' : ''
  socket.once('finish', () => socket.destroy())
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nConnection: close\r\nContent-Length: 0\r\n${challenge}\r\n`,
  )
}

/** What a client shows in `Authorization`. */
export type Presented = { keyId: string; secret: Buffer }

/** A key id: not a secret, may stand in paths and logs. */
const KEY_ID = /^[A-Za-z0-9_~-][A-Za-z0-9_~+/=@-]{0,127}$/

export const isKeyId = (text: string): boolean => KEY_ID.test(text)

/** The key id in `/base/<keyId>`, or null. */
export function pathKeyId(url: string | undefined, base: string): string | null {
  const path = (url ?? '').split('?')[0] ?? ''
  if (!path.startsWith(`${base}/`)) return null
  const [segment] = path.slice(base.length + 1).split('/')
  try {
    const keyId = decodeURIComponent(segment ?? '')
    return isKeyId(keyId) ? keyId : null
  } catch {
    return null
  }
}

/**
 * Reads `Basic base64(keyId:secret)` (RFC 7617), `Bearer <keyId>.<secret>`, or, when the path already names the key,
 * `Bearer <secret>` (RFC 6750). Null when absent or malformed.
 */
export function readAuthorization(header: string | undefined, fromPath: string | null): Presented | null {
  const [, scheme, value] = /^(basic|bearer) +([\x21-\x7e]{1,4096})$/i.exec(header ?? '') ?? []
  if (!scheme || !value) return null
  if (scheme.toLowerCase() === 'basic') {
    if (!/^[A-Za-z0-9+/]*={0,2}$/.test(value)) return null
    return split(Buffer.from(value, 'base64'), ':')
  }
  return fromPath === null ? split(Buffer.from(value), '.') : { keyId: fromPath, secret: Buffer.from(value) }
}

function split(bytes: Buffer, separator: string): Presented | null {
  const at = bytes.indexOf(separator)
  if (at < 1) return null
  const keyId = bytes.subarray(0, at).toString('utf8')
  return isKeyId(keyId) ? { keyId, secret: bytes.subarray(at + 1) } : null
}

const digest = (bytes: Buffer): Buffer => createHash('sha256').update(bytes).digest()

/** Constant-time comparison of secrets of any length. An empty secret equals nothing. */
export function sameSecret(shown: Buffer, stored: Buffer): boolean {
  return timingSafeEqual(digest(shown), digest(stored)) && stored.length > 0
}

/** Whether a secret can protect anything: an empty one, or all zeros, is the same HMAC key as none at all. */
export const isUsableSecret = (secret: Buffer): boolean => secret.some((byte) => byte !== 0)

/**
 * The stored secret of a key, or random bytes when there is none, so that an unknown key takes the same path (and time)
 * as a wrong secret.
 */
export async function secretOf(
  credentials: Credentials,
  protocol: string,
  keyId: string,
): Promise<{ secret: Buffer; known: boolean }> {
  const found = await credentials.find(protocol, keyId)
  if (found && isUsableSecret(found.secret)) return { secret: found.secret, known: true }
  return { secret: randomBytes(32), known: false }
}

/** Checks a shown key and secret. */
export async function checkPresented(credentials: Credentials, protocol: string, shown: Presented): Promise<boolean> {
  const { secret, known } = await secretOf(credentials, protocol, shown.keyId)
  return sameSecret(shown.secret, secret) && known
}

import { createHmac } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { sameSecret } from '../websocket/handshake.ts'

const SCHEMES = ['wss', 'https', 'ws', 'http']

/** The signature of an upgrade request, or null. SignalWire uses Twilio's algorithm under its own name. */
export function shownSignature(request: IncomingMessage): string | null {
  const value = request.headers['x-twilio-signature'] ?? request.headers['x-signalwire-signature']
  return typeof value === 'string' && value !== '' ? value : null
}

/**
 * Verifies `X-Twilio-Signature` of a WebSocket upgrade: base64 of HMAC-SHA1 over the full URL with the account's auth
 * token (a GET has no form parameters). The URL is the one written in the TwiML, so every way to write ours is tried:
 * scheme, host as sent or configured, with and without a slash at the end.
 */
export function verifySignature(
  request: IncomingMessage,
  shown: string,
  options: { token: Buffer; authorities: string[] },
): boolean {
  const given = Buffer.from(shown)
  const matches = urls(request, options.authorities).map((url) =>
    sameSecret(given, Buffer.from(createHmac('sha1', options.token).update(url).digest('base64'))),
  )
  return matches.includes(true)
}

function urls(request: IncomingMessage, authorities: string[]): string[] {
  const host = request.headers.host ?? ''
  const hosts = new Set([host, host.toLowerCase().replace(/:(80|443)$/, ''), ...authorities].filter((h) => h !== ''))
  const [path = '', query] = (request.url ?? '').split(/\?(.*)/s)
  const tail = query === undefined ? '' : `?${query}`
  const paths = [path, path.endsWith('/') ? path.slice(0, -1) : `${path}/`]
  return SCHEMES.flatMap((scheme) => [...hosts].flatMap((h) => paths.map((p) => `${scheme}://${h}${p}${tail}`)))
}

import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyReply } from 'fastify'

/** The part of a request that says who asks: of an ordinary request or of a WebSocket's. */
export type Asking = { headers: IncomingHttpHeaders }

/** Where the page is served from, and the name under which passkeys are bound (the host). */
export type Origin = { rpId: string; origin: string }

/** Browsers treat these hosts as secure without TLS. */
const LOCAL = new Set(['localhost', '127.0.0.1', '[::1]'])

const secure = (origin: string): boolean => {
  const url = new URL(origin)
  return url.protocol === 'https:' || LOCAL.has(url.hostname)
}

const nameOf = (origin: string): string => (secure(origin) ? '__Host-verbale' : 'verbale')

/** The session token a request carries, or null. */
export function sessionToken(request: Asking, origin: string): string | null {
  const prefix = `${nameOf(origin)}=`
  const pairs = (request.headers.cookie ?? '').split(';').map((pair) => pair.trim())
  return pairs.find((pair) => pair.startsWith(prefix))?.slice(prefix.length) ?? null
}

export const bearerToken = (request: Asking): string | null => {
  const value = request.headers.authorization
  return value === undefined ? null : (/^Bearer +(\S+)$/i.exec(value)?.[1] ?? '')
}

/** Hands the browser its session token; `null` takes it back. */
export function setSessionCookie(reply: FastifyReply, origin: string, token: string | null): void {
  const rest = `Path=/; HttpOnly; SameSite=Strict${secure(origin) ? '; Secure' : ''}`
  void reply.header('set-cookie', `${nameOf(origin)}=${token ?? ''}; ${rest}${token === null ? '; Max-Age=0' : ''}`)
}

/**
 * Whether a state-changing request may rest on a cookie: it carries the header `x-verbale: 1`, which a foreign page cannot
 * add without our leave (CORS), and its Origin, when the browser tells one, is ours. Reading and API tokens need neither.
 */
export function csrfAllowed(request: Asking & { method: string }, { origin }: Origin): boolean {
  if (request.method === 'GET' || request.method === 'HEAD' || request.headers.authorization !== undefined) return true
  if (request.headers['x-verbale'] !== '1') return false
  return request.headers.origin === undefined || request.headers.origin === new URL(origin).origin
}

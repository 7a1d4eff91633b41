import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { isUsableSecret } from '../websocket/handshake.ts'
import type { Nonces } from './nonces.ts'
import {
  encodeInnerList,
  encodeItem,
  isInnerList,
  parseDictionary,
  type InnerList,
  type Item,
} from './structured-fields.ts'

/** Components AudioHook signs; a signature covering less proves nothing. */
export const requiredComponents = [
  '@request-target',
  '@authority',
  'audiohook-organization-id',
  'audiohook-session-id',
  'audiohook-correlation-id',
  'x-api-key',
] as const

/** Oldest signature accepted, in seconds since `created`. */
export const MAX_AGE_S = 10
/** Clock difference tolerated when `created` lies in the future, in seconds. */
export const MAX_SKEW_S = 3
const MIN_NONCE = 22
const MAX_NONCE = 256

export type SignedRequest = { method: string; target: string; headers: IncomingHttpHeaders }

export type VerifyOptions = {
  /** Wall time in ms since the Unix epoch. */
  now: number
  nonces: Nonces
  /** Further host names under which the source knows us, when a proxy rewrites `Host`. */
  authorities: string[]
  /** The live secret of an API key; null when there is none or it is empty. */
  secretOf(keyId: string): Promise<Buffer | null>
}

/** `why` names the rule that failed, never a value. */
export type Verdict = { verified: true; keyId: string } | { verified: false; why: string }

type Parameters = { keyId: string; nonce: string; created: number; expires: number | null }

/**
 * Verifies the HTTP message signature of an AudioHook upgrade request (draft-ietf-httpbis-message-signatures as Genesys
 * uses it, later RFC 9421): HMAC-SHA256 over the components above, one use per nonce. An unsigned request, an unknown
 * key and a key without a secret are all refused.
 */
export async function verifySignature(request: SignedRequest, options: VerifyOptions): Promise<Verdict> {
  const apiKey = field(request.headers, 'x-api-key')
  if (!apiKey) return no('no X-API-KEY header')
  const read = readSignature(request.headers)
  if ('why' in read) return no(read.why)
  const { list, signature } = read
  const parameters = readParameters(list)
  if ('why' in parameters) return no(parameters.why)
  if (parameters.keyId !== apiKey) return no('X-API-KEY and keyid differ')
  const late = timeProblem(parameters, options.now)
  if (late) return no(late)
  const bases = signatureBases(request, list, options.authorities)
  if ('why' in bases) return no(bases.why)
  const secret = await options.secretOf(apiKey)
  // An unknown key takes the same way with keys nobody has, so that timing tells nothing.
  const keys = secret ? keysOf(secret) : [randomBytes(32), randomBytes(32)]
  const matches = bases.list.flatMap((base) =>
    keys.map((key) => equal(createHmac('sha256', key).update(base).digest(), signature)),
  )
  if (!secret) return no('unknown API key, or its secret is empty')
  if (!matches.includes(true)) return no('signature does not match')
  // Only genuine nonces are remembered, so nobody else can fill the memory.
  return options.nonces.use(apiKey, parameters.nonce) ? { verified: true, keyId: apiKey } : no('nonce already used')
}

/** Genesys shows the secret in base64 and signs with the bytes behind it; it may be stored in either form. */
function keysOf(secret: Buffer): Buffer[] {
  const text = secret.toString('latin1').trim()
  const decoded = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text)
    ? Buffer.from(text, 'base64')
    : secret
  return [secret, isUsableSecret(decoded) ? decoded : secret]
}

const no = (why: string): Verdict => ({ verified: false, why })

const equal = (a: Buffer, b: Buffer): boolean => a.length === b.length && timingSafeEqual(a, b)

function field(headers: IncomingHttpHeaders, name: string): string | null {
  const value = headers[name]
  const text = Array.isArray(value) ? value.map((v) => v.trim()).join(', ') : value?.trim()
  return text ? text : null
}

function readSignature(headers: IncomingHttpHeaders): { list: InnerList; signature: Buffer } | { why: string } {
  const [input, value] = [field(headers, 'signature-input'), field(headers, 'signature')]
  if (!input || !value) return { why: 'unsigned: Signature-Input or Signature is missing' }
  try {
    const signatures = parseDictionary(value)
    const [first] = parseDictionary(input)
    if (!first || !isInnerList(first[1])) return { why: 'Signature-Input is not an inner list' }
    const signature = signatures.get(first[0])
    if (!signature || isInnerList(signature) || !Buffer.isBuffer(signature.value))
      return { why: 'Signature has no bytes for the label' }
    return { list: first[1], signature: signature.value }
  } catch {
    return { why: 'Signature-Input or Signature is not a structured field' }
  }
}

function readParameters(list: InnerList): Parameters | { why: string } {
  const given = new Map(list.params)
  const [keyId, nonce, alg] = [given.get('keyid'), given.get('nonce'), given.get('alg')]
  const [created, expires] = [given.get('created'), given.get('expires')]
  if (typeof keyId !== 'string') return { why: 'no keyid' }
  if (typeof nonce !== 'string' || nonce.length < MIN_NONCE || nonce.length > MAX_NONCE) {
    return { why: `the nonce must have ${MIN_NONCE} to ${MAX_NONCE} characters` }
  }
  if (alg !== undefined && alg !== 'hmac-sha256') return { why: 'algorithm other than hmac-sha256' }
  if (typeof created !== 'number' || created < 0) return { why: 'no created time' }
  if (expires !== undefined && (typeof expires !== 'number' || expires < 0)) return { why: 'expires is not a time' }
  return { keyId, nonce, created, expires: expires ?? null }
}

function timeProblem({ created, expires }: Parameters, nowMs: number): string | null {
  const now = Math.floor(nowMs / 1000)
  if (created > now + MAX_SKEW_S) return 'created in the future: compare the clocks of both sides'
  if (now - created > MAX_AGE_S) return `older than ${MAX_AGE_S} s: compare the clocks of both sides`
  if (expires !== null && expires <= now) return 'expired'
  return null
}

/** The signature base (RFC 9421 §2.5), once per name under which the source may know this host. */
function signatureBases(request: SignedRequest, list: InnerList, more: string[]): { list: string[] } | { why: string } {
  const names = list.items.map((item) => item.value)
  if (names.some((name) => typeof name !== 'string')) return { why: 'component names must be strings' }
  if (list.items.some((item) => item.params.length > 0)) return { why: 'component parameters are not supported' }
  if (new Set(names).size !== names.length) return { why: 'a component is listed twice' }
  const missing = requiredComponents.find((name) => !names.includes(name))
  if (missing) return { why: `the signature does not cover ${missing}` }
  const bases: string[] = []
  for (const authority of authorities(request.headers, more)) {
    const base = signatureBase(request, list, authority)
    if (base === null) return { why: 'the signature covers a component the request does not have' }
    bases.push(base)
  }
  return { list: bases }
}

function signatureBase(request: SignedRequest, list: InnerList, authority: string): string | null {
  const lines: string[] = []
  for (const item of list.items) {
    const value = component(request, item, authority)
    if (value === null) return null
    lines.push(`${encodeItem(item)}: ${value}`)
  }
  return [...lines, `"@signature-params": ${encodeInnerList(list)}`].join('\n')
}

function component(request: SignedRequest, item: Item, authority: string): string | null {
  switch (item.value) {
    case '@request-target':
      return request.target
    case '@authority':
      return authority
    case '@method':
      return request.method
    case '@path':
      return request.target.split('?')[0] ?? null
    default:
      return typeof item.value === 'string' && /^[a-z0-9-]+$/.test(item.value)
        ? field(request.headers, item.value)
        : null
  }
}

/** `Host` as sent and in normal form (lower case, without default port), then the configured names. */
function authorities(headers: IncomingHttpHeaders, more: string[]): string[] {
  const host = (headers.host ?? '').trim()
  const normal = host.toLowerCase().replace(/:(80|443)$/, '')
  return [...new Set([host, normal, ...more])].filter((name) => name !== '')
}

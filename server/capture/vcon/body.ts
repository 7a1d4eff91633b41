import { createHash, timingSafeEqual } from 'node:crypto'
import { type JsonObject, text } from './json.ts'
import { external, hashWrong, malformed } from './problems.ts'
import type { VconWarning } from './types.ts'

const hashes = new Set(['sha256', 'sha384', 'sha512'])

/** `sha512-` and base64url, as `content_hash` wants it. */
export const contentHash = (bytes: Buffer): string => `sha512-${createHash('sha512').update(bytes).digest('base64url')}`

/** Decodes base64url, or base64 mistaken for it. Null when it is neither. */
function fromBase64(body: string): { bytes: Buffer; mixed: boolean } | null {
  const compact = /\s/.test(body) ? body.replaceAll(/\s+/g, '') : body
  const end = compact.endsWith('==') ? -2 : compact.endsWith('=') ? -1 : undefined
  const plain = compact.slice(0, end)
  if (plain.length % 4 === 1 || /[^A-Za-z0-9+/_-]/.test(plain)) return null
  return { bytes: Buffer.from(plain, 'base64url'), mixed: /[+/]/.test(plain) }
}

/**
 * Checks every hash of a part that can be computed. Hashes of unknown algorithms are passed over unless no other is there.
 * @throws Problem `vcon_hash_mismatch`, `vcon_malformed`
 */
function checkHash(part: JsonObject, bytes: Buffer, where: string): 'checked' | 'missing' {
  const declared = part['content_hash']
  if (declared === undefined || declared === null) return 'missing'
  const list: unknown[] = Array.isArray(declared) ? declared : [declared]
  let checked = 0
  for (const entry of list) {
    const match = typeof entry === 'string' ? /^([a-z]+-?\d+)-(.+)$/i.exec(entry) : null
    if (!match) throw malformed(`the content_hash of ${where}`)
    const algorithm = match[1]!.toLowerCase().replace('-', '')
    if (!hashes.has(algorithm)) continue
    checked++
    const expected = fromBase64(match[2]!)?.bytes ?? Buffer.alloc(0)
    const actual = createHash(algorithm).update(bytes).digest()
    if (expected.length !== actual.length || !timingSafeEqual(expected, actual)) throw hashWrong(where)
  }
  if (checked === 0) throw malformed(`the content_hash of ${where} uses no known algorithm`)
  return 'checked'
}

/**
 * The bytes of a part: inline, or given along for its URL. Nothing is fetched (a URL could point into our own network).
 * @throws Problem `vcon_external_content`, `vcon_malformed`, `vcon_hash_mismatch`
 */
export function contentOf(
  part: JsonObject,
  where: string,
  given: ReadonlyMap<string, Buffer>,
  warn: (warning: VconWarning) => void,
): Buffer {
  const url = text(part['url'], `${where}.url`)
  if (part['body'] === undefined || part['body'] === null || part['body'] === '') {
    if (url === null) throw malformed(`${where} has neither body nor url`)
    const bytes = given.get(url)
    if (!bytes) throw external(where)
    if (checkHash(part, bytes, where) === 'missing') warn('hash_missing')
    return bytes
  }
  const bytes = inline(part, where, warn)
  checkHash(part, bytes, where)
  return bytes
}

function inline(part: JsonObject, where: string, warn: (warning: VconWarning) => void): Buffer {
  const body = part['body']
  const encoding = text(part['encoding'], `${where}.encoding`) ?? 'base64url'
  if (encoding === 'json') return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
  if (typeof body !== 'string') throw malformed(`${where}.body is not a text`)
  if (encoding === 'none') return Buffer.from(body)
  if (encoding !== 'base64url' && encoding !== 'base64') throw malformed(`${where}.encoding is unknown`)
  const decoded = fromBase64(body)
  if (!decoded) throw malformed(`${where}.body is not ${encoding}`)
  if (decoded.mixed && encoding === 'base64url') warn('body_alphabet')
  return decoded.bytes
}

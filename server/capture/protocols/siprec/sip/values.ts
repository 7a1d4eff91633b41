/** Parameters of a header value or URI: lower-case names; null for a flag. */
export type Params = ReadonlyMap<string, string | null>

export type NameAddr = { display: string; uri: string; params: Params }

export type Via = { transport: string; host: string; port: number | null; params: Params }

export type CSeq = { number: number; method: string }

export type SipUri = { scheme: string; user: string; host: string; port: number | null; params: Params }

const TOKEN = /^[A-Za-z0-9\-.!%*_+`'~]+$/

export const isToken = (text: string): boolean => TOKEN.test(text)

/** Splits a header value at the commas outside quotes and angle brackets. Empty elements are kept: callers judge them. */
export function splitList(value: string): string[] {
  const found: string[] = []
  let start = 0
  let quoted = false
  let angle = false
  for (let i = 0; i < value.length; i++) {
    const c = value[i]
    if (quoted) {
      if (c === '\\') i++
      else if (c === '"') quoted = false
    } else if (c === '"') quoted = true
    else if (c === '<') angle = true
    else if (c === '>') angle = false
    else if (c === ',' && !angle) {
      found.push(value.slice(start, i).trim())
      start = i + 1
    }
  }
  found.push(value.slice(start).trim())
  return found
}

/** Parses `;name=value;flag`. Null when malformed; one trailing semicolon is forgiven. */
export function parseParams(text: string): Params | null {
  const params = new Map<string, string | null>()
  const one = /\s*;\s*([^\s;=,"<>]+)(?:\s*=\s*("(?:[^"\\]|\\.)*"|[^\s;,"<>]*))?/y
  let at = 0
  while (at < text.length) {
    one.lastIndex = at
    const match = one.exec(text)
    if (!match) return /^\s*;?\s*$/.test(text.slice(at)) ? params : null
    params.set((match[1] as string).toLowerCase(), match[2] ?? null)
    at = one.lastIndex
  }
  return params
}

function unquote(text: string): string {
  const trimmed = text.trim()
  return trimmed.startsWith('"') ? trimmed.slice(1, -1).replace(/\\(.)/g, '$1') : trimmed
}

/** Index of the first `<` outside quotes; -1 when there is none; null when a quote never closes. */
function angleAt(value: string): number | null {
  let quoted = false
  for (let i = 0; i < value.length; i++) {
    const c = value[i]
    if (quoted && c === '\\') i++
    else if (c === '"') quoted = !quoted
    else if (c === '<' && !quoted) return i
  }
  return quoted ? null : -1
}

/** `"Name" <uri>;params`, `Name <uri>` or a bare `uri;params` (RFC 3261 §20.10). Null when malformed. */
export function parseNameAddr(value: string): NameAddr | null {
  const open = angleAt(value)
  if (open === null) return null
  if (open < 0) {
    const semicolon = value.indexOf(';')
    const uri = (semicolon < 0 ? value : value.slice(0, semicolon)).trim()
    const params = parseParams(semicolon < 0 ? '' : value.slice(semicolon))
    return uri === '' || /[\s">]/.test(uri) || !params ? null : { display: '', uri, params }
  }
  const close = value.indexOf('>', open)
  if (close < 0) return null
  const display = value.slice(0, open).trim()
  if (display.startsWith('"') && !/^"(?:[^"\\]|\\.)*"$/.test(display)) return null
  const uri = value.slice(open + 1, close).trim()
  const params = parseParams(value.slice(close + 1))
  return uri === '' || !params ? null : { display: unquote(display), uri, params }
}

/** One Via value (RFC 3261 §20.42), spaces allowed around the slashes and the colon. */
export function parseVia(value: string): Via | null {
  const match = /^SIP\s*\/\s*2\.0\s*\/\s*([A-Za-z0-9\-.!%*_+`'~]+)\s+([^;]+)(;.*)?$/is.exec(value.trim())
  if (!match) return null
  const host = parseHostPort((match[2] as string).replace(/\s+/g, ''))
  const params = parseParams(match[3] ?? '')
  return host && params ? { transport: (match[1] as string).toUpperCase(), ...host, params } : null
}

function parseHostPort(text: string): { host: string; port: number | null } | null {
  const match = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9\-._]+)(?::(\d{1,5}))?$/.exec(text)
  if (!match) return null
  const port = match[2] === undefined ? null : Number(match[2])
  if (port !== null && (port < 1 || port > 65_535)) return null
  return { host: (match[1] as string).replace(/^\[|\]$/g, '').toLowerCase(), port }
}

/** `314159 INVITE`; the number stays below 2^31 (RFC 3261 §8.1.1.5). */
export function parseCSeq(value: string): CSeq | null {
  const match = /^(\d{1,10})\s+(\S+)$/.exec(value)
  if (!match || !isToken(match[2] as string)) return null
  const number = Number(match[1])
  return number < 2 ** 31 ? { number, method: match[2] as string } : null
}

/** A sip, sips or tel URI, far enough to route to it. Null when it is none of these. */
export function parseUri(uri: string): SipUri | null {
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(uri)?.[1]?.toLowerCase()
  if (scheme === undefined) return null
  const rest = uri.slice(scheme.length + 1)
  if (scheme === 'tel') return { scheme, user: rest.split(';')[0] ?? '', host: '', port: null, params: new Map() }
  if (scheme !== 'sip' && scheme !== 'sips') return null
  const at = rest.lastIndexOf('@')
  const user = at < 0 ? '' : rest.slice(0, at)
  const after = rest.slice(at + 1).split('?')[0] ?? ''
  const semicolon = after.indexOf(';')
  const host = parseHostPort(semicolon < 0 ? after : after.slice(0, semicolon))
  const params = parseParams(semicolon < 0 ? '' : after.slice(semicolon))
  return host && params ? { scheme, user, ...host, params } : null
}

/** The scheme of any URI, lower case; empty when there is none. */
export const schemeOf = (uri: string): string => /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(uri)?.[1]?.toLowerCase() ?? ''

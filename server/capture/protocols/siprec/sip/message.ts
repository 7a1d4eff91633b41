import { isToken, parseCSeq, parseNameAddr, parseVia, splitList, type CSeq, type NameAddr, type Via } from './values.ts'

/**
 * Header fields by lower-case long name, in order of appearance. Values are latin1 text, so that what is echoed is byte for
 * byte what came; `utf8()` reads them as text.
 */
export type Headers = Map<string, string[]>

export type SipRequest = {
  kind: 'request'
  method: string
  uri: string
  headers: Headers
  body: Buffer
  /** Topmost Via. */
  via: Via
  from: NameAddr
  to: NameAddr
  callId: string
  cseq: CSeq
}

export type SipResponse = { kind: 'response'; status: number; headers: Headers; body: Buffer; via: Via; cseq: CSeq }

/** A request that cannot be served but has enough of a head to be answered. */
export type BadRequest = { kind: 'bad'; method: string; headers: Headers; via: Via; status: 400 | 505; detail: string }

export type SipMessage = SipRequest | SipResponse | BadRequest

export type Head = { startLine: string; headers: Headers }

const COMPACT: Record<string, string> = {
  a: 'accept-contact',
  b: 'referred-by',
  c: 'content-type',
  d: 'request-disposition',
  e: 'content-encoding',
  f: 'from',
  i: 'call-id',
  j: 'reject-contact',
  k: 'supported',
  l: 'content-length',
  m: 'contact',
  n: 'identity-info',
  o: 'event',
  r: 'refer-to',
  s: 'subject',
  t: 'to',
  u: 'allow-events',
  v: 'via',
  x: 'session-expires',
  y: 'identity',
}

/** Header fields that a request carries once. Repeated they make it ambiguous (RFC 4475 §3.3.8). */
const SINGLE = ['from', 'to', 'call-id', 'cseq', 'max-forwards'] as const

export const utf8 = (latin1: string): string => Buffer.from(latin1, 'latin1').toString('utf8')

export const first = (headers: Headers, name: string): string | undefined => headers.get(name)?.[0]

/** All elements of a comma-separated header, empty ones left out. */
export const list = (headers: Headers, name: string): string[] =>
  (headers.get(name) ?? []).flatMap(splitList).filter((item) => item !== '')

/** Whether a list of option tags or methods names `token`, without regard to case. */
export const lists = (headers: Headers, name: string, token: string): boolean =>
  list(headers, name).some((item) => item.toLowerCase() === token)

/** Splits a head (latin1, without the blank line; CRLF or LF; folded lines joined). */
export function parseHead(text: string): Head {
  const lines = text.replace(/\r?\n[ \t]+/g, ' ').split(/\r?\n/)
  const headers: Headers = new Map()
  for (const line of lines.slice(1)) {
    const colon = line.indexOf(':')
    if (colon < 1) {
      if (line !== '') headers.set('', [...(headers.get('') ?? []), line])
      continue
    }
    const written = line.slice(0, colon).trim().toLowerCase()
    const name = COMPACT[written] ?? written
    const value = line.slice(colon + 1).trim()
    const values = headers.get(name)
    if (values) values.push(value)
    else headers.set(name, [value])
  }
  return { startLine: lines[0] ?? '', headers }
}

/** The body length the head promises in bytes; null when absent; 'bad' when repeated, negative or not a number. */
export function contentLength(headers: Headers): number | null | 'bad' {
  const values = headers.get('content-length')
  if (!values) return null
  return values.length === 1 && /^\d{1,9}$/.test(values[0] as string) ? Number(values[0]) : 'bad'
}

/**
 * Makes a message of a parsed head and its body. Null when it is not SIP or cannot even be answered. `framing` names what
 * the transport already found wrong.
 */
export function toMessage(head: Head, body: Buffer, framing?: string): SipMessage | null {
  const { startLine, headers } = head
  const via = topVia(headers)
  if (/^SIP\//i.test(startLine)) return framing || !via.value || via.fault ? null : toResponse(head, body, via.value)
  const loose = /^(\S+)\s.*?(SIP\/\d+\.\d+)\s*$/i.exec(startLine)
  if (!loose || !via.value) return null
  const bad = (detail: string, status: BadRequest['status'] = 400): BadRequest => ({
    kind: 'bad',
    method: loose[1] as string,
    headers,
    via: via.value as Via,
    status,
    detail,
  })
  const line = /^(\S+) ([^\s<>"]+) (SIP\/\d+\.\d+)\s*$/i.exec(startLine)
  if (!line || !isToken(line[1] as string)) return bad('start line')
  if ((line[3] as string).toUpperCase() !== 'SIP/2.0') return bad('SIP version', 505)
  const fault = framing ?? via.fault ?? faultOf(headers)
  if (fault) return bad(fault)
  const [from, to] = [parseNameAddr(first(headers, 'from') ?? ''), parseNameAddr(first(headers, 'to') ?? '')]
  const cseq = parseCSeq(first(headers, 'cseq') ?? '')
  if (!from || !to || !cseq) return bad(from ? (to ? 'CSeq' : 'To') : 'From')
  const [method, uri, callId] = [line[1] as string, line[2] as string, first(headers, 'call-id') as string]
  if (cseq.method !== method) return bad('CSeq method differs')
  return { kind: 'request', method, uri, headers, body, via: via.value, from, to, callId, cseq }
}

function toResponse({ startLine, headers }: Head, body: Buffer, via: Via): SipResponse | null {
  const status = /^SIP\/2\.0 ([1-6]\d\d)(?: |$)/i.exec(startLine)?.[1]
  const cseq = parseCSeq(first(headers, 'cseq') ?? '')
  return status && cseq ? { kind: 'response', status: Number(status), headers, body, via, cseq } : null
}

function topVia(headers: Headers): { value: Via | null; fault: string | undefined } {
  const values = (headers.get('via') ?? []).flatMap(splitList)
  const value = values.map(parseVia).find((via) => via !== null) ?? null
  const clean = values.length > 0 && values.every((text) => parseVia(text) !== null)
  return { value, fault: clean ? undefined : 'Via' }
}

function faultOf(headers: Headers): string | undefined {
  if (headers.has('')) return 'a header line without a colon'
  for (const name of SINGLE) if ((headers.get(name)?.length ?? 0) > 1) return `repeated ${name}`
  for (const name of ['from', 'to', 'call-id', 'cseq']) if (!first(headers, name)) return `missing ${name}`
  if (/\s/.test(first(headers, 'call-id') ?? '')) return 'Call-ID'
  const forwards = first(headers, 'max-forwards')
  if (forwards !== undefined && !(/^\d{1,9}$/.test(forwards) && Number(forwards) <= 255)) return 'Max-Forwards'
  for (const name of ['contact', 'route', 'record-route']) {
    for (const value of headers.get(name) ?? []) {
      if (value !== '*' && splitList(value).some((item) => parseNameAddr(item) === null)) return name
    }
  }
  return undefined
}

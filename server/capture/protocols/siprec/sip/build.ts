import { randomBytes } from 'node:crypto'
import { first, type BadRequest, type Headers, type SipRequest } from './message.ts'
import { splitList } from './values.ts'

export type HeaderLines = readonly (readonly [name: string, value: string])[]

export type ResponseParts = {
  headers?: HeaderLines | undefined
  contentType?: string | undefined
  body?: Buffer | undefined
  /** Our tag, added to To when it has none. */
  tag?: string | undefined
  reason?: string | undefined
}

const REASONS: Record<number, string> = {
  100: 'Trying',
  200: 'OK',
  400: 'Bad Request',
  403: 'Forbidden',
  405: 'Method Not Allowed',
  406: 'Not Acceptable',
  408: 'Request Timeout',
  415: 'Unsupported Media Type',
  416: 'Unsupported URI Scheme',
  420: 'Bad Extension',
  422: 'Session Interval Too Small',
  481: 'Call/Transaction Does Not Exist',
  482: 'Loop Detected',
  487: 'Request Terminated',
  488: 'Not Acceptable Here',
  491: 'Request Pending',
  500: 'Server Internal Error',
  501: 'Not Implemented',
  503: 'Service Unavailable',
  505: 'Version Not Supported',
  603: 'Decline',
}

/** A tag or branch suffix nobody can guess: 80 random bits. */
export const newTag = (): string => randomBytes(10).toString('hex')

const oneLine = (value: string): string => value.replace(/[\r\n\0]+/g, ' ')

function serialize(startLine: string, lines: HeaderLines, body: Buffer): Buffer {
  const text = lines.map(([name, value]) => `${name}: ${oneLine(value)}\r\n`).join('')
  return Buffer.concat([Buffer.from(`${startLine}\r\n${text}Content-Length: ${body.length}\r\n\r\n`, 'latin1'), body])
}

/** The request's Via lines with `received` and `rport` on the topmost (RFC 3261 §18.2.1, RFC 3581 §4). */
function viaLines(headers: Headers, source: { address: string; port: number }): HeaderLines {
  const values = (headers.get('via') ?? []).flatMap(splitList)
  return values.map((value, index) => ['Via', index === 0 ? stamp(value, source) : value] as const)
}

function stamp(value: string, source: { address: string; port: number }): string {
  const clean = value.replace(/;\s*received\s*=[^;]*/gi, '')
  const ported = clean.replace(/;\s*rport\b\s*(?:=[^;]*)?/i, `;rport=${source.port}`)
  return `${ported};received=${source.address}`
}

/** Serialises a response: Via, From, To, Call-ID and CSeq as they came, then `parts`. */
export function buildResponse(
  request: SipRequest | BadRequest,
  status: number,
  source: { address: string; port: number },
  parts: ResponseParts = {},
): Buffer {
  const { headers } = request
  const lines: [string, string][] = viaLines(headers, source).map(([name, value]) => [name, value])
  const echo = (written: string, name: string): void => {
    const value = first(headers, name)
    if (value !== undefined) lines.push([written, value])
  }
  if (request.kind === 'request' && request.method === 'INVITE' && status < 300) {
    for (const value of headers.get('record-route') ?? []) lines.push(['Record-Route', value])
  }
  echo('From', 'from')
  const to = first(headers, 'to')
  const tagged = request.kind === 'bad' ? /;\s*tag\s*=/i.test(to ?? '') : request.to.params.has('tag')
  if (to !== undefined) lines.push(['To', status > 100 && !tagged ? `${to};tag=${parts.tag ?? newTag()}` : to])
  echo('Call-ID', 'call-id')
  echo('CSeq', 'cseq')
  if (status === 100) echo('Timestamp', 'timestamp')
  lines.push(...(parts.headers ?? []).map(([name, value]): [string, string] => [name, value]))
  if (parts.body) lines.push(['Content-Type', parts.contentType ?? 'application/sdp'])
  const reason = parts.reason ?? REASONS[status] ?? 'Unknown'
  return serialize(`SIP/2.0 ${status} ${oneLine(reason)}`, lines, parts.body ?? Buffer.alloc(0))
}

/** Serialises a request without a body. */
export const buildRequest = (method: string, uri: string, lines: HeaderLines): Buffer =>
  serialize(`${method} ${oneLine(uri)} SIP/2.0`, lines, Buffer.alloc(0))

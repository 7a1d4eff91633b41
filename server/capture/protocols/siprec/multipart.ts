/** One part of a multipart body. `content` is a view of the received bytes, never rewritten. */
export type Part = { type: string; disposition: string; content: Buffer }

const MAX_PARTS = 32
const MAX_DEPTH = 3

/** The media type of a Content-Type value: lower case, parameters and stray spaces dropped. */
export const mediaType = (value: string | undefined): string =>
  (value ?? '').split(';')[0]?.replace(/\s+/g, '').toLowerCase() ?? ''

function boundaryOf(contentType: string, text: string): string | null {
  const match = /boundary\s*=\s*(?:"([^"]+)"|([^;\s,]+))/i.exec(contentType)
  const named = match?.[1] ?? match?.[2]
  if (named !== undefined && text.includes(`--${named}`)) return named
  // The header names another boundary than the body uses, or none: the first delimiter line decides.
  return /(?:^|\n)--([^\r\n]{1,70}?)[ \t]*\r?(?:\n|$)/.exec(text)?.[1] ?? null
}

/**
 * Splits a multipart body (RFC 2046 §5.1) on its octets, CRLF or LF, nested ones flattened. A missing closing delimiter is
 * forgiven: the last part runs to the end. Returns no parts when there is no delimiter at all.
 */
export function splitMultipart(body: Buffer, contentType: string, depth = 0): Part[] {
  const text = body.toString('latin1')
  const boundary = boundaryOf(contentType, text)
  if (boundary === null) return []
  const parts: Part[] = []
  for (const [from, to] of spans(text, boundary)) {
    if (parts.length >= MAX_PARTS) break
    const part = readPart(body.subarray(from, to), text.slice(from, to))
    if (depth < MAX_DEPTH && part.type.startsWith('multipart/'))
      parts.push(...splitMultipart(part.content, part.contentType, depth + 1))
    else parts.push({ type: part.type, disposition: part.disposition, content: part.content })
  }
  return parts.slice(0, MAX_PARTS)
}

/** Where the parts lie between delimiter lines. */
function spans(text: string, boundary: string): [number, number][] {
  const found: [number, number][] = []
  const delimiter = `--${boundary}`
  let start = -1
  let at = text.indexOf(delimiter)
  for (; at >= 0 && found.length <= MAX_PARTS; at = text.indexOf(delimiter, at + delimiter.length)) {
    if (at > 0 && text[at - 1] !== '\n') continue
    const rest = /^(--)?[ \t]*(?:\r?\n|$)/.exec(text.slice(at + delimiter.length, at + delimiter.length + 200))
    if (!rest) continue
    if (start >= 0) found.push([start, Math.max(start, at - (text[at - 2] === '\r' ? 2 : 1))])
    start = rest[1] === undefined ? at + delimiter.length + rest[0].length : -1
    if (start < 0) return found
  }
  if (start >= 0 && start < text.length) found.push([start, text.length])
  return found
}

function readPart(bytes: Buffer, text: string): Part & { contentType: string } {
  // A part may begin with its blank line: no headers at all.
  const blank = /^\r?\n/.exec(text) ?? /\r?\n\r?\n/.exec(text)
  const head = blank ? text.slice(0, blank.index) : ''
  const content = blank ? bytes.subarray(blank.index + blank[0].length) : bytes
  const header = (name: string): string => {
    for (const line of head.replace(/\r?\n[ \t]+/g, ' ').split(/\r?\n/)) {
      const colon = line.indexOf(':')
      if (colon > 0 && line.slice(0, colon).trim().toLowerCase() === name) return line.slice(colon + 1).trim()
    }
    return ''
  }
  const contentType = header('content-type')
  return { type: mediaType(contentType), disposition: mediaType(header('content-disposition')), content, contentType }
}

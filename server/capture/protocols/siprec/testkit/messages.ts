/** Messages a recording client sends, written out by hand: each function gives the exact text on the wire. */

export type Person = { aor: string; name?: string; extra?: string }

export type OfferLine = {
  label?: string | null
  port?: number
  direction?: 'sendonly' | 'sendrecv' | 'inactive' | 'recvonly'
  protocol?: string
  /** Payload types as in the m-line. */
  formats?: string
  attributes?: string[]
  media?: string
}

export type OfferOptions = { version?: number; address?: string | null }

/** An SDP offer of a recording client. */
export function offer(lines: readonly OfferLine[], { version = 1, address = '127.0.0.1' }: OfferOptions = {}): string {
  const out = [
    'v=0',
    `o=src 4711 ${version} IN IP4 ${address ?? '0.0.0.0'}`,
    's=-',
    ...(address === null ? [] : [`c=IN IP4 ${address}`]),
    't=0 0',
  ]
  for (const [index, line] of lines.entries()) {
    const { label = String(index + 1), port = 40_000 + 2 * index, protocol = 'RTP/AVP', formats = '0 101' } = line
    out.push(`m=${line.media ?? 'audio'} ${port} ${protocol} ${formats}`)
    if (/\b101\b/.test(formats)) out.push('a=rtpmap:101 telephone-event/8000', 'a=fmtp:101 0-15')
    out.push(...(line.attributes ?? []).map((attribute) => `a=${attribute}`), `a=${line.direction ?? 'sendonly'}`)
    if (label !== null) out.push(`a=label:${label}`)
  }
  return `${out.join('\r\n')}\r\n`
}

/** RFC 7865 metadata: person `n` is heard on the stream with label `labels[n]`. */
export function metadata(
  people: readonly Person[],
  labels: readonly string[],
  mode: 'complete' | 'partial' = 'complete',
): string {
  const participants = people.map(
    ({ aor, name, extra = '' }, i) =>
      `<participant participant_id="p${i}"><nameID aor="${aor}">${name === undefined ? '' : `<name xml:lang="it">${name}</name>`}</nameID>${extra}</participant>`,
  )
  const streams = labels.map((label, i) => `<stream stream_id="s${i}" session_id="cs"><label>${label}</label></stream>`)
  const sends = people.map(
    (_, i) => `<participantstreamassoc participant_id="p${i}"><send>s${i}</send></participantstreamassoc>`,
  )
  return `<?xml version="1.0" encoding="UTF-8"?>\n<recording xmlns="urn:ietf:params:xml:ns:recording:1"><datamode>${mode}</datamode><group group_id="g1"/><session session_id="cs"><sipSessionID>ab12;remote=cd34</sipSessionID></session>${[...participants, ...streams, ...sends].join('')}</recording>`
}

export type Body = { type: string; content: string }

/** SDP and metadata in one multipart body; either alone when the other is missing. */
export function sessionBody(sdp: string | null, xml: string | null): Body | null {
  if (sdp !== null && xml !== null) {
    const parts = [
      `Content-Type: application/sdp\r\n\r\n${sdp}`,
      `Content-Type: application/rs-metadata+xml\r\nContent-Disposition: recording-session\r\n\r\n${xml}`,
    ]
    return {
      type: 'multipart/mixed;boundary=edge-1',
      content: `${parts.map((part) => `--edge-1\r\n${part}\r\n`).join('')}--edge-1--\r\n`,
    }
  }
  if (sdp !== null) return { type: 'application/sdp', content: sdp }
  return xml === null ? null : { type: 'application/rs-metadata+xml', content: xml }
}

export type RequestText = {
  method: string
  uri: string
  transport: string
  sentBy: string
  branch: string
  from: string
  to: string
  callId: string
  cseq: number
  headers?: readonly string[]
  body?: Body | null
}

/** A request as text (latin1; bodies are UTF-8 bytes). */
export function requestText(r: RequestText): string {
  const content = Buffer.from(r.body?.content ?? '', 'utf8').toString('latin1')
  return [
    `${r.method} ${r.uri} SIP/2.0`,
    `Via: SIP/2.0/${r.transport.toUpperCase()} ${r.sentBy};branch=${r.branch};rport`,
    'Max-Forwards: 70',
    `From: ${r.from}`,
    `To: ${r.to}`,
    `Call-ID: ${r.callId}`,
    `CSeq: ${r.cseq} ${r.method}`,
    ...(r.headers ?? []),
    ...(r.body ? [`Content-Type: ${r.body.type}`] : []),
    `Content-Length: ${content.length}`,
    '',
    content,
  ].join('\r\n')
}

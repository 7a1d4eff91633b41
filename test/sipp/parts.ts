/** Our own sipp scenarios, assembled from parts: a recording client written down message by message. */

const metadata = (mode: string, name: string): string => `<?xml version="1.0" encoding="UTF-8"?>
<recording xmlns="urn:ietf:params:xml:ns:recording:1">
  <datamode>${mode}</datamode>
  <session session_id="cs-[call_number]"><sipSessionID>[call_number]aa;remote=[call_number]bb</sipSessionID></session>
  <participant participant_id="pa"><nameID aor="sip:+390612345678@pstn.example"><name>${name}</name></nameID></participant>
  <participant participant_id="pb"><nameID aor="sip:201@agents.example"/></participant>
  <stream stream_id="sa" session_id="cs-[call_number]"><label>a_leg</label></stream>
  <stream stream_id="sb" session_id="cs-[call_number]"><label>b_leg</label></stream>
  <participantstreamassoc participant_id="pa"><send>sa</send><recv>sb</recv></participantstreamassoc>
  <participantstreamassoc participant_id="pb"><send>sb</send><recv>sa</recv></participantstreamassoc>
</recording>`

export type ScenarioLine = { label: string; direction: 'sendonly' | 'inactive'; pt: 0 | 8 }

const line = ({ label, direction, pt }: ScenarioLine): string => `m=audio [rtpstream_audio_port] RTP/AVP ${pt}
a=rtpmap:${pt} ${pt === 0 ? 'PCMU' : 'PCMA'}/8000
a=${direction}
a=label:${label}`

const sdp = (version: number, lines: readonly ScenarioLine[]): string => `v=0
o=sipp 53655765 ${version} IN IP[local_ip_type] [local_ip]
s=-
c=IN IP[media_ip_type] [media_ip]
t=0 0
${lines.map(line).join('\n')}`

const multipart = (...parts: [type: string, content: string][]): { type: string; content: string } => ({
  type: 'multipart/mixed;boundary=sipp-boundary',
  content: `${parts.map(([type, content]) => `--sipp-boundary\nContent-Type: ${type}\n\n${content}\n`).join('')}--sipp-boundary--`,
})

type Body = { type: string; content: string } | null

const request = (method: string, cseq: number, body: Body): string => {
  const first = cseq === 1
  const to = first ? '' : '[peer_tag_param]'
  const more = ['INVITE', 'UPDATE'].includes(method)
    ? `\nContact: <sip:src@[local_ip]:[local_port];transport=[transport]>;+sip.src\nRequire: siprec\nAccept: application/sdp, application/rs-metadata-request`
    : ''
  const branch = method === 'ACK' ? '[branch]-ack' : '[branch]'
  return `<send${method === 'ACK' ? '' : ' retrans="500"'}><![CDATA[

${method} sip:srs@[remote_ip]:[remote_port] SIP/2.0
Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=${branch}
From: sipp <sip:src@[local_ip]:[local_port]>;tag=[pid]SIPpTag[call_number]
To: <sip:srs@[remote_ip]:[remote_port]>${to}
Call-ID: [call_id]
CSeq: ${method === 'ACK' ? cseq - 1 : cseq} ${method}
Max-Forwards: 70${more}
${body ? `Content-Type: ${body.type}\n` : ''}Content-Length: ${body ? '[len]' : '0'}

${body?.content ?? ''}
]]></send>`
}

const answered = (extra = ''): string => `<recv response="100" optional="true"/><recv response="200"${extra}/>`

/** One step of a call. */
export type Step =
  | { invite: ScenarioLine[]; name?: string }
  | { update: string }
  | { play: string; pt: 0 | 8; ms: number }
  | { options: true }
  | { bye: true }

/** A whole scenario as sipp reads it. */
export function scenario(name: string, steps: readonly Step[]): string {
  let cseq = 0
  let version = 0
  const out: string[] = []
  for (const step of steps) {
    if ('invite' in step) {
      const parts: [string, string][] = [['application/sdp', sdp(++version, step.invite)]]
      if (step.name !== undefined) parts.push(['application/rs-metadata+xml', metadata('complete', step.name)])
      out.push(request('INVITE', ++cseq, multipart(...parts)), answered(), request('ACK', cseq + 1, null))
    } else if ('update' in step) {
      out.push(
        request('UPDATE', ++cseq, { type: 'application/rs-metadata+xml', content: metadata('partial', step.update) }),
        answered(),
      )
    } else if ('play' in step) {
      out.push(
        `<nop><action><exec rtp_stream="${step.play},1,${step.pt}"/></action></nop><pause milliseconds="${step.ms}"/>`,
      )
    } else if ('options' in step) out.push(request('OPTIONS', ++cseq, null), answered())
    else out.push(request('BYE', ++cseq, null), answered())
  }
  return `<?xml version="1.0" encoding="ISO-8859-1" ?>\n<scenario name="${name}">\n${out.join('\n')}\n</scenario>\n`
}

import { describe, expect, it } from 'vitest'
import { readDatagram } from './framer.ts'
import type { SipMessage } from './message.ts'

/** Messages in the spirit of RFC 4475, with the section that inspired each. */
type Case = [name: string, message: string, expected: Expected]
type Expected = 'served' | 'response' | 'silence' | { refused: number }

type Parts = {
  line?: string
  via?: string[]
  from?: string
  to?: string
  callId?: string
  cseq?: string
  more?: string[]
  length?: string | null
  body?: string
}

function message(p: Parts = {}): string {
  const method = /^\S+/.exec(p.line ?? 'INVITE')?.[0] ?? 'INVITE'
  const length = p.length === undefined ? `Content-Length: ${(p.body ?? '').length}` : p.length
  return [
    p.line ?? 'INVITE sip:recorder@example.com SIP/2.0',
    ...(p.via ?? ['Via: SIP/2.0/UDP host5.example.net;branch=z9hG4bK.1']),
    p.from ?? 'From: <sip:caller@example.net>;tag=341518',
    p.to ?? 'To: <sip:recorder@example.com>',
    p.callId ?? 'Call-ID: torture@example.net',
    p.cseq ?? `CSeq: 39234321 ${method}`,
    ...(p.more ?? []),
    ...(length === null ? [] : [length]),
    '',
    p.body ?? '',
  ].join('\r\n')
}

const valid: Case[] = [
  [
    '3.1.1.1 short tortuous INVITE',
    [
      'INVITE sip:vivekg@chair-dnrc.example.com;unknownparam SIP/2.0',
      'TO :',
      ' sip:vivekg@chair-dnrc.example.com ;   tag    = 1918181833n',
      'from   : "J Rosenberg \\\\\\""       <sip:jdrosen@example.com>',
      '  ;',
      '  tag = 98asjd8',
      'MaX-fOrWaRdS: 0068',
      'Call-ID: wsinv.ndaksdj@192.0.2.1',
      'cseq: 0009',
      '  INVITE',
      'Via  : SIP  /   2.0',
      ' /UDP',
      '    192.0.2.2;branch=390skdjuw',
      's :',
      'NewFangledHeader:   newfangled value',
      ' continued newfangled value',
      'UnknownHeaderWithUnusualValue: ;;,,;;,;',
      'v:  SIP  / 2.0  / TCP     spindle.example.com   ;',
      '  branch  =   z9hG4bK9ikj8  ,',
      ' SIP  /    2.0   / UDP  192.168.255.111   ; branch=',
      ' z9hG4bK30239',
      'm:"Quoted string \\"\\"" <sip:jdrosen@example.com> ; newparam =',
      '      newvalue ;',
      '  secondparam ; q = 0.33',
      'l: 0',
      '',
      '',
    ].join('\r\n'),
    'served',
  ],
  [
    '3.1.1.2 wide range of characters',
    message({
      line: "!interesting-Method0123456789_*+`.%indeed'~ sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d_too.(doesn't-it)@example.com SIP/2.0",
      from: "From: token1~` token2'+_ token3*%!.- <sip:mundane@example.com>;fromParam''~+*_!.-%=\"работающий\";tag=_token~1'+`*%!-.",
      to: 'To: "BEL:\u0007 NUL:\u0001 DEL:\u007F" <sip:1_unusual.URI~@example.com>',
      callId: 'Call-ID: intmeth.word%ZK-!.*_+\'@word`~)(><:\\/"][?}{',
      more: ["extensionHeader-!.%*+_`'~: \uFEFF大停電"],
    }),
    'served',
  ],
  [
    '3.1.1.3 escaped parts',
    message({
      line: 'INVITE sip:sips%3Auser%40example.com@example.net SIP/2.0',
      more: ['Contact: <sip:cal%6Cer@host5.example.net;%6C%72;n%61me=v%61lue%25%34%31>'],
    }),
    'served',
  ],
  ['3.1.1.4 escaped NUL', message({ to: 'To: sip:null-%00-null@example.com' }), 'served'],
  ['3.1.1.5 percent in a method name', message({ line: 'RE%47IST%45R sip:registrar.example.com SIP/2.0' }), 'served'],
  [
    '3.1.1.6 no space before <',
    message({ line: 'OPTIONS sip:user@example.com SIP/2.0', from: 'From: caller<sip:caller@example.com>;tag=323' }),
    'served',
  ],
  [
    '3.1.1.7 long values',
    message({
      to: `To: "I have a ${'very '.repeat(60)}long name" <sip:recorder@example.com>;p=${'x'.repeat(300)}`,
      via: Array.from(
        { length: 30 },
        (_, i) => `Via: SIP/2.0/TCP sip${i}.example.com;branch=z9hG4bK.${i}${'a'.repeat(100)}`,
      ),
    }),
    'served',
  ],
  ['3.1.1.8 a second request in the datagram', message() + message({ cseq: 'CSeq: 2 INVITE' }), 'served'],
  [
    '3.1.1.9 semicolon in the user part',
    message({ line: 'OPTIONS sip:user;par=u%40example.net@example.com SIP/2.0' }),
    'served',
  ],
  [
    '3.1.1.10 unusual transports',
    message({
      via: [
        'Via: SIP/2.0/UDP t1.example.com;branch=z9hG4bKkdjuw',
        'Via: SIP/2.0/SCTP t2.example.com;branch=z9hG4bKklasjdhf',
        'Via: SIP/2.0/UNKNOWN t4.example.com;branch=z9hG4bKasd0f3en',
      ],
    }),
    'served',
  ],
  [
    '3.1.1.12 unusual reason phrase',
    message({ line: 'SIP/2.0 200 = 2**3 * 5**2 но сто девяносто девять', cseq: 'CSeq: 35 INVITE' }),
    'response',
  ],
  ['3.1.1.13 no reason phrase', message({ line: 'SIP/2.0 100 ', cseq: 'CSeq: 35 INVITE' }), 'response'],
  ['3.2.1 branch of the cookie alone', message({ via: ['Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK'] }), 'served'],
  ['3.3.11 Max-Forwards of zero', message({ more: ['Max-Forwards: 0'] }), 'served'],
  [
    '3.4.1 RFC 2543: no branch, no tag',
    message({
      via: ['Via: SIP/2.0/UDP iftgw.example.com'],
      from: 'From: <sip:+19725552222@gw1.example.net;user=phone>',
      more: ['Contact: <sip:+19725552222@gw1.example.net;user=phone>'],
    }),
    'served',
  ],
  ['line feeds only', message().replaceAll('\r\n', '\n'), 'served'],
  ['no Content-Length over UDP', message({ length: null, body: 'v=0\r\n' }), 'served'],
  [
    'IPv6 Via',
    message({ via: ['Via: SIP/2.0/UDP [2001:db8::9:1]:5060;received=[2001:db8::9:255];branch=z9hG4bKas3'] }),
    'served',
  ],
]

const invalid: Case[] = [
  [
    '3.1.2.1 stray separators',
    message({ via: ['Via: SIP/2.0/UDP 192.0.2.15;;,;,,'], more: ['Contact: "Joe" <sip:joe@example.org>;;;;'] }),
    'silence',
  ],
  [
    '3.1.2.1 stray separators in Contact alone',
    message({ more: ['Contact: "Joe" <sip:joe@example.org>;;;;'] }),
    { refused: 400 },
  ],
  [
    '3.1.2.2 Content-Length beyond the datagram',
    message({ length: 'Content-Length: 9999', body: 'v=0\r\n' }),
    { refused: 400 },
  ],
  ['3.1.2.3 negative Content-Length', message({ length: 'Content-Length: -999' }), { refused: 400 }],
  [
    '3.1.2.4 CSeq and Max-Forwards too large',
    message({ cseq: 'CSeq: 36893488147419103232 INVITE', more: ['Max-Forwards: 300'] }),
    { refused: 400 },
  ],
  ['3.1.2.4 Max-Forwards too large', message({ more: ['Max-Forwards: 300'] }), { refused: 400 }],
  [
    '3.1.2.5 response with a CSeq too large',
    message({ line: 'SIP/2.0 503 Service Unavailable', cseq: 'CSeq: 9292394834772304023312 OPTIONS' }),
    'silence',
  ],
  ['3.1.2.6 unterminated quote', message({ to: 'To: "Mr. J. User <sip:j.user@example.com>' }), { refused: 400 }],
  [
    '3.1.2.7 angle brackets around the Request-URI',
    message({ line: 'INVITE <sip:user@example.com> SIP/2.0' }),
    { refused: 400 },
  ],
  ['3.1.2.8 space in the Request-URI', message({ line: 'INVITE sip:user@example.com; lr SIP/2.0' }), { refused: 400 }],
  [
    '3.1.2.9 two spaces in the start line',
    message({ line: 'INVITE  sip:user@example.com  SIP/2.0' }),
    { refused: 400 },
  ],
  ['3.1.2.16 unknown version', message({ line: 'OPTIONS sip:t.watson@example.org SIP/7.0' }), { refused: 505 }],
  [
    '3.1.2.17 CSeq of another method',
    message({ line: 'OPTIONS sip:user@example.com SIP/2.0', cseq: 'CSeq: 8 INVITE' }),
    { refused: 400 },
  ],
  [
    '3.1.2.18 the same for an unknown method',
    message({ line: 'NEWMETHOD sip:user@example.com SIP/2.0', cseq: 'CSeq: 8 INVITE' }),
    { refused: 400 },
  ],
  [
    '3.1.2.19 overlarge status',
    message({ line: 'SIP/2.0 4294967301 better not break the receiver', cseq: 'CSeq: 8 INVITE' }),
    'silence',
  ],
  [
    '3.3.1 missing required headers',
    'INVITE sip:user@example.com SIP/2.0\r\nCSeq: 193942 INVITE\r\nVia: SIP/2.0/UDP 192.0.2.95;branch=z9hG4bKkdj.insuf\r\nContent-Length: 0\r\n\r\n',
    { refused: 400 },
  ],
  [
    '3.3.8 repeated headers',
    message({ more: ['From: <sip:other@example.net>;tag=2', 'CSeq: 8 INVITE', 'Call-ID: other'] }),
    { refused: 400 },
  ],
  ['3.3.9 two Content-Lengths', message({ more: ['Content-Length: 5'] }), { refused: 400 }],
  ['no Via at all', message({ via: [] }), 'silence'],
  ['a header line without a colon', message({ more: ['this is not a header'] }), { refused: 400 }],
  [
    'no blank line',
    'OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\n',
    { refused: 400 },
  ],
  ['keep-alive', '\r\n\r\n', 'silence'],
  ['a STUN request', '\u0000\u0001\u0000\u0000!\u0012¤Babcdefghijkl', 'silence'],
  ['HTTP', 'GET / HTTP/1.1\r\nHost: example.com\r\n\r\n', 'silence'],
]

function outcome(found: SipMessage | null): Expected {
  if (!found) return 'silence'
  if (found.kind === 'bad') return { refused: found.status }
  return found.kind === 'request' ? 'served' : 'response'
}

describe('messages in the spirit of RFC 4475', () => {
  it.each([...valid, ...invalid])('%s', (_name, text, expected) => {
    expect(outcome(readDatagram(Buffer.from(text)))).toEqual(expected)
  })

  it('reads through folding, spaces and compact names', () => {
    const [, text] = valid[0] ?? ['', '']
    const found = readDatagram(Buffer.from(text))
    if (found?.kind !== 'request') throw new Error('not served')
    expect(found.cseq).toEqual({ number: 9, method: 'INVITE' })
    expect(found.from).toMatchObject({ display: 'J Rosenberg \\"', uri: 'sip:jdrosen@example.com' })
    expect(found.to.params.get('tag')).toBe('1918181833n')
    expect(found.via).toMatchObject({ transport: 'UDP', host: '192.0.2.2' })
    expect(found.headers.get('contact')).toHaveLength(1)
  })

  it('ignores what follows the body it was promised', () => {
    const found = readDatagram(Buffer.from(message({ body: 'v=0\r\n' }) + 'trailing'))
    expect(found?.kind === 'request' && found.body.toString()).toBe('v=0\r\n')
  })
})

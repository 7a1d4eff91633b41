import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readBody, readKey } from './body.ts'
import { applyMetadata, EMPTY } from './metadata/snapshot.ts'
import { readXml } from './metadata/xml.ts'
import { chooseLines } from './sdp/answer.ts'
import { parseOffer } from './sdp/offer.ts'
import { readDatagram } from './sip/framer.ts'
import { metadata, offer } from './testkit/messages.ts'

const read = (contentType: string, body: string | Buffer, more = '') => readBody(request(contentType, body, more))

function request(contentType: string, body: string | Buffer, more = '') {
  const head = `INVITE sip:srs@h SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:srs@h>\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\n${more}Content-Type: ${contentType}\r\n\r\n`
  const message = readDatagram(Buffer.concat([Buffer.from(head), Buffer.from(body)]))
  if (message?.kind !== 'request') throw new Error('not a request')
  return message
}

const sdp = offer([{}, { label: '0' }])
const xml = metadata([{ aor: 'sip:1@h' }, { aor: 'sip:2@h' }], ['1', '0'])

/** The habits of gateways and exchanges, each modelled by us. */
const habits: [string, string, string][] = [
  [
    'metadata before SDP, a broken type without a space, a length inside the part',
    'multipart/mixed;boundary=b1',
    `--b1\r\nContent-Type:application/ +xml\r\nContent-Length:${xml.length}\r\nContent-Disposition:recording-session\r\n\r\n${xml}\r\n--b1\r\nContent-Type:application/sdp\r\nContent-Length:9\r\n\r\n${sdp}\r\n--b1--`,
  ],
  [
    'a third part, no closing delimiter, dispositions first',
    'multipart/mixed; boundary="u"',
    `--u\r\nContent-Disposition: session;handling=required\r\nContent-Type: application/sdp\r\n\r\n${sdp}\r\n--u\r\nContent-Disposition: recording-session\r\nContent-Type: application/rs-metadata+xml\r\n\r\n${xml}\r\n--u\r\nContent-Disposition: signal;handling=optional\r\nContent-Type: application/gtd\r\n\r\nIAM,\r\n`,
  ],
  [
    'a type without +xml',
    'multipart/mixed;boundary=2CD2A2E9',
    `--2CD2A2E9\r\nContent-Type: application/sdp\r\n\r\n${sdp}\r\n--2CD2A2E9\r\nContent-Type: application/rs-metadata\r\n\r\n${xml}\r\n--2CD2A2E9--\r\n`,
  ],
  [
    'bare line feeds, in the XML and around it',
    'multipart/mixed;boundary=b',
    `\n--b\nContent-Type: application/sdp\n\n${sdp}\n--b\nContent-Type: application/rs-metadata+xml\n\n${xml.replaceAll('><', '>\n<')}\n--b--\n`,
  ],
  ['no types at all', 'multipart/mixed;boundary=b', `--b\r\n\r\n${sdp}\r\n--b\r\n\r\n${xml}\r\n--b--`],
  [
    'parts nested, a boundary that is not the body’s',
    'multipart/mixed;type="x";boundary=wrong',
    `--o\r\nContent-Type: multipart/alternative;boundary=i\r\n\r\n--i\r\nContent-Type: application/sdp\r\n\r\n${sdp}\r\n--i--\r\n--o\r\nContent-Type: application/rs-metadata+xml\r\n\r\n${xml}\r\n--o--`,
  ],
]

describe('bodies', () => {
  it.each(habits)('%s', (_, type, body) => {
    const found = read(type, body)
    expect(
      chooseLines(parseOffer(found?.sdp ?? Buffer.alloc(0))).map(({ accepted, line }) => [accepted, line.label]),
    ).toEqual([
      [true, '1'],
      [true, '0'],
    ])
    expect(
      applyMetadata(EMPTY, readXml(found?.metadata?.bytes ?? Buffer.alloc(0))).participants.map(({ sends }) => sends),
    ).toEqual([['s0'], ['s1']])
  })

  it('keeps metadata byte for byte, whatever its encoding', () => {
    const utf16 = Buffer.from(`\uFEFF${xml}`, 'utf16le')
    const body = Buffer.concat([
      Buffer.from(
        `--b\r\nContent-Type: application/sdp\r\n\r\n${sdp}\r\n--b\r\nContent-Disposition: recording-session\r\n\r\n`,
      ),
      utf16,
      Buffer.from('\r\n--b--'),
    ])
    expect(read('multipart/mixed;boundary=b', body)?.metadata).toEqual({
      mediaType: 'application/rs-metadata+xml',
      bytes: utf16,
    })
  })

  it('reads SDP or metadata alone, and a body without a type', () => {
    expect(read('application/sdp', sdp)).toEqual({ sdp: Buffer.from(sdp), metadata: null })
    expect(read('application/rs-metadata+xml', xml)?.metadata?.bytes.toString()).toBe(xml)
    expect(read('', sdp)?.sdp?.toString()).toBe(sdp)
    expect(read('text/plain', '')).toEqual({ sdp: null, metadata: null })
  })

  it('does not read other types, unless they are optional', () => {
    expect(read('application/pidf+xml', '<presence/>')).toBeNull()
    expect(read('application/sdp', sdp, 'Content-Encoding: gzip\r\n')).toBeNull()
    expect(read('application/dtmf-relay', 'Signal=5', 'Content-Disposition: signal;handling=optional\r\n')).toEqual({
      sdp: null,
      metadata: null,
    })
  })
})

describe('key of an INFO', () => {
  const key = (type: string, body: string) => readKey(request(type, body))

  it.each([
    ['application/dtmf-relay', 'Signal=5\r\nDuration=160\r\n', '5'],
    ['application/dtmf-relay', 'Duration= 160\nSignal= *\n', '*'],
    ['application/dtmf-relay', 'Signal=11\r\nDuration=250', '#'],
    ['Application/DTMF-Relay;x=1', 'signal=d\r\n', 'D'],
    ['application/dtmf', '7', '7'],
    ['application/dtmf', ' 10\r\n', '*'],
    ['application/dtmf-relay', 'Signal=55\r\n', null],
    ['application/dtmf-relay', 'Duration=160\r\n', null],
    ['application/dtmf', 'Signal=5', null],
    ['text/plain', 'Signal=5', null],
  ])('%s %j is %j', (type, body, expected) => {
    expect(key(type, body)).toBe(expected)
  })

  it('is a key or none, whatever the body', () => {
    fc.assert(
      fc.property(fc.constantFrom('application/dtmf', 'application/dtmf-relay'), fc.string(), (type, body) => {
        expect(key(type, body) ?? '0').toMatch(/^[0-9A-D*#]$/)
      }),
    )
  })
})

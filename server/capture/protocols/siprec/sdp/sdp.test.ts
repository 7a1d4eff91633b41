import fc from 'fast-check'
import { parse, type MediaDescription } from 'sdp-transform'
import { describe, expect, it } from 'vitest'
import { offer, type OfferLine } from '../testkit/messages.ts'
import { SrtpSender } from '../testkit/srtp-sender.ts'
import { chooseLines, writeSdp, type AnswerLine } from './answer.ts'
import { answerCrypto, parseCryptoLine } from './crypto-line.ts'
import { parseOffer, SdpFault } from './offer.ts'

type Media = MediaDescription

function answer(sdp: string): string {
  const lines = chooseLines(parseOffer(Buffer.from(sdp, 'latin1'))).map((choice, i): AnswerLine =>
    choice.accepted
      ? { choice, port: 20_000 + 2 * i, crypto: choice.crypto ? answerCrypto(choice.crypto) : null }
      : { choice },
  )
  return writeSdp({ sessionId: '7', version: 3, address: '192.0.2.1' }, lines).toString('latin1')
}
const answered = (...lines: OfferLine[]): Media[] => parse(answer(offer(lines))).media

describe('SDP answer', () => {
  it('keeps the order and number of lines, and every label', () => {
    const media = answered(
      { label: '1' },
      { label: '0' },
      { label: 'a_leg', media: 'video', formats: '96' },
      { label: '16777227' },
    )
    expect(media.map(({ type, port, label }) => [type, port === 0, String(label)])).toEqual([
      ['audio', false, '1'],
      ['audio', false, '0'],
      ['video', true, 'a_leg'],
      ['audio', false, '16777227'],
    ])
    expect(answer(offer([{ label: '007' }, { label: null }]))).toContain('a=label:007\r\n')
  })

  it('answers what will be sent, each offer anew', () => {
    const directions = (['sendonly', 'sendrecv', 'recvonly', 'inactive'] as const).map(
      (direction) => answered({ direction })[0]?.direction,
    )
    expect(directions).toEqual(['recvonly', 'recvonly', 'inactive', 'inactive'])
  })

  it('takes the first codec of the offer it can keep, with its events and comfort noise', () => {
    const rtpmaps = [
      'rtpmap:3 GSM/8000',
      'rtpmap:97 opus/48000/2',
      'fmtp:97 stereo=1',
      'rtpmap:9 G722/8000',
      'rtpmap:19 CN/8000',
    ]
    const [line] = answered({ formats: '3 97 9 0 8 19 13 101', attributes: rtpmaps })
    expect(line?.payloads).toBe('97 101 19 13')
    expect(answer(offer([{ formats: '3 97 0', attributes: rtpmaps }]))).toContain(
      'a=fmtp:97 stereo=0;useinbandfec=1\r\n',
    )
    const firstOf = (formats: string, ...attributes: string[]) => answered({ formats, attributes })[0]?.rtp[0]?.codec
    expect(firstOf('18 0')).toBe('G729')
    expect(firstOf('9 8')).toBe('G722')
    expect(firstOf('8 0')).toBe('PCMA')
    expect(firstOf('96 0', 'rtpmap:96 pcmu/8000/1')).toBe('pcmu')
    expect(firstOf('96 8', 'rtpmap:96 PCMU/16000')).toBe('PCMA')
  })

  it.each<[string, OfferLine]>([
    ['an unknown codec', { formats: '3' }],
    ['a closed line', { port: 0 }],
    ['SAVP without a key', { protocol: 'RTP/SAVP' }],
    ['SAVP with an unknown suite', { protocol: 'RTP/SAVP', attributes: ['crypto:1 F8_128_HMAC_SHA1_80 inline:AAAA'] }],
    ['DTLS', { protocol: 'UDP/TLS/RTP/SAVP' }],
    ['video', { media: 'video', formats: '96' }],
    ['a message line', { media: 'message', protocol: 'TCP/MSRP', formats: '*' }],
  ])('refuses %s with port 0', (_, line) => {
    const media = answered(line, {})
    expect({ ...media[0], payloads: String(media[0]?.payloads) }).toMatchObject({
      port: 0,
      protocol: line.protocol ?? 'RTP/AVP',
      payloads: line.formats ?? '0 101',
    })
    expect(media[1]?.port).toBe(20_002)
  })

  it('answers a key of its own for the first suite it has, and keeps rtcp-mux and the feedback profile', () => {
    const gcm = new SrtpSender('AEAD_AES_256_GCM')
    const line = {
      protocol: 'RTP/SAVPF',
      attributes: [
        'crypto:9 NO_SUCH inline:AAAA',
        `crypto:2 ${gcm.cryptoLine().slice(2)}|2^48|1:4`,
        `crypto:3 ${new SrtpSender('AES_CM_128_HMAC_SHA1_32').cryptoLine().slice(2)}`,
        'rtcp-mux',
      ],
    }
    const [media] = answered(line)
    expect(media).toMatchObject({
      protocol: 'RTP/SAVPF',
      rtcpMux: 'rtcp-mux',
      crypto: [{ id: 2, suite: 'AEAD_AES_256_GCM' }],
    })
    const text = answer(offer([line]))
    expect(text).not.toContain(gcm.masterKey.toString('base64').slice(0, 20))
    expect(text).not.toContain('|')
    expect(parseCryptoLine(/a=crypto:(.*)/.exec(text)?.[1] ?? '')?.suite).toBe('AEAD_AES_256_GCM')
  })

  it('plain RTP ignores stray keys', () => {
    expect(
      answered({ attributes: [`crypto:${new SrtpSender('AES_CM_128_HMAC_SHA1_80').cryptoLine()}`] })[0]?.crypto,
    ).toBeUndefined()
  })

  it('reads session-level direction and address, missing ones, LF only, multicast counts', () => {
    const text =
      'v=0\no=- 1 1 IN IP4 0.0.0.0\ns=-\nc=IN IP4 192.0.2.9/127\nt=0 0\na=inactive\nm=audio 5000/2 RTP/AVP 8\nm=audio 5004 RTP/AVP 0\nc=IN IP6 2001:db8::1\na=sendonly'
    const { lines } = parseOffer(Buffer.from(text))
    expect(lines.map(({ port, direction, address }) => [port, direction, address])).toEqual([
      [5000, 'inactive', '192.0.2.9'],
      [5004, 'sendonly', '2001:db8::1'],
    ])
    expect(parseOffer(Buffer.from(offer([{}], { address: null }))).lines[0]?.address).toBeNull()
  })

  it.each([
    [''],
    ['v=0\r\n'],
    ['not SDP'],
    ['v=0\r\nm=audio\r\n'],
    ['v=0\r\nm=audio 99999 RTP/AVP 0\r\n'],
    [`v=0\r\n${'m=audio 9 RTP/AVP 0\r\n'.repeat(65)}`],
  ])('refuses %j', (text) => {
    expect(() => parseOffer(Buffer.from(text))).toThrow(SdpFault)
  })

  it('throws nothing but SdpFault, and what it answers another parser reads with as many lines', () => {
    const sound = offer([
      { attributes: ['rtpmap:0 PCMU/8000', 'rtcp-mux'] },
      { protocol: 'RTP/SAVP', attributes: ['crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AAAA'] },
    ])
    const edit = fc.record({
      at: fc.nat(sound.length),
      remove: fc.nat(12),
      insert: fc.oneof(fc.string({ maxLength: 6 }), fc.constantFrom('\r\n', 'm=', 'a=label:', ' ', '0')),
    })
    fc.assert(
      fc.property(fc.array(edit, { maxLength: 5 }), (edits) => {
        let text = sound
        for (const { at, remove, insert } of edits) text = text.slice(0, at) + insert + text.slice(at + remove)
        try {
          const given = parseOffer(Buffer.from(text, 'latin1')).lines.length
          expect(parse(answer(text)).media).toHaveLength(given)
        } catch (e) {
          if (!(e instanceof SdpFault)) throw e
        }
      }),
      { numRuns: 2000 },
    )
  })
})

describe('crypto lines (RFC 4568)', () => {
  const key = Buffer.alloc(30, 7).toString('base64')
  const line = (params: string, session = ''): string => `1 AES_CM_128_HMAC_SHA1_80 ${params}${session}`

  it('reads lifetime, MKI and several keys', () => {
    expect(parseCryptoLine(line(`inline:${key}`))?.keys).toEqual([
      { key: Buffer.alloc(16, 7), salt: Buffer.alloc(14, 7), mki: null },
    ])
    expect(parseCryptoLine(line(`inline:${key}|2^20|1:4`))?.keys[0]?.mki).toEqual(Buffer.from([0, 0, 0, 1]))
    expect(parseCryptoLine(line(`inline:${key}|1:1`))?.keys[0]?.mki).toEqual(Buffer.from([1]))
    expect(parseCryptoLine(line(`inline:${key}|2^20|1:4;inline:${key}|2^20|2:4`, ' WSH=64 KDR=0'))?.keys).toHaveLength(
      2,
    )
  })

  it.each([
    ['a short key', line(`inline:${key.slice(4)}`)],
    ['an unknown suite', `1 AES_CM_129 inline:${key}`],
    ['no key', '1 AES_CM_128_HMAC_SHA1_80'],
    ['no tag', `AES_CM_128_HMAC_SHA1_80 inline:${key}`],
    ['an unencrypted session', line(`inline:${key}`, ' UNENCRYPTED_SRTP')],
    ['an unauthenticated session', line(`inline:${key}`, ' WSH=64 UNAUTHENTICATED_SRTP')],
    ['a key derivation rate', line(`inline:${key}`, ' KDR=2')],
    ['several keys without MKI', line(`inline:${key};inline:${key}`)],
    ['an MKI too long for its length', line(`inline:${key}|256:1`)],
    ['a lifetime that is none', line(`inline:${key}|forever`)],
    ['a suite named like a property', `1 constructor inline:${key}`],
  ])('refuses %s', (_, text) => {
    expect(parseCryptoLine(text)).toBeNull()
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fakeCredentials } from '../../testkit/web.ts'
import { checkPresented, pathKeyId, readAuthorization, sameSecret } from './handshake.ts'
import { consentOf, countryOf, directionOf, wellKnownFacts } from './well-known.ts'

const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`

describe('the Authorization header', () => {
  it('is read as Basic or Bearer', () => {
    expect(readAuthorization(basic('pbx:se:cret'), null)).toEqual({ keyId: 'pbx', secret: Buffer.from('se:cret') })
    expect(readAuthorization('Bearer pbx.a.b', null)).toEqual({ keyId: 'pbx', secret: Buffer.from('a.b') })
    expect(readAuthorization('bearer a.b', 'pbx')).toEqual({ keyId: 'pbx', secret: Buffer.from('a.b') })
  })

  it('is refused otherwise and never throws', () => {
    for (const header of [
      undefined,
      '',
      'Basic',
      'Basic !!',
      basic(':x'),
      basic('x'),
      'Digest a',
      'Bearer nodot',
      'Bearer .x',
      `Bearer ${'x'.repeat(5000)}`,
    ]) {
      expect(readAuthorization(header, null)).toBeNull()
    }
    fc.assert(
      fc.property(fc.string(), fc.option(fc.string()), (header, path) => {
        const read = readAuthorization(header, path)
        expect(read === null || read.keyId !== '').toBe(true)
      }),
    )
  })

  it('opens only with the stored secret', async () => {
    const secret = Buffer.from('s3cret')
    const credentials = fakeCredentials(
      { protocol: 'stream', keyId: 'pbx', secret },
      { protocol: 'stream', keyId: 'bare', secret: Buffer.alloc(0) },
    )
    expect(await checkPresented(credentials, 'stream', { keyId: 'pbx', secret })).toBe(true)
    expect(await checkPresented(credentials, 'stream', { keyId: 'pbx', secret: Buffer.from('s3cre') })).toBe(false)
    expect(await checkPresented(credentials, 'twilio', { keyId: 'pbx', secret })).toBe(false)
    expect(await checkPresented(credentials, 'stream', { keyId: 'bare', secret: Buffer.alloc(0) })).toBe(false)
    expect(sameSecret(Buffer.alloc(0), Buffer.alloc(0))).toBe(false)
  })
})

describe('the key id in the path', () => {
  it('is the segment after the base', () => {
    expect(pathKeyId('/capture/stream/pbx-1?a=b', '/capture/stream')).toBe('pbx-1')
    expect(pathKeyId('/capture/stream/pbx%201/x', '/capture/stream')).toBeNull()
    for (const url of [undefined, '/capture/stream', '/capture/stream/', '/capture/stream/%zz', '/other/x'])
      expect(pathKeyId(url, '/capture/stream')).toBeNull()
  })
})

describe('well-known facts', () => {
  it('are read as sources write them', () => {
    expect(directionOf('outbound-api')).toBe('outbound')
    expect(directionOf('Incoming')).toBe('inbound')
    expect(consentOf('granted')).toBe('yes')
    expect(consentOf(false)).toBe('no')
    expect(consentOf('maybe')).toBeUndefined()
    expect(countryOf('it')).toBe('IT')
    expect(countryOf('Italy')).toBeUndefined()
  })

  it('know the customer from the direction', () => {
    const numbers = { from: '+331', to: '+392' }
    expect(
      wellKnownFacts({ direction: 'outbound' }, numbers).parties?.find((p) => p.role === 'customer')?.address,
    ).toBe('+392')
    expect(wellKnownFacts({}, numbers).parties?.find((p) => p.role === 'customer')?.address).toBe('+331')
  })

  it('never throw', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (values) => {
        expect(Array.isArray(wellKnownFacts(values).parties)).toBe(true)
      }),
    )
  })
})

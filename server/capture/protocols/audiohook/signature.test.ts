import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { manualClock } from '../../../platform/clock.ts'
import { sign, type Signing } from '../../testkit/audiohook-client.ts'
import { createNonces } from './nonces.ts'
import { verifySignature, type Verdict } from './signature.ts'
import {
  encodeInnerList,
  encodeItem,
  isInnerList,
  parseDictionary,
  FieldError,
  type Dictionary,
} from './structured-fields.ts'

const secret = Buffer.from('TXlTdXBlclNlY3JldEtleVRlbGxOb09uZSE=', 'base64')
const now = Date.UTC(2026, 0, 1)
const created = now / 1000

const values: Record<string, string> = {
  '@request-target': '/capture/audiohook?x=1',
  '@authority': 'recorder.example',
  'audiohook-organization-id': 'd7934305-0972-4844-938e-9060eef73d05',
  'audiohook-session-id': 'e160e428-53e2-487c-977d-96989bf5c99d',
  'audiohook-correlation-id': '30b0e395-84d3-4570-ac13-9a62d8f514c0',
  'x-api-key': 'SGVsbG8sIEkgYW0gdGhlIEFQSSBrZXkh',
}

type Bend = {
  signing?: Partial<Signing>
  headers?: Record<string, string | undefined>
  authorities?: string[]
  key?: Buffer | null
  nowMs?: number
}

const charsOf = (text: string): fc.Arbitrary<string> => fc.constantFrom(...text.split(''))

const clock = manualClock(now)
let nonces = createNonces(clock)

async function check(bend: Bend = {}): Promise<Verdict> {
  const signed = sign(values, { keyId: values['x-api-key']!, secret, created, ...bend.signing })
  const plain = Object.fromEntries(Object.entries(values).filter(([name]) => !name.startsWith('@')))
  const lower = Object.fromEntries(Object.entries(signed).map(([name, value]) => [name.toLowerCase(), value]))
  const headers = { host: 'recorder.example', ...plain, ...lower, ...bend.headers }
  const request = { method: 'GET', target: values['@request-target']!, headers }
  return verifySignature(request, {
    now: bend.nowMs ?? now,
    nonces,
    authorities: bend.authorities ?? [],
    secretOf: () => Promise.resolve(bend.key === undefined ? secret : bend.key),
  })
}

const why = async (bend: Bend): Promise<string> => {
  const verdict = await check(bend)
  return verdict.verified ? 'verified' : verdict.why
}

describe('the signature of an AudioHook request', () => {
  it('is verified', async () => {
    expect(await check()).toEqual({ verified: true, keyId: values['x-api-key'] })
  })

  it('matches the example of the protocol documentation', async () => {
    const input =
      'sig1=("@request-target" "@authority" "audiohook-organization-id" "audiohook-session-id" "audiohook-correlation-id" "x-api-key")' +
      ';keyid="SGVsbG8sIEkgYW0gdGhlIEFQSSBrZXkh";nonce="VGhpc0lzQVVuaXF1ZU5vbmNl";alg="hmac-sha256";created=1641013200;expires=3282026430'
    const headers = {
      host: 'audiohook.example.com',
      'audiohook-organization-id': 'd7934305-0972-4844-938e-9060eef73d05',
      'audiohook-session-id': '30b0e395-84d3-4570-ac13-9a62d8f514c0',
      'audiohook-correlation-id': 'e160e428-53e2-487c-977d-96989bf5c99d',
      'x-api-key': 'SGVsbG8sIEkgYW0gdGhlIEFQSSBrZXkh',
      signature: 'sig1=:NZBwyBHRRyRoeLqy1IzOa9VYBuI8TgMFt2GRDkDuJh4=:',
      'signature-input': input,
    }
    const verdict = await verifySignature(
      { method: 'GET', target: '/api/v1/voicebiometrics/ws', headers },
      {
        now: 1_641_013_205_000,
        nonces: createNonces(clock),
        authorities: [],
        secretOf: () => Promise.resolve(Buffer.from('TXlTdXBlclNlY3JldEtleVRlbGxOby0xITJAMyM0JDU=')),
      },
    )
    expect(verdict).toEqual({ verified: true, keyId: 'SGVsbG8sIEkgYW0gdGhlIEFQSSBrZXkh' })
  })

  it('may name the host with its default port, in capitals, or by a configured name', async () => {
    expect(await why({ headers: { host: 'Recorder.example:443' } })).toBe('verified')
    expect(await why({ headers: { host: 'inside:3000' }, authorities: ['recorder.example'] })).toBe('verified')
    expect(await why({ headers: { host: 'inside:3000' } })).toBe('signature does not match')
  })

  it('is needed', async () => {
    expect(await why({ headers: { signature: undefined } })).toContain('unsigned')
    expect(await why({ headers: { 'signature-input': undefined } })).toContain('unsigned')
    expect(await why({ headers: { 'signature-input': undefined, signature: undefined }, key: null })).toContain(
      'unsigned',
    )
    expect(await why({ headers: { 'x-api-key': undefined } })).toContain('X-API-KEY')
  })

  it('is verified whether the secret is stored as bytes or in base64', async () => {
    expect(await why({ key: Buffer.from(secret.toString('base64')) })).toBe('verified')
    expect(await why({ key: Buffer.from('AAAA'), signing: { secret: Buffer.alloc(3) } })).toBe(
      'signature does not match',
    )
  })

  it('fails for an unknown key or an empty secret', async () => {
    expect(await why({ key: null })).toContain('unknown API key')
    expect(await why({ key: null, signing: { secret: Buffer.alloc(0) } })).toContain('unknown API key')
  })

  it('fails for another secret, another key id and anything changed after signing', async () => {
    expect(await why({ signing: { secret: Buffer.from('other') } })).toBe('signature does not match')
    expect(await why({ signing: { keyId: 'other' } })).toContain('keyid')
    expect(await why({ headers: { 'audiohook-session-id': values['audiohook-organization-id']! } })).toBe(
      'signature does not match',
    )
    expect(await why({ signing: { values: { '@request-target': '/capture/audiohook' } } })).toBe(
      'signature does not match',
    )
  })

  it('must cover all six components', async () => {
    for (const left of Object.keys(values)) {
      const components = Object.keys(values).filter((name) => name !== left)
      expect(await why({ signing: { components } })).toContain(`does not cover ${left}`)
    }
    expect(await why({ signing: { components: [...Object.keys(values), 'x-absent'] } })).toContain('does not have')
    expect(await why({ signing: { components: [...Object.keys(values), 'x-api-key'] } })).toContain('twice')
  })

  it('lives ten seconds', async () => {
    expect(await why({ nowMs: now + 10_000 })).toBe('verified')
    expect(await why({ nowMs: now + 11_000 })).toContain('older')
    expect(await why({ nowMs: now - 3_000 })).toBe('verified')
    expect(await why({ nowMs: now - 4_000 })).toContain('future')
    expect(await why({ nowMs: now + 5_000, signing: { expires: created + 5 } })).toBe('expired')
  })

  it('needs a long nonce, used once', async () => {
    expect(await why({ signing: { nonce: 'a'.repeat(21) } })).toContain('nonce')
    const nonce = 'n'.repeat(22)
    expect(await why({ signing: { nonce } })).toBe('verified')
    expect(await why({ signing: { nonce } })).toBe('nonce already used')
    clock.advance(119_000)
    expect(await why({ signing: { nonce } })).toBe('nonce already used')
    clock.advance(2_000)
    expect(await why({ signing: { nonce } })).toBe('verified')
  })

  it('does not spend a nonce on a wrong signature', async () => {
    nonces = createNonces(clock)
    const nonce = 'm'.repeat(24)
    expect(await why({ signing: { nonce, secret: Buffer.from('other') } })).toBe('signature does not match')
    expect(await why({ signing: { nonce } })).toBe('verified')
  })

  it('never throws and never verifies whatever stands in the headers', async () => {
    const text = fc.oneof(fc.string(), fc.string({ unit: charsOf('()":;=,?0aA\\ sig1keyid-.*') }))
    await fc.assert(
      fc.asyncProperty(text, text, async (input, signature) => {
        expect((await check({ headers: { 'signature-input': input, signature } })).verified).toBe(false)
      }),
      { numRuns: 500 },
    )
  })
})

describe('structured fields', () => {
  const key = fc.stringMatching(/^[a-z*][a-z0-9_.*-]{0,8}$/)
  const bare = fc.oneof(
    fc.string({ unit: charsOf(' !"#\\abcXYZ09~()') }),
    fc.integer({ min: -999_999_999_999_999, max: 999_999_999_999_999 }),
    fc.boolean(),
    fc.uint8Array({ maxLength: 40 }).map((b) => Buffer.from(b)),
    fc.stringMatching(/^[A-Za-z*][A-Za-z0-9:/!#$%&'*+.^_`|~-]{0,8}$/).map((token) => ({ token })),
  )
  const params = fc.uniqueArray(fc.tuple(key, bare), { selector: ([k]) => k, maxLength: 4 })
  const item = fc.record({ value: bare, params })

  it('reads back what was written', () => {
    fc.assert(
      fc.property(key, fc.record({ items: fc.array(item, { maxLength: 5 }), params }), item, (name, list, single) => {
        const text = `${name}=${encodeInnerList(list)}, other-${name}=${encodeItem(single)}`
        const read = parseDictionary(text)
        expect(read.get(name)).toEqual(list)
        expect(read.get(`other-${name}`)).toEqual(single)
      }),
    )
  })

  it('reads only what means the same when written again, or refuses', () => {
    const parse = (text: string): Dictionary | null => {
      try {
        return parseDictionary(text)
      } catch (e) {
        if (e instanceof FieldError) return null
        throw e
      }
    }
    fc.assert(
      fc.property(fc.string({ unit: charsOf('ab1="\\()?:;, -.') }), (text) => {
        const read = parse(text)
        if (!read) return
        const written = [...read].map(([name, m]) => `${name}=${isInnerList(m) ? encodeInnerList(m) : encodeItem(m)}`)
        expect(parseDictionary(written.join(', '))).toEqual(read)
      }),
      { numRuns: 5000 },
    )
  })

  it('takes time in proportion to the length', () => {
    expect(() => parseDictionary('a=('.repeat(2_000))).toThrow('expected')
    expect(() => parseDictionary(`a="${'\\"'.repeat(4_000)}`)).toThrow('expected')
    expect(() => parseDictionary('a'.repeat(9_000))).toThrow('too long')
  })
})

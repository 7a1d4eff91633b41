import { createHash, randomBytes } from 'node:crypto'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  encodeRequest,
  newNonce,
  readAnchors,
  type TimestampCode,
  TimestampError,
  verifyResponse,
  verifyToken,
} from './index.ts'
import { OID } from './asn1.ts'
import {
  type AuthorityOptions,
  type Behaviour,
  createAuthority,
  type TestAuthority,
  testPolicy,
} from './testkit/authority.ts'
import { type KeyKind, strangeExtension } from './testkit/certificates.ts'

const data = Buffer.from('what is stamped\n')
const digest = createHash('sha256').update(data).digest()
const shared = createAuthority()
const year = 365 * 86_400_000

function ask(authority: TestAuthority, behaviour?: Behaviour) {
  const nonce = newNonce()
  const response = authority.answer(encodeRequest({ digest, nonce }), behaviour)
  const anchors = readAnchors(authority.rootPem)
  return { response, expected: { digest, nonce, anchors, policy: testPolicy, nowMs: Date.now() } }
}

function codeOf(run: () => unknown): TimestampCode | null {
  try {
    run()
    return null
  } catch (e) {
    if (!(e instanceof TimestampError)) throw e
    return e.code
  }
}

const outcome = (options: AuthorityOptions, behaviour?: Behaviour): TimestampCode | null => {
  const { response, expected } = ask(createAuthority(options), behaviour)
  return codeOf(() => verifyResponse(response, expected))
}

describe('a good authority', () => {
  test.each<KeyKind>(['p256', 'p384', 'rsa3072', 'rsa4096', 'rsa3072-pss'])('is believed with a key %s', (key) => {
    const { response, expected } = ask(createAuthority({ key, intermediates: 2, rootKey: 'p384' }))
    const { token, timestamp } = verifyResponse(response, expected)
    expect(timestamp).toMatchObject({
      authority: 'Test authority, Test',
      policy: testPolicy,
      accuracyMs: 1100,
      qualified: false,
    })
    expect(Math.abs(timestamp.timeMs - Date.now())).toBeLessThan(60_000)
    expect(timestamp.serial).toMatch(/^[0-9a-f]+$/)
    expect(verifyToken(token, { ...expected, nonce: undefined, policy: undefined })).toEqual(timestamp)
  })

  test('may grant with modifications, name its certificate by SHA-1, declare its stamps qualified', () => {
    for (const behaviour of ['granted-with-mods', 'bound-by-sha1'] as const) {
      const { response, expected } = ask(shared, behaviour)
      expect(codeOf(() => verifyResponse(response, expected))).toBeNull()
    }
    const { response, expected } = ask(createAuthority({ qualified: true }))
    expect(verifyResponse(response, expected).timestamp.qualified).toBe(true)
  })

  test('is believed after its certificate ended, since the stamp is older', () => {
    const { response, expected } = ask(shared)
    const later = { ...expected, nowMs: Date.now() + 10 * year }
    expect(codeOf(() => verifyResponse(response, later))).toBeNull()
  })
})

describe('a lying authority', () => {
  test.each<[Behaviour, TimestampCode]>([
    ['wrong-imprint', 'wrong_imprint'],
    ['wrong-nonce', 'wrong_nonce'],
    ['no-nonce', 'wrong_nonce'],
    ['wrong-policy', 'wrong_policy'],
    ['wrong-time', 'wrong_time'],
    ['wrong-content', 'signed_attributes'],
    ['other-signer', 'bad_signature'],
    ['two-signers', 'signer_count'],
    ['not-bound', 'certificate_not_bound'],
    ['no-certificate', 'certificate_missing'],
    ['bad-signature', 'bad_signature'],
    ['rejected', 'not_granted'],
    ['no-token', 'not_a_timestamp'],
    ['garbage', 'unreadable'],
    ['truncated', 'unreadable'],
    ['trailing-bytes', 'trailing_bytes'],
    ['trailing-bytes-inside', 'trailing_bytes'],
  ])('%s is %s', (behaviour, code) => {
    const { response, expected } = ask(shared, behaviour)
    const found = codeOf(() => verifyResponse(response, expected))
    // Random bytes may begin like a short value, with the rest behind it.
    if (behaviour === 'garbage') expect(['unreadable', 'trailing_bytes', 'not_granted']).toContain(found)
    else expect(found).toBe(code)
  })

  const timeStamping = [OID.timeStamping]
  const clientAuth = '1.3.6.1.5.5.7.3.2'
  test.each<[string, AuthorityOptions, TimestampCode]>([
    ['an ended certificate', { certificate: { toMs: Date.now() - 1000 } }, 'certificate_expired'],
    ['a certificate of tomorrow', { certificate: { fromMs: Date.now() + year / 2 } }, 'certificate_expired'],
    ['an ended intermediate', { intermediates: 1, intermediate: { toMs: Date.now() - 1000 } }, 'certificate_expired'],
    [
      'a usage not critical',
      { certificate: { usage: { critical: false, purposes: timeStamping } } },
      'certificate_usage',
    ],
    ['another usage', { certificate: { usage: { critical: true, purposes: [clientAuth] } } }, 'certificate_usage'],
    [
      'a second usage',
      { certificate: { usage: { critical: true, purposes: [...timeStamping, clientAuth] } } },
      'certificate_usage',
    ],
    ['a key for encryption', { certificate: { keyUsage: 0x20 } }, 'certificate_usage'],
    ['a critical extension nobody knows', { certificate: { extra: [strangeExtension(true)] } }, 'untrusted'],
    ['an issuer that is none', { intermediates: 1, intermediate: { authority: false } }, 'untrusted'],
    ['an issuer of too few levels', { intermediates: 2, intermediate: { authority: 0 } }, 'untrusted'],
    ['an issuer whose key must not issue', { intermediates: 1, intermediate: { keyUsage: 0x80 } }, 'untrusted'],
    ['a short key', { key: 'rsa1024' }, 'weak_algorithm'],
    ['a kind of key not accepted', { key: 'ed25519' }, 'weak_algorithm'],
  ])('with %s is refused', (_, options, code) => {
    expect(outcome(options)).toBe(code)
  })

  test('of another root is not trusted', () => {
    const { response, expected } = ask(shared)
    const anchors = readAnchors(createAuthority().rootPem)
    expect(codeOf(() => verifyResponse(response, { ...expected, anchors }))).toBe('untrusted')
  })

  test('an extension that is not critical is no obstacle', () => {
    expect(outcome({ certificate: { extra: [strangeExtension(false)] } })).toBeNull()
  })
})

describe('damage', () => {
  const { response, expected } = ask(shared)
  const { token, timestamp } = verifyResponse(response, expected)
  const check = (bytes: Buffer) => verifyToken(bytes, { ...expected, nonce: undefined })

  test('never throws anything but a typed refusal', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => codeOf(() => check(Buffer.from(bytes))) !== null),
      { numRuns: 300 },
    )
    fc.assert(
      fc.property(
        fc.nat(token.length),
        (cut) => cut === token.length || codeOf(() => check(token.subarray(0, cut))) !== null,
      ),
      { numRuns: 300 },
    )
  })

  test('of a signed bit is found: what is accepted still says the same', () => {
    fc.assert(
      fc.property(fc.nat(token.length * 8 - 1), (bit) => {
        const bytes = Buffer.from(token)
        bytes[bit >> 3]! ^= 1 << (bit & 7)
        let said = null
        const code = codeOf(() => (said = check(bytes)))
        if (code === null) expect(said).toEqual(timestamp)
      }),
      { numRuns: 400 },
    )
  })
})

const hasOpenssl = spawnSync('openssl', ['version']).status === 0

describe.runIf(hasOpenssl)('openssl agrees', () => {
  const openssl = (files: Record<string, string | Buffer>, args: string[]) => {
    const folder = mkdtempSync(join(tmpdir(), 'verbale-ts-'))
    try {
      for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content)
      return spawnSync('openssl', args, { cwd: folder, encoding: 'utf8' })
    } finally {
      rmSync(folder, { recursive: true })
    }
  }
  const verified = (authority: TestAuthority, behaviour?: Behaviour): boolean => {
    const { response } = ask(authority, behaviour)
    const files = { 'data.txt': data, 'answer.tsr': response, 'root.pem': authority.rootPem }
    const args = ['ts', '-verify', '-data', 'data.txt', '-in', 'answer.tsr', '-CAfile', 'root.pem']
    return openssl(files, args).stdout.includes('Verification: OK')
  }

  test('on good stamps', () => {
    for (const key of ['p256', 'p384', 'rsa3072', 'rsa4096'] as const)
      expect([key, verified(createAuthority({ key, intermediates: 1 }))]).toEqual([key, true])
    expect(verified(shared, 'bound-by-sha1')).toBe(true)
  })

  test('on bad ones', () => {
    for (const behaviour of [
      'wrong-imprint',
      'other-signer',
      'two-signers',
      'not-bound',
      'bad-signature',
      'rejected',
    ] as const)
      expect([behaviour, verified(shared, behaviour)]).toEqual([behaviour, false])
    const usage = { critical: false, purposes: [OID.timeStamping] }
    expect(verified(createAuthority({ certificate: { usage } }))).toBe(false)
  })

  test('on what is asked', () => {
    const nonce = newNonce(() => randomBytes(8).fill(0xff))
    const request = encodeRequest({ digest, nonce, policy: '1.2.3' })
    const { stdout } = openssl({ 'q.tsq': request }, ['ts', '-query', '-in', 'q.tsq', '-text'])
    expect(stdout).toMatch(
      /Hash Algorithm: sha256[^]*Policy OID: 1\.2\.3[^]*Nonce: 0x7FFFFFFFFFFFFFFF[^]*Certificate required: yes/,
    )
  })
})

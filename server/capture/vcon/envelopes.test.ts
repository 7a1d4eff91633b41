import { generateKeyPairSync } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { type GeneralJWE, type GeneralJWS, GeneralEncrypt, GeneralSign } from 'jose'
import { buildVcon, encryptVcon, parseVcon, signVcon } from './index.ts'
import { identity, type Identity } from './testkit/certificates.ts'
import { bytesOf, codeOf, media, sample } from './testkit/samples.ts'

const vcon = buildVcon(sample)
const now = Date.UTC(2026, 2, 2)
let root: Identity
let issuer: Identity
let signer: Identity
let jws: GeneralJWS

beforeAll(async () => {
  root = identity({ common: 'Root', ca: true })
  issuer = identity({ common: 'Issuer', ca: true, issuer: root })
  signer = identity({ common: 'Signer', issuer })
  jws = await signVcon(vcon, { key: signer.key, x5c: [signer.certificate, issuer.certificate] })
})

const open = (json: unknown, options: Parameters<typeof parseVcon>[1] = {}) =>
  parseVcon(bytesOf(json), { now, ...options })
const anchored = () => ({ keys: { anchors: [root.certificate] } })

describe('signed vCons', () => {
  it('are opened, checked and reported', async () => {
    const back = await open(jws, anchored())
    expect(back).toMatchObject({ uuid: sample.uuid, signed: true, encrypted: false })
    expect(back.recordings[0]!.media).toEqual(media)
    expect(back.signatures).toMatchObject([
      { valid: true, algorithm: 'RS256', subject: 'CN=Signer', issuer: 'CN=Issuer', trusted: true, reason: null },
    ])
    expect(back.signatures[0]!.fingerprint).toMatch(/^[0-9a-f]{64}$/)
  })

  it('are trusted at the very anchor and below it, with or without it in the chain', async () => {
    for (const anchor of [root, issuer, signer])
      expect((await open(jws, { keys: { anchors: [anchor.certificate] } })).signatures[0]!.trusted).toBe(true)
    const whole = await signVcon(vcon, {
      key: signer.key,
      x5c: [signer.certificate, issuer.certificate, root.certificate],
    })
    expect((await open(whole, anchored())).signatures[0]!.trusted).toBe(true)
  })

  it('say why they are not trusted', async () => {
    const reason = async (json: unknown, at = now) =>
      (await open(json, { ...anchored(), now: at })).signatures[0]!.reason
    const stranger = identity({ common: 'Root', ca: true })
    const self = identity({ common: 'Self' })
    const noIssuer = identity({ common: 'Leaf', issuer: signer })
    expect((await open(jws)).signatures[0]!.reason).toBe('no_anchor')
    expect((await open(jws, { keys: { anchors: [stranger.certificate] } })).signatures[0]!.reason).toBe('no_anchor')
    expect(await reason(await signVcon(vcon, { key: self.key, x5c: [self.certificate] }))).toBe('no_anchor')
    expect(await reason(jws, Date.UTC(2050, 0, 1))).toBe('out_of_force')
    expect(await reason(await signVcon(vcon, { key: signer.key, x5c: [signer.certificate, self.certificate] }))).toBe(
      'chain_broken',
    )
    const below = await signVcon(vcon, {
      key: noIssuer.key,
      x5c: [noIssuer.certificate, signer.certificate, issuer.certificate],
    })
    expect(await reason(below)).toBe('not_an_issuer')
  })

  it.each(['ec', 'ed25519'] as const)('by %s keys', async (kind) => {
    const other = identity({ common: 'Other', kind, issuer: root })
    const back = await open(await signVcon(vcon, { key: other.key, x5c: [other.certificate] }), anchored())
    expect(back.signatures[0]).toMatchObject({ trusted: true, algorithm: kind === 'ec' ? 'ES256' : 'EdDSA' })
  })

  it('changed after signing are refused', async () => {
    const payload = Buffer.from(JSON.stringify({ ...vcon, subject: 'Something else' })).toString('base64url')
    expect(await codeOf(open({ ...jws, payload }))).toBe('vcon_signature_bad')
    const other = identity({ common: 'Signer' })
    const foreign = await signVcon(vcon, { key: other.key, x5c: [other.certificate] })
    const swapped = { ...jws, signatures: [{ ...jws.signatures[0], signature: foreign.signatures[0]!.signature }] }
    expect(await codeOf(open(swapped))).toBe('vcon_signature_bad')
    const one = jws.signatures[0]!
    expect(await codeOf(open({ ...jws, signatures: [one, { ...one, signature: 'AAAA' }] }))).toBe('vcon_signature_bad')
  })

  it('repeat their protected header outside, as the drafts do', async () => {
    const [one] = jws.signatures
    const inside = JSON.parse(Buffer.from(one!.protected!, 'base64url').toString()) as Record<string, unknown>
    expect((await open({ ...jws, signatures: [{ ...one, header: inside }] })).signed).toBe(true)
    const contradicting = { ...inside, alg: 'RS384' }
    expect(await codeOf(open({ ...jws, signatures: [{ ...one, header: contradicting }] }))).toBe('vcon_malformed')
  })

  it('carry their certificate in the open header', async () => {
    const x5c = [signer.certificate.raw.toString('base64')]
    const sign = new GeneralSign(bytesOf(vcon))
    sign.addSignature(signer.key).setProtectedHeader({ alg: 'PS256' }).setUnprotectedHeader({ x5c })
    expect((await open(await sign.sign())).signatures[0]).toMatchObject({ algorithm: 'PS256', subject: 'CN=Signer' })
  })

  it('with no public-key signature, no certificate, or a weak one are refused', async () => {
    const header = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const x5c = [signer.certificate.raw.toString('base64')]
    const weak = identity({ common: 'Weak', bits: 1024 })
    const cases = [
      { alg: 'none', x5c },
      { alg: 'HS256', x5c },
      { x5c },
      { alg: 'RS256' },
      { alg: 'RS256', x5u: 'https://example.com/cert.pem' },
      { alg: 'RS256', x5c: ['AAAA'] },
      { alg: 'ES256', x5c },
      { alg: 'RS256', x5c, crit: ['b64'], b64: false },
      { alg: 'RS256', x5c: [weak.certificate.raw.toString('base64')] },
    ]
    for (const protectedOne of cases)
      expect(
        await codeOf(
          open({ payload: jws.payload, signatures: [{ protected: header(protectedOne), signature: 'AAAA' }] }),
        ),
      ).toBe('vcon_signature_unsupported')
    for (const signatures of [[], 'x', [1], [{}], [{ signature: 'A', protected: '!' }]])
      expect(await codeOf(open({ payload: jws.payload, signatures }))).toBe('vcon_malformed')
  })

  it('signed again for the archive report both signatures', async () => {
    const archive = identity({ common: 'Archive', issuer: root })
    const again = new GeneralSign(bytesOf(jws))
    again
      .addSignature(archive.key)
      .setProtectedHeader({ alg: 'RS256', x5c: [archive.certificate.raw.toString('base64')] })
    const back = await open(await again.sign(), anchored())
    expect(back.signatures.map((s) => s.subject)).toEqual(['CN=Archive', 'CN=Signer'])
    let nested: unknown = vcon
    for (let i = 0; i < 6; i++)
      nested = await new GeneralSign(bytesOf(nested))
        .addSignature(archive.key)
        .setProtectedHeader({ alg: 'RS256', x5c: [archive.certificate.raw.toString('base64')] })
        .sign()
    expect(await codeOf(open(nested))).toBe('vcon_too_large')
  })

  it('are not made with a key and a certificate that do not fit', async () => {
    await expect(signVcon(vcon, { key: root.key, x5c: [signer.certificate] })).rejects.toMatchObject({
      code: 'vcon_signing_key',
    })
  })
})

describe('encrypted vCons', () => {
  const mine = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const other = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const curve = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  let jwe: GeneralJWE
  beforeAll(async () => {
    jwe = await encryptVcon(jws, mine.publicKey, sample.uuid)
  })

  it('are opened and their signature checked', async () => {
    const back = await open(jwe, {
      keys: { decrypt: [other.privateKey, curve.privateKey, mine.privateKey], anchors: [root.certificate] },
    })
    expect(back).toMatchObject({ uuid: sample.uuid, encrypted: true, signed: true, signatures: [{ trusted: true }] })
    expect(back.recordings[0]!.media).toEqual(media)
    expect(JSON.stringify(jwe)).not.toContain('Bruno')
  })

  it('for a key on a curve', async () => {
    const back = await open(await encryptVcon(jws, curve.publicKey, sample.uuid), {
      keys: { decrypt: [curve.privateKey] },
    })
    expect(back.encrypted).toBe(true)
  })

  it('repeat their headers, as the drafts do', async () => {
    const repeated = {
      ...jwe,
      recipients: [{ ...jwe.recipients[0], header: { enc: 'A256CBC-HS512' } }],
      unprotected: { ...jwe.unprotected, enc: 'A256CBC-HS512' },
    }
    expect((await open(repeated, { keys: { decrypt: [mine.privateKey] } })).encrypted).toBe(true)
  })

  it('say clearly which key is missing', async () => {
    expect(await codeOf(open(jwe))).toBe('vcon_key_missing')
    expect(await codeOf(open(jwe, { keys: { decrypt: [other.privateKey] } }))).toBe('vcon_key_wrong')
    const cut = { ...jwe, ciphertext: `${jwe.ciphertext.slice(0, -8)}AAAAAAAA` }
    expect(await codeOf(open(cut, { keys: { decrypt: [mine.privateKey] } }))).toBe('vcon_key_wrong')
  })

  it('with weak, compressed or malformed envelopes are refused', async () => {
    const header = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const keys = { keys: { decrypt: [mine.privateKey] } }
    for (const value of [
      { alg: 'RSA1_5', enc: 'A256GCM' },
      { alg: 'dir', enc: 'A256GCM' },
      { alg: 'RSA-OAEP' },
      { alg: 'RSA-OAEP', enc: 'A256GCM', zip: 'DEF' },
    ])
      expect(await codeOf(open({ ...jwe, protected: header(value) }, keys))).toBe('vcon_encryption_unsupported')
    for (const change of [{ recipients: [] }, { recipients: 'x' }, { protected: 5 }, { iv: 7 }, { recipients: [3] }])
      expect(await codeOf(open({ ...jwe, ...change }, keys))).toMatch(/vcon_(malformed|key_wrong)/)
  })

  it('for several recipients', async () => {
    const encrypt = new GeneralEncrypt(bytesOf(jws)).setProtectedHeader({ enc: 'A256GCM' })
    encrypt.addRecipient(other.publicKey).setUnprotectedHeader({ alg: 'RSA-OAEP-256' })
    encrypt.addRecipient(mine.publicKey).setUnprotectedHeader({ alg: 'RSA-OAEP-256' })
    expect((await open(await encrypt.encrypt(), { keys: { decrypt: [mine.privateKey] } })).signed).toBe(true)
  })
})

import { generateKeyPairSync, type KeyObject, randomBytes, sign, X509Certificate } from 'node:crypto'

/** Certificates made in the test, written as DER by hand: no openssl needed. */

const der = (tag: number, ...parts: Buffer[]): Buffer => {
  const body = Buffer.concat(parts)
  const length =
    body.length < 128
      ? Buffer.from([body.length])
      : body.length < 256
        ? Buffer.from([0x81, body.length])
        : Buffer.from([0x82, body.length >> 8, body.length & 255])
  return Buffer.concat([Buffer.from([tag]), length, body])
}
const sequence = (...parts: Buffer[]): Buffer => der(0x30, ...parts)
const oid = (hex: string): Buffer => der(0x06, Buffer.from(hex, 'hex'))
const name = (common: string): Buffer => sequence(der(0x31, sequence(oid('550403'), der(0x0c, Buffer.from(common)))))
const time = (at: Date): Buffer => der(0x18, Buffer.from(at.toISOString().replaceAll(/[-:T]|\.\d+/g, '')))

const algorithms: Record<string, Buffer> = {
  rsa: sequence(oid('2a864886f70d01010b'), der(0x05)),
  ec: sequence(oid('2a8648ce3d040302')),
  ed25519: sequence(oid('2b6570')),
}

export type Identity = { key: KeyObject; publicKey: KeyObject; certificate: X509Certificate; common: string }

export type IdentitySpec = {
  common: string
  kind?: 'rsa' | 'ec' | 'ed25519'
  bits?: number
  issuer?: Identity
  ca?: boolean
  from?: Date
  to?: Date
}

/** Makes a key and a certificate for it, self-signed without `issuer`. */
export function identity(spec: IdentitySpec): Identity {
  const { common, kind = 'rsa', issuer, ca = false } = spec
  const pair =
    kind === 'rsa'
      ? generateKeyPairSync('rsa', { modulusLength: spec.bits ?? 2048 })
      : kind === 'ec'
        ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
        : generateKeyPairSync('ed25519')
  const signer = issuer?.key ?? pair.privateKey
  const algorithm = algorithms[signer.asymmetricKeyType!]!
  const constraints = sequence(ca ? der(0x01, Buffer.from([0xff])) : Buffer.alloc(0))
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    algorithm,
    name(issuer?.common ?? common),
    sequence(time(spec.from ?? new Date('2020-01-01')), time(spec.to ?? new Date('2040-01-01'))),
    name(common),
    pair.publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(sequence(oid('551d13'), der(0x01, Buffer.from([0xff])), der(0x04, constraints)))),
  )
  const signature = sign(signer.asymmetricKeyType === 'ed25519' ? null : 'sha256', body, signer)
  const certificate = new X509Certificate(sequence(body, algorithm, der(0x03, Buffer.from([0]), signature)))
  return { key: pair.privateKey, publicKey: pair.publicKey, certificate, common }
}

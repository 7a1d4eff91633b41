import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { OID } from '../asn1.ts'
import { bits, boolean, context, integer, none, octets, oid, sequence, setOf, utcTime, utf8 } from './der.ts'

/** Key kinds a real authority uses, with the hash that goes with them. */
export type KeyKind = 'p256' | 'p384' | 'rsa3072' | 'rsa4096' | 'rsa3072-pss' | 'rsa1024' | 'ed25519'

export type Signer = { kind: KeyKind; privateKey: KeyObject; publicKey: KeyObject }

export function newSigner(kind: KeyKind): Signer {
  const curve = { p256: 'prime256v1', p384: 'secp384r1' }[kind as string]
  const pair = curve
    ? generateKeyPairSync('ec', { namedCurve: curve })
    : kind === 'ed25519'
      ? generateKeyPairSync('ed25519')
      : generateKeyPairSync('rsa', { modulusLength: Number(/\d+/.exec(kind)![0]) })
  return { kind, ...pair }
}

export const hashOf = (kind: KeyKind): 'sha256' | 'sha384' | 'sha512' =>
  kind === 'p384' ? 'sha384' : kind === 'rsa4096' ? 'sha512' : 'sha256'

/** AlgorithmIdentifier of the signatures a key makes. */
export function signatureAlgorithm(kind: KeyKind): Buffer {
  if (kind === 'ed25519') return sequence(oid('1.3.101.112'))
  if (kind === 'p256') return sequence(oid('1.2.840.10045.4.3.2'))
  if (kind === 'p384') return sequence(oid('1.2.840.10045.4.3.3'))
  if (kind === 'rsa4096') return sequence(oid('1.2.840.113549.1.1.13'), none())
  if (kind !== 'rsa3072-pss') return sequence(oid('1.2.840.113549.1.1.11'), none())
  const hash = sequence(oid(OID.sha256), none())
  const mask = sequence(oid('1.2.840.113549.1.1.8'), hash)
  return sequence(oid(OID.rsaPss), sequence(context(0, hash), context(1, mask), context(2, integer(32))))
}

export function signBytes({ kind, privateKey }: Signer, bytes: Buffer): Buffer {
  if (kind === 'ed25519') return sign(null, bytes, privateKey)
  // RSA_PKCS1_PSS_PADDING is 6.
  if (kind === 'rsa3072-pss') return sign('sha256', bytes, { key: privateKey, padding: 6, saltLength: 32 })
  return sign(hashOf(kind), bytes, privateKey)
}

export const nameDer = (name: string): Buffer => {
  const part = (type: string, text: string): Buffer => setOf(sequence(oid(type), utf8(text)))
  return sequence(part(OID.organization, 'Test'), part(OID.commonName, name))
}

/** How a certificate may differ from a good one of an authority. */
export type CertificateOptions = {
  name: string
  fromMs: number
  toMs: number
  /** A certification authority; with a number, of so many levels below it. */
  authority?: boolean | number
  usage?: { critical: boolean; purposes: string[] }
  /** First byte of KeyUsage. */
  keyUsage?: number
  extra?: Buffer[]
}

export type Issued = { der: Buffer; serial: Buffer; issuer: string; name: string; signer: Signer }

const extension = (id: string, critical: boolean, content: Buffer): Buffer =>
  sequence(oid(id), ...(critical ? [boolean(true)] : []), octets(content))

/** An extension nobody understands. */
export const strangeExtension = (critical: boolean): Buffer => extension('1.3.6.1.4.1.99999.7', critical, none())

/** Issues a certificate; without `issuer` it signs itself. */
export function issue(signer: Signer, options: CertificateOptions, issuer?: Issued): Issued {
  const by = issuer?.signer ?? signer
  const serial = Buffer.concat([Buffer.of(1), randomBytes(8)])
  const issuerName = issuer?.name ?? options.name
  const key = signer.publicKey.export({ type: 'spki', format: 'der' })
  const body = sequence(
    context(0, integer(2)),
    integer(serial),
    signatureAlgorithm(by.kind),
    nameDer(issuerName),
    sequence(utcTime(options.fromMs), utcTime(options.toMs)),
    nameDer(options.name),
    key,
    context(3, sequence(...extensionsOf(options, key))),
  )
  const der = sequence(body, signatureAlgorithm(by.kind), bits(signBytes(by, body)))
  return { der, serial, issuer: issuerName, name: options.name, signer }
}

function extensionsOf(options: CertificateOptions, key: Buffer): Buffer[] {
  const { authority = false, usage, keyUsage = authority === false ? 0x80 : 0x06 } = options
  const levels = typeof authority === 'number' ? [integer(authority)] : []
  const constraints = authority === false ? sequence() : sequence(boolean(true), ...levels)
  const keyId = createHash('sha1').update(key).digest()
  return [
    extension(OID.basicConstraints, true, constraints),
    extension(OID.keyUsage, true, bits(Buffer.of(keyUsage), keyUsage & 0x3f ? 1 : 6)),
    extension('2.5.29.14', false, octets(keyId)),
    ...(usage ? [extension(OID.extendedKeyUsage, usage.critical, sequence(...usage.purposes.map(oid)))] : []),
    ...(options.extra ?? []),
  ]
}

export const pemOf = (der: Buffer): string =>
  `-----BEGIN CERTIFICATE-----\n${der.toString('base64').replace(/.{64}(?=.)/g, '$&\n')}\n-----END CERTIFICATE-----\n`

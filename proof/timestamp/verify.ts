import { createHash } from 'node:crypto'
import * as asn1js from 'asn1js'
import * as pkijs from 'pkijs'
import { contentOf, membersOf, OID, oidOf } from './asn1.ts'
import {
  type Certificate,
  demandChain,
  demandTimestampUsage,
  nameOf,
  publicKeyOf,
  readCertificate,
} from './certificate.ts'
import { demand, reading } from './error.ts'
import { demandSignature, HASHES } from './signature.ts'
import { readToken, type Token, type TokenInfo, tokenOfResponse } from './token.ts'

export type { Certificate } from './certificate.ts'

/** What a token must say to be believed. */
export type Expected = {
  /** SHA-256 of what was stamped. */
  digest: Buffer
  /** The request's nonce, when this is the answer to one. */
  nonce?: Buffer | undefined
  /** Object identifier of the one policy accepted. */
  policy?: string | undefined
  /** Whom to believe, from outside (`readAnchors`). */
  anchors: Certificate[]
  /** The reader's clock, ms since the epoch. */
  nowMs: number
}

/** What a believed token says. */
export type Timestamp = {
  /** ms since the epoch. */
  timeMs: number
  accuracyMs: number | null
  policy: string
  authority: string
  /** Hexadecimal. */
  serial: string
  /** When the authority's certificate ends, ms: renew the stamp before. */
  certificateEndMs: number
  /** The authority declares it qualified; whether it may is in the trusted list of its country, not here. */
  qualified: boolean
}

/** No time stamp protocol existed before RFC 3161 (August 2001). */
const earliestMs = Date.UTC(2001, 7, 1)
/** A stamp from the future by more than this is refused: some clock is wrong. */
const maxAheadMs = 300_000
const maxCertificates = 20

/** Checks the answer to a request and gives its token. Throws TimestampError. */
export function verifyResponse(response: Buffer, expected: Expected): { token: Buffer; timestamp: Timestamp } {
  const token = tokenOfResponse(response)
  return { token, timestamp: verifyToken(token, expected) }
}

/**
 * Checks a token strictly: RFC 3161 §2.2 and §2.4.2, RFC 5652 §5.6, RFC 5816, chain valid at the token's own time (a token
 * outlives its authority's certificate). Revocation is not checked. Throws TimestampError, and nothing else.
 */
export function verifyToken(bytes: Buffer, expected: Expected): Timestamp {
  return reading('the token', () => {
    const token = readToken(bytes)
    demandInfo(token.info, expected)
    const certificates = reading('the certificates', () =>
      token.certificates.slice(0, maxCertificates).map(readCertificate),
    )
    const authority = signerAmong(certificates, token.signer)
    demandSigned(token, authority)
    demandTimestampUsage(authority)
    demandChain(authority, { pool: certificates, anchors: expected.anchors, atMs: token.info.timeMs })
    const { timeMs, accuracyMs, policy, serial, qualified } = token.info
    const certificateEndMs = authority.toMs
    return { timeMs, accuracyMs, policy, authority: nameOf(authority), serial, certificateEndMs, qualified }
  })
}

function demandInfo(info: TokenInfo, expected: Expected): void {
  const same = info.imprint.algorithm === OID.sha256 && info.imprint.digest.equals(expected.digest)
  demand(same, 'wrong_imprint', 'the stamp is over something else')
  if (expected.nonce)
    demand(info.nonce === positive(expected.nonce), 'wrong_nonce', 'the stamp answers another request')
  if (expected.policy !== undefined)
    demand(info.policy === expected.policy, 'wrong_policy', `the stamp follows policy ${info.policy}`)
  const sane = info.timeMs >= earliestMs && info.timeMs <= expected.nowMs + maxAheadMs
  demand(sane, 'wrong_time', `the stamp claims ${new Date(info.timeMs).toISOString()}, which cannot be`)
}

const positive = (bytes: Buffer): bigint => BigInt(`0x${bytes.toString('hex')}`)

/** The certificate the signer names by issuer and serial number. */
function signerAmong(certificates: Certificate[], { sid }: pkijs.SignerInfo): Certificate {
  const found = certificates.find(
    ({ parsed }) =>
      sid instanceof pkijs.IssuerAndSerialNumber &&
      parsed.issuer.isEqual(sid.issuer) &&
      parsed.serialNumber.isEqual(sid.serialNumber),
  )
  demand(found !== undefined, 'certificate_missing', "the authority's certificate is not in the token")
  return found
}

/** The signed attributes bind content, kind and certificate; the signature is over all of them (RFC 5652 §5.4). */
function demandSigned({ content, signer }: Token, authority: Certificate): void {
  const hash = HASHES[signer.digestAlgorithm.algorithmId]
  demand(hash !== undefined, 'weak_algorithm', 'the content is hashed with a weak algorithm')
  const kind = oidOf(attribute(signer, OID.contentType))
  demand(kind === OID.timestampInfo, 'signed_attributes', 'the signature names another kind of content')
  const digest = contentOf(attribute(signer, OID.messageDigest))
  const same = digest.equals(createHash(hash).update(content).digest())
  demand(same, 'signed_attributes', 'the signature is over other content')
  demandBinding(signer, authority)
  const attributes = signer.signedAttrs
  demand(attributes !== undefined, 'signed_attributes', 'nothing is signed')
  const signed = Buffer.from(attributes.encodedValue)
  // Signed as a SET OF, sent with an implicit tag.
  signed[0] = 0x31
  const bytes = contentOf(signer.signature)
  demandSignature(publicKeyOf(authority.x509), { algorithm: signer.signatureAlgorithm, hash, signed, bytes })
}

/** The one value of a signed attribute that must be there once. */
function attribute(signer: pkijs.SignerInfo, type: string): asn1js.AsnType {
  const found = attributesOf(signer, type)
  demand(found.length === 1, 'signed_attributes', `there must be one signed attribute ${type}, not ${found.length}`)
  const values = found[0]!.values as asn1js.AsnType[]
  demand(values.length === 1, 'signed_attributes', `the signed attribute ${type} must have one value`)
  return values[0]!
}

const attributesOf = (signer: pkijs.SignerInfo, type: string): pkijs.Attribute[] =>
  (signer.signedAttrs?.attributes ?? []).filter((a) => a.type === type)

/**
 * ESSCertIDv2 (RFC 5035 §4) or, when there is none, ESSCertID: the signed attributes name the certificate by its hash, so that
 * no other one with the same key can be put in its place. Where both are present, both must match.
 */
function demandBinding(signer: pkijs.SignerInfo, authority: Certificate): void {
  const types = [OID.signingCertificateV2, OID.signingCertificate].filter((t) => attributesOf(signer, t).length > 0)
  demand(types.length > 0, 'certificate_not_bound', 'the signature does not name its certificate')
  for (const type of types) {
    const [identifier] = membersOf(membersOf(attribute(signer, type))[0])
    const same = identifies(membersOf(identifier), authority, type === OID.signingCertificate ? 'sha1' : 'sha256')
    demand(same, 'certificate_not_bound', 'the signature names another certificate')
  }
}

/** `ESSCertIDv2 ::= SEQUENCE { hashAlgorithm DEFAULT sha256, certHash, issuerSerial OPTIONAL }`; version 1 has no algorithm. */
function identifies(fields: asn1js.AsnType[], { x509, parsed }: Certificate, standard: 'sha1' | 'sha256'): boolean {
  const named = fields[0] instanceof asn1js.Sequence && standard === 'sha256'
  const hash = named ? HASHES[oidOf(membersOf(fields[0])[0])] : standard
  const [digest, issuerSerial] = named ? fields.slice(1) : fields
  if (hash === undefined || !createHash(hash).update(x509.raw).digest().equals(contentOf(digest))) return false
  return issuerSerial === undefined || contentOf(membersOf(issuerSerial)[1]).equals(contentOf(parsed.serialNumber))
}

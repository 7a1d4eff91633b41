import { type KeyObject, X509Certificate } from 'node:crypto'
import * as pkijs from 'pkijs'
import { contentOf, OID, readValue } from './asn1.ts'
import { demand, reading, TimestampError } from './error.ts'
import { isStrong, SIGNATURES } from './signature.ts'

/** A certificate seen by both libraries: OpenSSL checks signatures and names, pkijs reads the extensions. */
export type Certificate = { x509: X509Certificate; parsed: pkijs.Certificate; fromMs: number; toMs: number }

/** Certificates a chain may have above the authority's own. */
const maxIssuers = 6
/** Extensions whose meaning is checked here; a critical one not among them refuses the chain (RFC 5280 §4.2). */
const understood: readonly string[] = [
  OID.basicConstraints,
  OID.keyUsage,
  OID.extendedKeyUsage,
  OID.certificatePolicies,
]

/** Reads one certificate. Throws TimestampError `unreadable`. */
export function readCertificate(der: Buffer): Certificate {
  return reading('a certificate', () => {
    const x509 = new X509Certificate(der)
    const parsed = new pkijs.Certificate({ schema: readValue(x509.raw, 'a certificate') })
    return { x509, parsed, fromMs: Date.parse(x509.validFrom), toMs: Date.parse(x509.validTo) }
  })
}

/** The certificates of a PEM text: whom to believe. Throws TimestampError `unreadable`, also when there is none. */
export function readAnchors(pem: string): Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? []
  demand(blocks.length > 0, 'unreadable', 'there is no PEM certificate')
  return blocks.map((block) => readCertificate(reading('a certificate', () => new X509Certificate(block).raw)))
}

/** Whether a certificate may sign time stamps and nothing else (RFC 3161 §2.3). Throws TimestampError `certificate_usage`. */
export function demandTimestampUsage({ parsed }: Certificate): void {
  const refuse = (what: string): never => {
    throw new TimestampError('certificate_usage', `the authority's certificate ${what}`)
  }
  const usage = extension(parsed, OID.extendedKeyUsage)
  if (!usage) return refuse('is not one for time stamps')
  const { keyPurposes = [] } = (usage.parsedValue ?? {}) as Partial<pkijs.ExtKeyUsage>
  if (keyPurposes.length !== 1 || keyPurposes[0] !== OID.timeStamping) refuse('is not for time stamps alone')
  if (!usage.critical) refuse('does not bind readers to its use (the usage is not critical)')
  const bits = keyUsageBits(parsed)
  // digitalSignature and contentCommitment are the first two bits.
  if (bits !== null && ((bits & 0xc0) === 0 || (bits & 0x3f) !== 0)) refuse('has a key for other uses')
  if (constraintsOf(parsed)?.cA) refuse('is one of a certification authority')
}

/**
 * Demands a chain from `leaf` through `pool` to one of `anchors`, every certificate valid at `atMs`.
 * Throws TimestampError `untrusted`, `certificate_expired`, `weak_algorithm`.
 */
export function demandChain(
  leaf: Certificate,
  chain: { pool: Certificate[]; anchors: Certificate[]; atMs: number },
): void {
  const { pool, anchors, atMs } = chain
  let expired = false
  // Each certificate is tried once: certificates that vouch for each other in circles cost no more than others.
  const tried = new Set<string>()
  const climb = (current: Certificate, above: number): boolean => {
    if (tried.has(current.x509.fingerprint256)) return false
    tried.add(current.x509.fingerprint256)
    if (!validAt(current, atMs)) expired = true
    if (!validAt(current, atMs)) return false
    if (anchors.some((anchor) => anchor.x509.raw.equals(current.x509.raw))) return true
    demandSound(current)
    if (above >= maxIssuers) return false
    const issuers = [...anchors, ...pool].filter((issuer) => issued(issuer, current, above))
    return issuers.some((issuer) => climb(issuer, above + 1))
  }
  if (climb(leaf, 0)) return
  if (expired) throw new TimestampError('certificate_expired', 'a certificate was not valid at that time')
  throw new TimestampError('untrusted', 'the chain does not reach an authority that is trusted here')
}

const validAt = ({ fromMs, toMs }: Certificate, atMs: number): boolean => fromMs <= atMs && atMs <= toMs

/** Whether `issuer` may have signed a certificate with `below` others under it, and did. */
function issued(issuer: Certificate, subject: Certificate, below: number): boolean {
  if (issuer.x509.raw.equals(subject.x509.raw) || !subject.x509.checkIssued(issuer.x509)) return false
  const constraints = constraintsOf(issuer.parsed)
  if (!constraints?.cA) return false
  const { pathLenConstraint } = constraints
  if (pathLenConstraint !== undefined && Number(pathLenConstraint) < below) return false
  const bits = keyUsageBits(issuer.parsed)
  if (bits !== null && (bits & 0x04) === 0) return false
  return reading('a certificate', () => subject.x509.verify(issuer.x509.publicKey))
}

/** What holds of every certificate below the anchor: understood, signed with a sound hash, with a key of sound size. */
function demandSound({ x509, parsed }: Certificate): void {
  const { algorithmId } = parsed.signatureAlgorithm
  const known = SIGNATURES[algorithmId] !== undefined || algorithmId === OID.rsaPss
  demand(known && isStrong(publicKeyOf(x509)), 'weak_algorithm', 'a certificate is signed with a weak algorithm')
  const strange = (parsed.extensions ?? []).find((e) => e.critical && !understood.includes(e.extnID))
  demand(
    strange === undefined,
    'untrusted',
    `a certificate has a critical extension not understood: ${strange?.extnID}`,
  )
}

export const publicKeyOf = (x509: X509Certificate): KeyObject => reading('a key', () => x509.publicKey)

/** Who the certificate was made out to: common name and organisation. */
export function nameOf({ parsed }: Certificate): string {
  const part = (oid: string): string | undefined =>
    parsed.subject.typesAndValues.find((t) => t.type === oid)?.value.getValue()
  const [name, organization] = [part(OID.commonName), part(OID.organization)]
  return [name, organization].filter((text) => text !== undefined && text !== '').join(', ')
}

const extension = (parsed: pkijs.Certificate, oid: string): pkijs.Extension | undefined =>
  parsed.extensions?.find((e) => e.extnID === oid)

const constraintsOf = (parsed: pkijs.Certificate): pkijs.BasicConstraints | undefined =>
  extension(parsed, OID.basicConstraints)?.parsedValue as pkijs.BasicConstraints | undefined

/** The first eight bits of KeyUsage, digitalSignature highest; null without the extension: any use. */
function keyUsageBits(parsed: pkijs.Certificate): number | null {
  const usage = extension(parsed, OID.keyUsage)
  return usage ? (contentOf(usage.parsedValue as never)[0] ?? 0) : null
}

import { X509Certificate } from 'node:crypto'
import { signatureUnsupported } from './problems.ts'
import type { SignatureReport } from './types.ts'

const MAX_CHAIN = 10

/** Reads `x5c`: base64 DER, signer first (RFC 7515 §4.1.6). @throws Problem `vcon_signature_unsupported` */
export function readChain(x5c: unknown): [X509Certificate, ...X509Certificate[]] {
  if (!Array.isArray(x5c) || x5c.length === 0)
    throw signatureUnsupported('it carries no certificate (x5c); certificates elsewhere (x5u) are not fetched')
  if (x5c.length > MAX_CHAIN) throw signatureUnsupported('its certificate chain is too long')
  try {
    const chain = x5c.map((entry: unknown) => new X509Certificate(Buffer.from(String(entry), 'base64')))
    return chain as [X509Certificate, ...X509Certificate[]]
  } catch {
    throw signatureUnsupported('its certificate is malformed')
  }
}

const inForce = (certificate: X509Certificate, now: number): boolean =>
  Date.parse(certificate.validFrom) <= now && now <= Date.parse(certificate.validTo)

const issued = (certificate: X509Certificate, issuer: X509Certificate): boolean =>
  certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey)

/** Follows the chain to an anchor. Null: it ends at one and everything on the way is in force. */
function distrust(chain: X509Certificate[], anchors: X509Certificate[], now: number): SignatureReport['reason'] {
  for (const [i, certificate] of chain.entries()) {
    if (!inForce(certificate, now)) return 'out_of_force'
    if (i > 0 && !certificate.ca) return 'not_an_issuer'
    if (anchors.some((anchor) => anchor.fingerprint256 === certificate.fingerprint256)) return null
    const anchor = anchors.find((a) => issued(certificate, a))
    if (anchor) return !anchor.ca ? 'not_an_issuer' : inForce(anchor, now) ? null : 'out_of_force'
    const next = chain[i + 1]
    if (next && !issued(certificate, next)) return 'chain_broken'
  }
  return 'no_anchor'
}

/** Says who signed and whether the chain ends at a configured anchor. */
export function reportSigner(
  chain: [X509Certificate, ...X509Certificate[]],
  algorithm: string,
  anchors: X509Certificate[],
  now: number,
): SignatureReport {
  const signer = chain[0]
  const reason = distrust(chain, anchors, now)
  return {
    valid: true,
    algorithm,
    subject: signer.subject,
    issuer: signer.issuer,
    fingerprint: signer.fingerprint256.replaceAll(':', '').toLowerCase(),
    validFrom: new Date(signer.validFrom),
    validTo: new Date(signer.validTo),
    trusted: reason === null,
    reason,
  }
}

import type { KeyObject, X509Certificate } from 'node:crypto'
import { GeneralEncrypt, type GeneralJWE, type GeneralJWS, GeneralSign } from 'jose'
import { Problem } from '../../platform/problem.ts'
import type { JsonObject } from './json.ts'

/** A signer: the private key and its certificate with the chain above it, the signer's first. */
export type VconSigner = { key: KeyObject; x5c: [X509Certificate, ...X509Certificate[]] }

const curves: Record<string, string> = { prime256v1: 'ES256', secp384r1: 'ES384', secp521r1: 'ES512' }

function algorithmFor(key: KeyObject): string {
  if (key.asymmetricKeyType === 'rsa') return 'RS256'
  if (key.asymmetricKeyType === 'ed25519') return 'EdDSA'
  const algorithm = key.asymmetricKeyType === 'ec' ? curves[key.asymmetricKeyDetails?.namedCurve ?? ''] : undefined
  if (algorithm) return algorithm
  throw new Problem('vcon_signing_key', 500, 'The key to sign vCons with must be RSA, P-256, P-384, P-521 or Ed25519.')
}

/**
 * Signs a vCon (General JWS JSON). The certificates and the vCon's uuid travel in the protected header.
 * @throws Problem `vcon_signing_key` when key and certificate do not belong together
 */
export async function signVcon(vcon: JsonObject, signer: VconSigner): Promise<GeneralJWS> {
  if (!signer.x5c[0].checkPrivateKey(signer.key))
    throw new Problem('vcon_signing_key', 500, 'The key to sign vCons with and its certificate do not belong together.')
  const jws = new GeneralSign(Buffer.from(JSON.stringify(vcon)))
  jws.addSignature(signer.key).setProtectedHeader({
    alg: algorithmFor(signer.key),
    x5c: signer.x5c.map((certificate) => certificate.raw.toString('base64')),
    uuid: String(vcon['uuid']),
  })
  return jws.sign()
}

/** Encrypts a signed vCon (General JWE JSON, A256CBC-HS512): RSA keys by RSA-OAEP, others by ECDH-ES. Sign first. */
export async function encryptVcon(jws: GeneralJWS, recipient: KeyObject, uuid: string): Promise<GeneralJWE> {
  const rsa = recipient.asymmetricKeyType === 'rsa'
  return new GeneralEncrypt(Buffer.from(JSON.stringify(jws)))
    .setProtectedHeader({ alg: rsa ? 'RSA-OAEP' : 'ECDH-ES+A256KW', enc: 'A256CBC-HS512' })
    .setSharedUnprotectedHeader({ cty: 'application/vcon+json', uuid })
    .addRecipient(recipient)
    .encrypt()
}

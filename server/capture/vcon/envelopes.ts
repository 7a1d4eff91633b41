import {
  errors,
  flattenedVerify,
  generalDecrypt,
  type FlattenedJWSInput,
  type GeneralJWE,
  type JWEHeaderParameters,
} from 'jose'
import { isDeepStrictEqual } from 'node:util'
import { readChain, reportSigner } from './certificates.ts'
import { isObject, type JsonObject } from './json.ts'
import {
  encryptionUnsupported,
  keyMissing,
  keyWrong,
  malformed,
  signatureBad,
  signatureUnsupported,
} from './problems.ts'
import type { SignatureReport, VconKeys } from './types.ts'

const signatureAlgorithms = 'RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519'.split(' ')
const keyAlgorithms = (
  'RSA-OAEP RSA-OAEP-256 RSA-OAEP-384 RSA-OAEP-512 ' + 'ECDH-ES ECDH-ES+A128KW ECDH-ES+A192KW ECDH-ES+A256KW'
).split(' ')
const contentAlgorithms = ['A128CBC-HS256', 'A192CBC-HS384', 'A256CBC-HS512', 'A128GCM', 'A192GCM', 'A256GCM']

const MAX_SIGNATURES = 10

export const isSigned = (json: JsonObject): boolean =>
  'payload' in json && ('signatures' in json || 'signature' in json)
export const isEncrypted = (json: JsonObject): boolean => 'ciphertext' in json

function protectedHeader(value: unknown): JsonObject {
  if (value === undefined) return {}
  if (typeof value !== 'string') throw malformed('a protected header')
  try {
    const header: unknown = JSON.parse(Buffer.from(value, 'base64url').toString('utf8'))
    if (isObject(header)) return header
  } catch {
    // Refused below.
  }
  throw malformed('a protected header')
}

/**
 * Removes from an unprotected header what the protected one says too. RFC 7515 §7.2.1 wants the two disjoint, but the
 * examples of the vCon drafts repeat them. A value that differs is refused: readers would disagree.
 */
function withoutRepeats(header: unknown, protectedOne: JsonObject): JsonObject | undefined {
  if (header === undefined) return undefined
  if (!isObject(header)) throw malformed('a header')
  const rest: JsonObject = {}
  for (const [name, value] of Object.entries(header)) {
    if (!Object.hasOwn(protectedOne, name)) rest[name] = value
    else if (!isDeepStrictEqual(value, protectedOne[name])) throw malformed('two headers that contradict each other')
  }
  return rest
}

/**
 * Checks every signature of a JWS (RFC 7515 §7.2) with the certificate it carries.
 * @throws Problem `vcon_signature_bad` (any one wrong), `vcon_signature_unsupported`, `vcon_malformed`
 */
export async function openSigned(
  json: JsonObject,
  keys: VconKeys,
  now: number,
): Promise<{ payload: Buffer; reports: SignatureReport[] }> {
  if (typeof json['payload'] !== 'string') throw malformed('the payload of its signature')
  const list: unknown = json['signatures'] ?? [json]
  if (!Array.isArray(list) || list.length === 0 || list.length > MAX_SIGNATURES)
    throw malformed('its list of signatures')
  const reports: SignatureReport[] = []
  for (const entry of list as unknown[]) {
    if (!isObject(entry) || typeof entry['signature'] !== 'string') throw malformed('a signature')
    reports.push(await checkOne(json['payload'], entry, keys, now))
  }
  return { payload: Buffer.from(json['payload'], 'base64url'), reports }
}

async function checkOne(payload: string, entry: JsonObject, keys: VconKeys, now: number): Promise<SignatureReport> {
  const inside = protectedHeader(entry['protected'])
  const header = withoutRepeats(entry['header'], inside)
  const joined = { ...header, ...inside }
  const algorithm = joined['alg']
  if (typeof algorithm !== 'string' || !signatureAlgorithms.includes(algorithm))
    throw signatureUnsupported('its algorithm is not one of the public-key ones')
  // None is in use for vCons; `b64` would change what the payload is (RFC 7797).
  if (joined['crit'] !== undefined || joined['b64'] !== undefined) throw signatureUnsupported('it has critical headers')
  const chain = readChain(joined['x5c'])
  const jws = { payload, signature: entry['signature'], ...(header && { header }) } as FlattenedJWSInput
  if (typeof entry['protected'] === 'string') jws.protected = entry['protected']
  try {
    await flattenedVerify(jws, chain[0].publicKey, { algorithms: signatureAlgorithms })
  } catch (e) {
    if (e instanceof errors.JWSSignatureVerificationFailed) throw signatureBad()
    // Key of another kind, or too short.
    throw signatureUnsupported('its certificate and algorithm do not fit, or are too weak')
  }
  return reportSigner(chain, algorithm, keys.anchors ?? [], now)
}

/**
 * Opens a JWE (RFC 7516 §7.2) with the first configured key that fits.
 * @throws Problem `vcon_key_missing`, `vcon_key_wrong`, `vcon_encryption_unsupported`, `vcon_malformed`
 */
export async function openEncrypted(json: JsonObject, keys: VconKeys): Promise<Buffer> {
  const inside = protectedHeader(json['protected'])
  const shared = withoutRepeats(json['unprotected'], inside)
  const recipients: unknown = json['recipients'] ?? [{ header: json['header'], encrypted_key: json['encrypted_key'] }]
  if (!Array.isArray(recipients) || recipients.length === 0 || recipients.length > 100)
    throw malformed('its recipients')
  const list = (recipients as unknown[]).map((recipient) => {
    if (!isObject(recipient)) throw malformed('a recipient')
    const header = withoutRepeats(recipient['header'], { ...shared, ...inside })
    checkAlgorithms({ ...header, ...shared, ...inside })
    return { ...(header && { header }), encrypted_key: recipient['encrypted_key'] }
  })
  if (!keys.decrypt?.length) throw keyMissing()
  const { ciphertext, iv, tag, aad } = json
  const jwe = {
    ciphertext,
    iv,
    tag,
    recipients: list,
    ...(aad !== undefined && { aad }),
    ...(json['protected'] !== undefined && { protected: json['protected'] }),
    ...(shared && Object.keys(shared).length > 0 && { unprotected: shared as JWEHeaderParameters }),
  } as GeneralJWE
  const options = { keyManagementAlgorithms: keyAlgorithms, contentEncryptionAlgorithms: contentAlgorithms }
  for (const key of keys.decrypt) {
    try {
      return Buffer.from((await generalDecrypt(jwe, key, options)).plaintext)
    } catch (e) {
      if (e instanceof errors.JWEInvalid) throw malformed('its encryption envelope')
      // Another key may fit.
    }
  }
  throw keyWrong()
}

function checkAlgorithms(header: JsonObject): void {
  if (header['zip'] !== undefined) throw encryptionUnsupported('it is compressed')
  if (typeof header['alg'] !== 'string' || !keyAlgorithms.includes(header['alg']))
    throw encryptionUnsupported('its key algorithm')
  if (typeof header['enc'] !== 'string' || !contentAlgorithms.includes(header['enc']))
    throw encryptionUnsupported('its content algorithm')
}

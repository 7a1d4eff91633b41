import { constants, type KeyObject, verify } from 'node:crypto'
import * as pkijs from 'pkijs'
import { OID } from './asn1.ts'
import { demand, reading } from './error.ts'

export type HashName = 'sha256' | 'sha384' | 'sha512'

/** Hash algorithms by object identifier. SHA-1 is not one of them. */
export const HASHES: Readonly<Record<string, HashName>> = {
  [OID.sha256]: 'sha256',
  [OID.sha384]: 'sha384',
  [OID.sha512]: 'sha512',
}

/** Signature algorithms that name their hash (RFC 5754): key type and hash. */
export const SIGNATURES: Readonly<Record<string, { key: 'ec' | 'rsa'; hash: HashName }>> = {
  '1.2.840.10045.4.3.2': { key: 'ec', hash: 'sha256' },
  '1.2.840.10045.4.3.3': { key: 'ec', hash: 'sha384' },
  '1.2.840.10045.4.3.4': { key: 'ec', hash: 'sha512' },
  '1.2.840.113549.1.1.11': { key: 'rsa', hash: 'sha256' },
  '1.2.840.113549.1.1.12': { key: 'rsa', hash: 'sha384' },
  '1.2.840.113549.1.1.13': { key: 'rsa', hash: 'sha512' },
}

const CURVES = new Set(['prime256v1', 'secp384r1', 'secp521r1'])
const minRsaBits = 2048

/** Whether a key is of a kind and size accepted here. */
export function isStrong(key: KeyObject): boolean {
  const { modulusLength = 0, namedCurve = '' } = key.asymmetricKeyDetails ?? {}
  if (key.asymmetricKeyType === 'ec') return CURVES.has(namedCurve)
  return key.asymmetricKeyType === 'rsa' && modulusLength >= minRsaBits
}

type Signature = { algorithm: pkijs.AlgorithmIdentifier; hash: HashName; signed: Buffer; bytes: Buffer }

/** Demands a sound signature whose algorithm uses `hash`. Throws TimestampError `weak_algorithm`, `bad_signature`. */
export function demandSignature(key: KeyObject, { algorithm, hash, signed, bytes }: Signature): void {
  const options = keyOptions(key, algorithm, hash)
  demand(
    options !== null && isStrong(key),
    'weak_algorithm',
    `signatures of kind ${algorithm.algorithmId} are not accepted`,
  )
  demand(
    reading('the signature', () => verify(hash, signed, options, bytes)),
    'bad_signature',
    'the signature does not match',
  )
}

/** How node:crypto is to check it; null when algorithm, key and hash do not go together. */
function keyOptions(key: KeyObject, algorithm: pkijs.AlgorithmIdentifier, hash: HashName) {
  const id = algorithm.algorithmId
  if (id === OID.rsaEncryption) return key.asymmetricKeyType === 'rsa' ? { key } : null
  if (id === OID.rsaPss) return key.asymmetricKeyType === 'rsa' ? pssOptions(key, algorithm, hash) : null
  const named = SIGNATURES[id]
  return named?.key === key.asymmetricKeyType && named?.hash === hash ? { key } : null
}

function pssOptions(key: KeyObject, algorithm: pkijs.AlgorithmIdentifier, hash: HashName) {
  const pss = reading('the signature', () => new pkijs.RSASSAPSSParams({ schema: algorithm.algorithmParams }))
  if (HASHES[pss.hashAlgorithm.algorithmId] !== hash) return null
  return { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: pss.saltLength }
}

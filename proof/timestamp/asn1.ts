import * as asn1js from 'asn1js'
import { demand, reading } from './error.ts'

/** Object identifiers of RFC 3161, RFC 5652 (CMS), RFC 5035 (ESS), RFC 5280 and ETSI EN 319 422. */
export const OID = {
  signedData: '1.2.840.113549.1.7.2',
  timestampInfo: '1.2.840.113549.1.9.16.1.4',
  contentType: '1.2.840.113549.1.9.3',
  messageDigest: '1.2.840.113549.1.9.4',
  signingCertificate: '1.2.840.113549.1.9.16.2.12',
  signingCertificateV2: '1.2.840.113549.1.9.16.2.47',
  basicConstraints: '2.5.29.19',
  keyUsage: '2.5.29.15',
  extendedKeyUsage: '2.5.29.37',
  certificatePolicies: '2.5.29.32',
  timeStamping: '1.3.6.1.5.5.7.3.8',
  commonName: '2.5.4.3',
  organization: '2.5.4.10',
  qualifiedStatements: '1.3.6.1.5.5.7.1.3',
  qualifiedTimestamp: '0.4.0.19422.1.1',
  sha256: '2.16.840.1.101.3.4.2.1',
  sha384: '2.16.840.1.101.3.4.2.2',
  sha512: '2.16.840.1.101.3.4.2.3',
  rsaEncryption: '1.2.840.113549.1.1.1',
  rsaPss: '1.2.840.113549.1.1.10',
} as const

/** A token with its certificates is a few kilobytes; nothing near these limits is a time stamp. */
const limits = { maxDepth: 40, maxNodes: 4000, maxContentLength: 65_536 }

/**
 * Reads one ASN.1 value that ends where the bytes end.
 * Throws TimestampError `unreadable`, or `trailing_bytes`: what follows a signed value is signed by no one.
 */
export function readValue(bytes: Buffer, what: string): asn1js.AsnType {
  const { offset, result } = reading(what, () => asn1js.fromBER(bytes, limits))
  demand(offset > 0, 'unreadable', `${what} is not ASN.1`)
  demand(offset === bytes.length, 'trailing_bytes', `${bytes.length - offset} bytes follow ${what}`)
  return result
}

/** The members of a SEQUENCE, SET or constructed tag. */
export function membersOf(value: asn1js.AsnType | undefined): asn1js.AsnType[] {
  const block = value?.valueBlock as { value?: unknown } | undefined
  return Array.isArray(block?.value) ? (block.value as asn1js.AsnType[]) : []
}

/** The bytes a value was read from, tag and length included. */
export const rawOf = (value: asn1js.AsnType): Buffer => Buffer.from(value.valueBeforeDecodeView)

/** The content of a primitive value: an OCTET STRING's bytes, an INTEGER's two's complement. */
export function contentOf(value: asn1js.AsnType | undefined): Buffer {
  const view = (value?.valueBlock as { valueHexView?: Uint8Array } | undefined)?.valueHexView
  return Buffer.from(view ?? [])
}

/** The dotted form of an OBJECT IDENTIFIER; empty for anything else. */
export const oidOf = (value: asn1js.AsnType | undefined): string =>
  value instanceof asn1js.ObjectIdentifier ? value.getValue() : ''

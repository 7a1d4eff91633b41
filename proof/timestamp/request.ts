import { randomBytes } from 'node:crypto'
import * as asn1js from 'asn1js'
import * as pkijs from 'pkijs'
import { OID } from './asn1.ts'

/** What a TimeStampReq asks for. `digest` is a SHA-256, `policy` an object identifier. */
export type TimestampRequest = { digest: Buffer; nonce: Buffer; policy?: string | undefined }

/** A random nonce of 8 bytes that is a positive DER INTEGER of that length (its first byte is 1 to 127). */
export function newNonce(random: (bytes: number) => Buffer = randomBytes): Buffer {
  const nonce = Buffer.from(random(8))
  nonce[0] = nonce[0]! & 0x7f || 1
  return nonce
}

/** The DER of a TimeStampReq (RFC 3161 §2.4.1) that asks for the certificate. Throws RangeError on another digest length. */
export function encodeRequest({ digest, nonce, policy }: TimestampRequest): Buffer {
  if (digest.length !== 32) throw new RangeError('a SHA-256 has 32 bytes')
  const request = new pkijs.TimeStampReq({
    version: 1,
    messageImprint: new pkijs.MessageImprint({
      hashAlgorithm: new pkijs.AlgorithmIdentifier({ algorithmId: OID.sha256, algorithmParams: new asn1js.Null() }),
      hashedMessage: new asn1js.OctetString({ valueHex: Uint8Array.from(digest) }),
    }),
    nonce: new asn1js.Integer({ valueHex: Uint8Array.from(nonce) }),
    certReq: true,
    ...(policy === undefined ? {} : { reqPolicy: policy }),
  })
  return Buffer.from(request.toSchema().toBER())
}

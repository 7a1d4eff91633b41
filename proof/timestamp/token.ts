import * as asn1js from 'asn1js'
import * as pkijs from 'pkijs'
import { contentOf, membersOf, OID, oidOf, rawOf, readValue } from './asn1.ts'
import { demand, reading } from './error.ts'

/** What the authority signed (TSTInfo, RFC 3161 §2.4.2). */
export type TokenInfo = {
  policy: string
  imprint: { algorithm: string; digest: Buffer }
  /** Hexadecimal, as the authority numbers its tokens. */
  serial: string
  timeMs: number
  accuracyMs: number | null
  nonce: bigint | null
  /** The authority declares it a qualified electronic time stamp (ETSI EN 319 422 §9.1). */
  qualified: boolean
}

/** A token taken apart, nothing of it believed yet. */
export type Token = { info: TokenInfo; content: Buffer; signer: pkijs.SignerInfo; certificates: Buffer[] }

/** The token of a TimeStampResp, when the authority granted one. Throws TimestampError. */
export function tokenOfResponse(response: Buffer): Buffer {
  const value = readValue(response, 'the answer')
  const { status } = reading('the answer', () => new pkijs.TimeStampResp({ schema: value }))
  const reasons = reading('the status', () => (status.statusStrings ?? []).map((text) => text.getValue()))
  // "granted with modifications" carries a token too; whatever was modified is compared with the request below.
  const granted: boolean =
    status.status === pkijs.PKIStatus.granted || status.status === pkijs.PKIStatus.grantedWithMods
  demand(
    granted,
    'not_granted',
    `the authority refused: status ${status.status}${reasons.map((r) => `, ${r}`).join('')}`,
  )
  const token = membersOf(value)[1]
  demand(token !== undefined, 'not_a_timestamp', 'the answer is granted but holds no token')
  return rawOf(token)
}

/** Takes a token apart: CMS SignedData with one signer over a TSTInfo. Throws TimestampError. */
export function readToken(bytes: Buffer): Token {
  const value = readValue(bytes, 'the token')
  const content = reading('the token', () => new pkijs.ContentInfo({ schema: value }))
  demand(content.contentType === OID.signedData, 'not_a_timestamp', 'the token is not signed data')
  const signed = reading('the token', () => new pkijs.SignedData({ schema: content.content }))
  const { eContentType, eContent } = signed.encapContentInfo
  demand(
    eContentType === OID.timestampInfo && eContent !== undefined,
    'not_a_timestamp',
    'what is signed is no time stamp',
  )
  const [signer] = signed.signerInfos
  demand(signer !== undefined && signed.signerInfos.length === 1, 'signer_count', 'a time stamp has exactly one signer')
  const info = Buffer.from(reading('the time stamp', () => eContent.getValue()))
  return { info: readInfo(info), content: info, signer, certificates: certificatesOf(content.content) }
}

/** The certificates as they were sent: re-encoding one could change what its hash binds. */
function certificatesOf(signedData: asn1js.AsnType): Buffer[] {
  const set = membersOf(signedData).find((m) => m.idBlock.tagClass === 3 && m.idBlock.tagNumber === 0)
  return membersOf(set)
    .filter((m) => m instanceof asn1js.Sequence)
    .map(rawOf)
}

function readInfo(bytes: Buffer): TokenInfo {
  const value = readValue(bytes, 'the time stamp')
  const info = reading('the time stamp', () => new pkijs.TSTInfo({ schema: value }))
  demand(info.version === 1, 'not_a_timestamp', `time stamps have version 1, not ${info.version}`)
  const generalized = membersOf(value).find((m) => m instanceof asn1js.GeneralizedTime)
  return {
    policy: info.policy,
    imprint: {
      algorithm: info.messageImprint.hashAlgorithm.algorithmId,
      digest: contentOf(info.messageImprint.hashedMessage),
    },
    serial: contentOf(info.serialNumber).toString('hex'),
    timeMs: timeOf(contentOf(generalized).toString('latin1')),
    accuracyMs: info.accuracy ? accuracyOf(info.accuracy) : null,
    nonce: info.nonce ? reading('the nonce', () => info.nonce!.toBigInt()) : null,
    qualified: (info.extensions ?? []).some(declaresQualified),
  }
}

/** `20261123160000.25Z` as ms since the epoch: always UTC, always with seconds, no trailing zeros (RFC 3161 §2.4.2). */
function timeOf(text: string): number {
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\.\d*[1-9])?Z$/.exec(text)
  demand(match !== null, 'unreadable', `"${text}" is no time of a time stamp`)
  const [, year, month, day, hour, minute, second, fraction = ''] = match
  const ms = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  demand(Number.isFinite(ms), 'unreadable', `"${text}" is no date`)
  return ms + Math.floor(Number(`0${fraction}`) * 1000)
}

const accuracyOf = ({ seconds = 0, millis = 0, micros = 0 }: pkijs.Accuracy): number =>
  seconds * 1000 + millis + micros / 1000

/** QCStatements holds one QCStatement per declaration; the statement's name is the first member. */
function declaresQualified(extension: pkijs.Extension): boolean {
  if (extension.extnID !== OID.qualifiedStatements) return false
  const statements = membersOf(readValue(contentOf(extension.extnValue), 'the declarations'))
  return statements.some((statement) => oidOf(membersOf(statement)[0]) === OID.qualifiedTimestamp)
}

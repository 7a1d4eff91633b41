import { randomBytes } from 'node:crypto'
import { SUITES, type SrtpKey, type SuiteName } from '../rtp/srtp-suites.ts'

/** An `a=crypto` line we can use (RFC 4568 §9.1). */
export type CryptoLine = { tag: number; suite: SuiteName; keys: SrtpKey[]; text: string }

const isSuite = (name: string): name is SuiteName => Object.hasOwn(SUITES, name)

/**
 * Reads the value of an `a=crypto` line: `1 AES_CM_128_HMAC_SHA1_80 inline:BASE64|2^20|1:4`. Null for a suite we do not have,
 * a key of the wrong length, or session parameters that would change the packets (RFC 4568 §6.3).
 */
export function parseCryptoLine(text: string): CryptoLine | null {
  const [tag, name = '', params = '', ...session] = text.trim().split(/\s+/)
  if (!tag || !/^\d{1,9}$/.test(tag) || !isSuite(name)) return null
  if (session.some((param) => !/^(WSH=\d+|KDR=0)$/i.test(param))) return null
  const keys = params.split(';').map((one) => parseKey(one, name))
  const usable = keys.filter((key) => key !== null)
  if (usable.length !== keys.length || keys.length === 0) return null
  // Several keys are told apart by their MKI only.
  const lengths = new Set(usable.map((key) => key.mki?.length ?? 0))
  if (lengths.size !== 1 || (usable.length > 1 && lengths.has(0))) return null
  return { tag: Number(tag), suite: name, keys: usable, text: text.trim() }
}

function parseKey(text: string, suite: SuiteName): SrtpKey | null {
  const match = /^inline:([A-Za-z0-9+/=]+)((?:\|[^|]*)*)$/i.exec(text)
  if (!match) return null
  const { keyBytes, saltBytes } = SUITES[suite]
  const bytes = Buffer.from(match[1] as string, 'base64')
  if (bytes.length !== keyBytes + saltBytes) return null
  let mki: Buffer | null = null
  for (const part of (match[2] as string).split('|').slice(1)) {
    if (part.includes(':')) mki = parseMki(part)
    else if (!/^(2\^)?\d{1,15}$/.test(part)) return null
    if (part.includes(':') && !mki) return null
  }
  return { key: bytes.subarray(0, keyBytes), salt: bytes.subarray(keyBytes), mki }
}

/** `value:length`, the value a decimal number written big-endian into `length` bytes. */
function parseMki(text: string): Buffer | null {
  const match = /^(\d{1,39}):(\d{1,3})$/.exec(text)
  const length = Number(match?.[2])
  if (!match || length < 1 || length > 128) return null
  const hex = BigInt(match[1] as string)
    .toString(16)
    .padStart(length * 2, '0')
  return hex.length === length * 2 ? Buffer.from(hex, 'hex') : null
}

/** Our side of the answer: the chosen tag and suite with a key of our own. */
export function answerCrypto(chosen: CryptoLine): string {
  const { keyBytes, saltBytes } = SUITES[chosen.suite]
  return `${chosen.tag} ${chosen.suite} inline:${randomBytes(keyBytes + saltBytes).toString('base64')}`
}

import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import { isWeakKey } from './note-weak.ts'
import { LogError, malformed } from './log-error.ts'

/*
 * c2sp.org/signed-note: a text, an empty line, signature lines. What is signed are the text's exact bytes. Also the text form of
 * public keys ("vkey").
 */

/** Ed25519 over the note's text (c2sp.org/signed-note, "Signature types"). */
export const ED25519 = 0x01
/** Bytes of a note and signature lines of one at most. */
export const MAX_NOTE_BYTES = 1_000_000
const MAX_SIGNATURES = 100
const KEY_BYTES = 32
const ID_BYTES = 4
const DASH = '\u2014'
/** SubjectPublicKeyInfo of an Ed25519 key up to the key's 32 bytes (RFC 8410 §4). */
const SPKI = Buffer.from('302a300506032b6570032100', 'hex')

/** A public key with its name. `type` says what it signs; `publicKey` has 32 bytes, `id` 4. */
export type NoteKey = { name: string; type: number; id: Buffer; publicKey: Buffer }
/** A signature line. `signature` is what follows the key's id. */
export type SignatureLine = { name: string; id: Buffer; signature: Buffer }
export type Note = { text: string; signatures: SignatureLine[] }
/** Checks the signatures of one key. `verify` throws LogError `wrong_signature`; returns the time it was made, Unix seconds, if told. */
export type Verifier = { key: NoteKey; verify: (text: Buffer, signature: Buffer) => { time: number | null } }
/** A valid signature by a key that was asked for. */
export type Signed = { key: NoteKey; time: number | null }

/** First 4 bytes of SHA-256(name ‖ 0x0A ‖ type ‖ public key) (c2sp.org/signed-note, "Signatures"). */
export function keyId(name: string, type: number, publicKey: Buffer): Buffer {
  const hash = createHash('sha256').update(`${name}\n`).update(Buffer.of(type)).update(publicKey)
  return hash.digest().subarray(0, ID_BYTES)
}

/** A key under a name. Throws LogError `malformed` (name, length), `weak_key`. */
export function noteKey(name: string, type: number, publicKey: Buffer): NoteKey {
  if (!isKeyName(name)) throw malformed('a key name is not empty and holds neither spaces nor plus signs')
  if (publicKey.length !== KEY_BYTES) throw malformed('an Ed25519 public key has 32 bytes')
  if (isWeakKey(publicKey)) throw new LogError('weak_key', `anyone can sign for the public key of ${name}`)
  return { name, type, id: keyId(name, type, publicKey), publicKey }
}

/** `name+id in hex+base64(type ‖ public key)`. */
export const encodeVkey = ({ name, type, id, publicKey }: NoteKey): string =>
  `${name}+${id.toString('hex')}+${Buffer.concat([Buffer.of(type), publicKey]).toString('base64')}`

/** Reads a vkey. Throws LogError `malformed` (also when the id is not the key's own), `weak_key`. */
export function parseVkey(text: string): NoteKey {
  const [, name = '', id = '', base64 = ''] = /^([^+]*)\+([0-9a-f]{8})\+(.*)$/s.exec(text) ?? []
  const bytes = decodeBase64(base64)
  if (bytes.length !== 1 + KEY_BYTES) throw malformed('not a public key')
  const key = noteKey(name, bytes[0] ?? 0, bytes.subarray(1))
  if (key.id.toString('hex') !== id) throw malformed('the id is not that of the public key')
  return key
}

/** Names have no Unicode white space (property White_Space) and no plus; lone surrogates have no UTF-8. */
export const isKeyName = (name: string): boolean =>
  /^[^\p{White_Space}+\p{Surrogate}]+$/u.test(name) && !hasControls(name)

/** Ed25519 as node:crypto takes it. */
export const keyObject = (publicKey: Buffer): KeyObject =>
  createPublicKey({ key: Buffer.concat([SPKI, publicKey]), format: 'der', type: 'spki' })

/** The 32 bytes of an Ed25519 key. */
export function rawPublicKey(key: KeyObject): Buffer {
  const spki = (key.type === 'public' ? key : createPublicKey(key)).export({ format: 'der', type: 'spki' })
  if (spki.length !== SPKI.length + KEY_BYTES || !spki.subarray(0, SPKI.length).equals(SPKI))
    throw malformed('not an Ed25519 key')
  return spki.subarray(SPKI.length)
}

/** Verifies type 0x01. Throws LogError `malformed` at a key of another type. */
export function noteVerifier(key: NoteKey): Verifier {
  if (key.type !== ED25519) throw malformed(`the key of ${key.name} does not sign notes`)
  const object = keyObject(key.publicKey)
  return {
    key,
    verify(text, signature) {
      if (signature.length !== 64 || !verify(null, text, object, signature)) throw wrongSignature(key)
      return { time: null }
    },
  }
}

export const wrongSignature = (key: NoteKey): LogError =>
  new LogError('wrong_signature', `the signature of ${key.name} does not verify`)

/** A signature line, its newline included. `signature` is what follows the key's id. */
export const signatureLine = ({ name, id }: NoteKey, signature: Buffer): string =>
  `${DASH} ${name} ${Buffer.concat([id, signature]).toString('base64')}\n`

/** Signs a text with type 0x01 and returns the whole note. Throws LogError `malformed` when the text cannot be a note's. */
export function signNote(text: string, name: string, privateKey: KeyObject): string {
  const key = noteKey(name, ED25519, rawPublicKey(privateKey))
  const note = `${text}\n${signatureLine(key, sign(null, Buffer.from(text), privateKey))}`
  if (parseNote(note).text !== text) throw malformed('the text cannot be signed')
  return note
}

/** Reads a note without verifying anything. Throws LogError `malformed`. */
export function parseNote(note: Uint8Array | string): Note {
  const whole = decodeText(note)
  const border = whole.lastIndexOf('\n\n')
  if (border < 0 || !whole.endsWith('\n')) throw malformed('not a signed note')
  const lines = whole.slice(border + 2, -1).split('\n')
  if (lines.length > MAX_SIGNATURES) throw malformed('the note has too many signatures')
  return { text: whole.slice(0, border + 1), signatures: lines.map(parseSignatureLine) }
}

/** Reads one signature line without its newline. Throws LogError `malformed`. */
export function parseSignatureLine(line: string): SignatureLine {
  const [dash, name = '', base64 = '', ...more] = line.split(' ')
  if (dash !== DASH || more.length > 0 || !isKeyName(name)) throw malformed('not a signature line')
  const bytes = decodeBase64(base64)
  if (bytes.length <= ID_BYTES) throw malformed('a signature is too short')
  return { name, id: bytes.subarray(0, ID_BYTES), signature: bytes.subarray(ID_BYTES) }
}

/**
 * Reads a note and verifies every signature of the keys asked for; others are ignored. One that does not verify refuses the whole
 * note. Throws LogError `malformed`, `wrong_signature`, `not_signed`.
 */
export function openNote(
  note: Uint8Array | string,
  verifiers: readonly Verifier[],
): { text: string; signed: Signed[] } {
  const { text, signatures } = parseNote(note)
  const bytes = Buffer.from(text)
  const signed = signatures.flatMap((line) =>
    verifiers
      .filter(({ key }) => key.name === line.name && key.id.equals(line.id))
      .map((verifier) => ({ key: verifier.key, time: verifier.verify(bytes, line.signature).time })),
  )
  if (signed.length === 0) throw new LogError('not_signed', 'no known key signed the note')
  return { text, signed }
}

/** Text of a note: valid UTF-8, no control characters but newline, at most 1 MB. Throws LogError `malformed`. */
export function decodeText(input: Uint8Array | string): string {
  const bytes = typeof input === 'string' ? Buffer.from(input, 'utf8') : input
  if (bytes.length > MAX_NOTE_BYTES) throw malformed('the text is too long')
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw malformed('the text is not UTF-8')
  }
  if (typeof input === 'string' && text !== input) throw malformed('the text is not Unicode')
  if (hasControls(text.replaceAll('\n', ''))) throw malformed('the text has control characters')
  return text
}

const hasControls = (text: string): boolean => {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) < 0x20) return true
  return false
}

/** Canonical standard base64 (RFC 4648 §4). Throws LogError `malformed` at every other spelling. */
export function decodeBase64(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64')
  if (bytes.toString('base64') !== text) throw malformed('not canonical base64')
  return bytes
}

/** A decimal number without sign and leading zeroes, at most 2^53 − 1. Throws LogError `malformed`. */
export function decodeNumber(text: string): number {
  const n = /^(0|[1-9]\d{0,15})$/.test(text) ? Number(text) : Number.NaN
  if (!Number.isSafeInteger(n)) throw malformed('not a whole number below 2^53')
  return n
}

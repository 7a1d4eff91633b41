import { type KeyObject, sign, verify } from 'node:crypto'
import { malformed } from './log-error.ts'
import {
  keyObject,
  type NoteKey,
  noteKey,
  noteVerifier,
  parseVkey,
  rawPublicKey,
  signatureLine,
  type Verifier,
  wrongSignature,
} from './note.ts'

/*
 * c2sp.org/tlog-cosignature, Ed25519: a witness says that at some time a checkpoint was the largest it had seen of that log, and
 * consistent with all before. Signature: u64 time (Unix seconds) ‖ 64 bytes.
 */

/** Timestamped Ed25519 cosignature (c2sp.org/signed-note, "Signature types"). */
export const COSIGNATURE = 0x04
const TIME_BYTES = 8
const SIGNATURE_BYTES = 64

/** "Ed25519 signed message": header, time, the checkpoint's text. */
const message = (time: number | bigint, text: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`cosignature/v1\ntime ${time}\n`), text])

/** Verifies type 0x04; tells the time. Throws LogError `malformed` at a key of another type. */
export function cosignatureVerifier(key: NoteKey): Verifier {
  if (key.type !== COSIGNATURE) throw malformed(`the key of ${key.name} does not cosign`)
  const object = keyObject(key.publicKey)
  return {
    key,
    verify(text, signature) {
      if (signature.length !== TIME_BYTES + SIGNATURE_BYTES) throw wrongSignature(key)
      const time = signature.readBigUInt64BE(0)
      if (time > BigInt(Number.MAX_SAFE_INTEGER)) throw wrongSignature(key)
      if (!verify(null, message(time, text), object, signature.subarray(TIME_BYTES))) throw wrongSignature(key)
      return { time: Number(time) }
    },
  }
}

/** The verifier of a vkey, of a log (0x01) or a witness (0x04). Throws LogError `malformed`, `weak_key`. */
export function verifierOf(vkey: string): Verifier {
  const key = parseVkey(vkey)
  return key.type === COSIGNATURE ? cosignatureVerifier(key) : noteVerifier(key)
}

/** A cosignature line over a checkpoint's text, made at `time` (Unix seconds). */
export function cosign(text: string, name: string, by: { key: KeyObject; time: number }): string {
  const key = noteKey(name, COSIGNATURE, rawPublicKey(by.key))
  const time = Buffer.alloc(TIME_BYTES)
  time.writeBigUInt64BE(BigInt(by.time))
  return signatureLine(key, Buffer.concat([time, sign(null, message(by.time, Buffer.from(text)), by.key)]))
}

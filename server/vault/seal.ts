import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

/*
 * Small values under one key: nonce 12 (random) ‖ ciphertext ‖ tag 16, AES-256-GCM. The tag is always 16 bytes.
 */

const NONCE_BYTES = 12
const TAG_BYTES = 16
/** Bytes a sealed value is longer than its plaintext. */
export const SEAL_OVERHEAD = NONCE_BYTES + TAG_BYTES

/** A 32-byte subkey: HKDF-SHA256 (RFC 5869) with an empty salt. The caller zeroes it. */
export const subkey = (secret: Buffer, info: string): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, Buffer.alloc(0), Buffer.from(info, 'utf8'), 32))

/** Seals `plain`, bound to `aad`. A key serves at most 2^32 values (random nonces, SP 800-38D §8.3). */
export function seal(key: Buffer, plain: Buffer, aad: Buffer): Buffer {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES }).setAAD(aad)
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}

/** Opens what `seal` made; null when the key, the bytes or `aad` differ. */
export function unseal(key: Buffer, sealed: Buffer, aad: Buffer): Buffer | null {
  if (sealed.length < SEAL_OVERHEAD) return null
  const end = sealed.length - TAG_BYTES
  const options = { authTagLength: TAG_BYTES }
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_BYTES), options).setAAD(aad)
  decipher.setAuthTag(sealed.subarray(end))
  const plain = decipher.update(sealed.subarray(NONCE_BYTES, end))
  try {
    decipher.final()
    return plain
  } catch {
    plain.fill(0)
    return null
  }
}

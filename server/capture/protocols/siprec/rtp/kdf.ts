import { createCipheriv } from 'node:crypto'
import type { Suite } from './srtp-suites.ts'

export type SessionKeys = { cipherKey: Buffer; authKey: Buffer; salt: Buffer }

/** The session keys of SRTP itself (RFC 3711 §4.3, labels 0 to 2, no key derivation rate); AEAD suites pad the salt (RFC 7714 §11). */
export function deriveKeys(suite: Suite, key: Buffer, salt: Buffer): SessionKeys {
  const derive = (label: number, length: number): Buffer => {
    const x = Buffer.alloc(16)
    salt.copy(x)
    x[7] = (x[7] as number) ^ label
    return createCipheriv(`aes-${suite.keyBytes * 8}-ctr`, key, x).update(Buffer.alloc(length))
  }
  return { cipherKey: derive(0, suite.keyBytes), authKey: derive(1, 20), salt: derive(2, suite.saltBytes) }
}

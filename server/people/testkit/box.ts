import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto'
import { Problem } from '../../platform/problem.ts'
import type { Box } from '../../vault/index.ts'

/** A box with a key of its own in memory: AES-256-GCM bound to the label, HMAC-SHA256 for indexes. */
export function memoryBox(): Box {
  const key = randomBytes(32)
  const indexKey = randomBytes(32)
  return {
    seal(label, plain) {
      const nonce = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: 16 }).setAAD(Buffer.from(label))
      return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
    },
    open(label, sealed) {
      const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, 12), { authTagLength: 16 })
      decipher.setAAD(Buffer.from(label)).setAuthTag(sealed.subarray(-16))
      try {
        return Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()])
      } catch {
        throw new Problem('sealed_value_unreadable', 500, 'a sealed value does not open under this label')
      }
    },
    blindIndex: (label, value) => createHmac('sha256', indexKey).update(`${label}\0${value}`).digest(),
  }
}

import { createHmac } from 'node:crypto'
import { unreadableValue } from './rendition-key.ts'
import { seal, subkey, unseal } from './seal.ts'
import type { Box } from './types.ts'

/** The deployment's box over the keystore's box key. */
export function createBox(boxKey: Buffer): { box: Box; dispose: () => void } {
  const sealKey = subkey(boxKey, 'verbale/box/seal/v1')
  const indexKey = subkey(boxKey, 'verbale/box/index/v1')
  const box: Box = {
    seal: (label, plain) =>
      seal(sealKey, typeof plain === 'string' ? Buffer.from(plain, 'utf8') : plain, Buffer.from(label, 'utf8')),
    open: (label, sealed) => {
      const plain = unseal(sealKey, sealed, Buffer.from(label, 'utf8'))
      if (!plain) throw unreadableValue(label)
      return plain
    },
    blindIndex: (label, value) => {
      const name = Buffer.from(label, 'utf8')
      return createHmac('sha256', indexKey)
        .update(Buffer.of(name.length))
        .update(name)
        .update(normalise(value), 'utf8')
        .digest()
    },
  }
  const dispose = (): void => {
    sealKey.fill(0)
    indexKey.fill(0)
  }
  return { box, dispose }
}

/** Equal for a person, equal here: compatibility forms, case and white space do not count. */
const normalise = (value: string): string => value.normalize('NFKC').trim().replaceAll(/\s+/g, ' ').toLowerCase()

/** HMAC-SHA256 for auditable choices. */
export function selectionHash(selectionKey: Buffer, input: string): Buffer {
  return createHmac('sha256', selectionKey).update(input, 'utf8').digest()
}

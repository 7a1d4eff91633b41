import { uuidv7 } from 'uuidv7'

/** A new time-ordered identifier (UUIDv7, RFC 9562 §5.7), lower-case text. */
export const newId = (): string => uuidv7()

/** The 16 bytes of a UUID. Throws RangeError when it is not one. */
export function idBytes(id: string): Buffer {
  const hex = id.replaceAll('-', '')
  if (!/^[0-9a-f]{32}$/i.test(hex)) throw new RangeError('not a UUID')
  return Buffer.from(hex, 'hex')
}

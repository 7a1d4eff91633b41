import { createHmac, timingSafeEqual } from 'node:crypto'

const prefix = 'verbale.dev/event/v1\n'
/** Bytes of the salt an entry is made with. */
export const ENTRY_SALT_BYTES = 32

/**
 * The log entry for an event: `verbale.dev/event/v1\n` + base64(HMAC-SHA256(salt, event)) + `\n`.
 * Throws RangeError unless the salt has 32 bytes.
 */
export function entryOf(salt: Buffer, event: Buffer): string {
  if (salt.length !== ENTRY_SALT_BYTES) throw new RangeError('the salt has 32 bytes')
  return `${prefix}${createHmac('sha256', salt).update(event).digest('base64')}\n`
}

/** Whether an opening (salt and event) is what an entry commits to. */
export function opens(entry: string, salt: Buffer, event: Buffer): boolean {
  const expected = Buffer.from(entryOf(salt, event))
  const given = Buffer.from(entry)
  return expected.length === given.length && timingSafeEqual(expected, given)
}

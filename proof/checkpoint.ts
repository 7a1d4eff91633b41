import { LogError, malformed } from './log-error.ts'
import { HASH_BYTES } from './merkle.ts'
import { decodeBase64, decodeNumber, decodeText, openNote, type Signed, type Verifier } from './note.ts'

/** State of a log (c2sp.org/tlog-checkpoint): whose, how many leaves, the tree's root. */
export type Checkpoint = { origin: string; size: number; root: Buffer }

/** The text that is signed: origin, size, root in base64, each on a line. Throws LogError `malformed`. */
export function encodeCheckpoint({ origin, size, root }: Checkpoint): string {
  const text = `${origin}\n${size}\n${root.toString('base64')}\n`
  parseCheckpoint(text)
  return text
}

/** Reads a checkpoint's text. Extension lines, which nobody can audit, are refused. Throws LogError `malformed`. */
export function parseCheckpoint(text: string): Checkpoint {
  const [origin = '', size = '', base64 = '', end, ...more] = decodeText(text).split('\n')
  if (origin === '' || end !== '' || more.length > 0) throw malformed('a checkpoint has three lines')
  const root = decodeBase64(base64)
  if (root.length !== HASH_BYTES) throw malformed('a root has 32 bytes')
  return { origin, size: decodeNumber(size), root }
}

/**
 * Reads a signed checkpoint. The key of one of `logs` must have signed it under the name that is the checkpoint's origin; valid
 * signatures of other verifiers (witnesses) are returned too. Throws LogError.
 */
export function openCheckpoint(
  note: Uint8Array | string,
  logs: readonly Verifier[],
  witnesses: readonly Verifier[] = [],
): { checkpoint: Checkpoint; text: string; signed: Signed[] } {
  const { text, signed } = openNote(note, [...logs, ...witnesses])
  const checkpoint = parseCheckpoint(text)
  const byLog = signed.some(({ key }) => key.name === checkpoint.origin && logs.some((log) => log.key === key))
  if (!byLog) throw new LogError('not_signed', 'the log itself has not signed the checkpoint')
  return { checkpoint, text, signed }
}

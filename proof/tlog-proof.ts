import { type Checkpoint, openCheckpoint } from './checkpoint.ts'
import { malformed } from './log-error.ts'
import { HASH_BYTES, leafHash, MAX_PROOF, verifyInclusion } from './merkle.ts'
import { decodeBase64, decodeNumber, decodeText, parseNote, type Signed, type Verifier } from './note.ts'

/** c2sp.org/tlog-proof@v1: that a log holds an entry, for checking without the log. `checkpoint` is a signed note. */
export type TlogProof = { index: number; hashes: Buffer[]; checkpoint: string }

const MAGIC = 'c2sp.org/tlog-proof@v1'

export const encodeTlogProof = ({ index, hashes, checkpoint }: TlogProof): string =>
  `${MAGIC}\nindex ${index}\n${hashes.map((hash) => `${hash.toString('base64')}\n`).join('')}\n${checkpoint}`

/** Reads a proof. Extra data, which is not authenticated, is refused. Throws LogError `malformed`. */
export function parseTlogProof(input: Uint8Array | string): TlogProof {
  const text = decodeText(input)
  const border = text.indexOf('\n\n')
  const [magic, index = '', ...lines] = text.slice(0, Math.max(0, border)).split('\n')
  if (magic !== MAGIC || !index.startsWith('index ')) throw malformed('not a proof of this format')
  if (lines.length > MAX_PROOF) throw malformed('the proof is too long')
  const hashes = lines.map(decodeBase64)
  if (hashes.some((hash) => hash.length !== HASH_BYTES)) throw malformed('a hash has 32 bytes')
  const checkpoint = text.slice(border + 2)
  parseNote(checkpoint)
  return { index: decodeNumber(index.slice('index '.length)), hashes, checkpoint }
}

/**
 * Checks that the log of one of `logs` holds `entry`. `witnesses` that have cosigned the checkpoint are in `signed`: whether they
 * are enough is for the caller to say. Throws LogError.
 */
export function verifyTlogProof(
  proof: Uint8Array | string,
  entry: Uint8Array,
  by: { logs: readonly Verifier[]; witnesses?: readonly Verifier[] },
): { index: number; checkpoint: Checkpoint; signed: Signed[] } {
  const { index, hashes, checkpoint: note } = parseTlogProof(proof)
  const { checkpoint, signed } = openCheckpoint(note, by.logs, by.witnesses)
  verifyInclusion({ hash: leafHash(entry), index }, checkpoint, hashes)
  return { index, checkpoint, signed }
}

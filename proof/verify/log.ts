import { type Checkpoint, openCheckpoint, parseCheckpoint } from '../checkpoint.ts'
import { LogError } from '../log-error.ts'
import { leafHash, verifyConsistency, verifyInclusion } from '../merkle.ts'
import { decodeBase64, decodeNumber, decodeText, parseNote, type Verifier } from '../note.ts'
import { FILES } from '../package/format.ts'
import { parseTlogProof } from '../tlog-proof.ts'
import { type Check, notChecked, passed, demand } from './check.ts'
import type { Contents } from './contents.ts'
import type { History } from './history.ts'

/** The package's checkpoint, signed or not. */
export async function readOwnCheckpoint(contents: Contents): Promise<{ text: string; checkpoint: Checkpoint }> {
  const { text } = parseNote(await contents.read(FILES.checkpoint))
  return { text, checkpoint: parseCheckpoint(text) }
}

/** The log's signature under its state. */
export async function checkCheckpoint(contents: Contents, logs: readonly Verifier[]): Promise<Check> {
  const { checkpoint } = await readOwnCheckpoint(contents)
  if (logs.length === 0) return notChecked('checkpoint', 'no_log_key')
  openCheckpoint(await contents.read(FILES.checkpoint), logs)
  return passed('checkpoint', { log: checkpoint.origin, size: checkpoint.size })
}

/** Every event's entry stands in the log of the checkpoint. */
export async function checkInclusion(contents: Contents, history: History): Promise<Check> {
  const { text, checkpoint } = await readOwnCheckpoint(contents)
  for (const { row, proofFile } of history.events) {
    const { index, hashes, checkpoint: note } = parseTlogProof(await contents.read(proofFile))
    demand(parseNote(note).text === text, 'other_checkpoint', { file: proofFile })
    demand(index === row.index, 'not_in_log', { file: proofFile })
    demand(isIncluded(leafHash(Buffer.from(row.entry)), index, checkpoint, hashes), 'not_in_log', { file: row.file })
  }
  return passed('inclusion', { count: history.events.length, size: checkpoint.size })
}

function isIncluded(hash: Buffer, index: number, tree: Checkpoint, proof: readonly Buffer[]): boolean {
  try {
    verifyInclusion({ hash, index }, tree, proof)
    return true
  } catch (e) {
    if (e instanceof LogError) return false
    throw e
  }
}

/**
 * A checkpoint the reader got elsewhere: the package's must be its beginning. It is a signed checkpoint, or a request for
 * cosigning (c2sp.org/tlog-witness): `old <size>`, a consistency proof, an empty line, the checkpoint.
 */
export async function checkNewer(contents: Contents, newer: Buffer | null, logs: readonly Verifier[]): Promise<Check> {
  if (newer === null) return notChecked('newer_checkpoint', 'not_asked')
  if (logs.length === 0) return notChecked('newer_checkpoint', 'no_log_key')
  const { checkpoint: own } = await readOwnCheckpoint(contents)
  const { old, proof, note } = readSupplied(newer)
  const { checkpoint } = openCheckpoint(note, logs)
  const sizes = { size: own.size, newer: checkpoint.size }
  if (checkpoint.origin !== own.origin) return notChecked('newer_checkpoint', 'other_log', { log: checkpoint.origin })
  if (checkpoint.size < own.size) return notChecked('newer_checkpoint', 'older', sizes)
  if (checkpoint.size > own.size && old !== own.size) return notChecked('newer_checkpoint', 'proof_needed', sizes)
  demand(isConsistent(own, checkpoint, checkpoint.size === own.size ? [] : proof), 'rewritten', sizes)
  return passed('newer_checkpoint', sizes)
}

function readSupplied(bytes: Buffer): { old: number | null; proof: Buffer[]; note: string } {
  const text = decodeText(bytes)
  if (!text.startsWith('old ')) return { old: null, proof: [], note: text }
  const border = text.indexOf('\n\n')
  const [first = '', ...hashes] = text.slice(0, Math.max(0, border)).split('\n')
  return { old: decodeNumber(first.slice(4)), proof: hashes.map(decodeBase64), note: text.slice(border + 2) }
}

function isConsistent(older: Checkpoint, newer: Checkpoint, proof: readonly Buffer[]): boolean {
  try {
    verifyConsistency(older, newer, proof)
    return true
  } catch (e) {
    if (e instanceof LogError) return false
    throw e
  }
}

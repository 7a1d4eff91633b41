import { type Checkpoint, openCheckpoint, parseCheckpoint } from '../checkpoint.ts'
import { LogError } from '../log-error.ts'
import { leafHash, verifyConsistency, verifyInclusion } from '../merkle.ts'
import { decodeBase64, decodeNumber, decodeText, parseNote, type Verifier } from '../note.ts'
import { checkpointFiles, MAX_CHECKPOINTS } from '../package/format.ts'
import { parseTlogProof } from '../tlog-proof.ts'
import { type Check, type Made, notChecked, passed, demand } from './check.ts'
import type { Contents } from './contents.ts'
import type { History } from './history.ts'

/** A checkpoint of the package, signed or not. */
type Own = { note: Buffer; text: string; checkpoint: Checkpoint }

async function readOwn(contents: Contents): Promise<[Own, ...Own[]]> {
  const first = await readOne(contents, 1)
  const more: Own[] = []
  for (let at = 2; contents.has(checkpointFiles(at).note) && at <= MAX_CHECKPOINTS; at++)
    more.push(await readOne(contents, at))
  return [first, ...more]
}

async function readOne(contents: Contents, at: number): Promise<Own> {
  const note = await contents.read(checkpointFiles(at).note)
  const { text } = parseNote(note)
  return { note, text, checkpoint: parseCheckpoint(text) }
}

/** The log's signature under each of its states. */
export async function checkCheckpoint(contents: Contents, logs: readonly Verifier[]): Promise<Check> {
  const own = await readOwn(contents)
  if (logs.length === 0) return notChecked('checkpoint', 'no_log_key')
  for (const { note } of own) openCheckpoint(note, logs)
  const { origin, size } = own[0].checkpoint
  return passed('checkpoint', { log: origin, size })
}

/** Every event's entry stands in the log, at one of the checkpoints; gives which, from 0. */
export async function checkInclusion(contents: Contents, history: History): Promise<Made<number[]>> {
  const own = await readOwn(contents)
  const places: number[] = []
  for (const { row, proofFile } of history.events) {
    const { index, hashes, checkpoint: note } = parseTlogProof(await contents.read(proofFile))
    const { text } = parseNote(note)
    const place = own.findIndex((o) => o.text === text)
    const tree = own[place]?.checkpoint
    demand(tree !== undefined, 'other_checkpoint', { file: proofFile })
    const included = index === row.index && isIncluded(leafHash(Buffer.from(row.entry)), index, tree, hashes)
    demand(included, 'not_in_log', { file: row.file })
    places.push(place)
  }
  const { size } = own[0].checkpoint
  return { check: passed('inclusion', { count: history.events.length, size }), value: places }
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
  const { checkpoint: own } = await readOne(contents, 1)
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

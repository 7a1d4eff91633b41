import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openCheckpoint } from '../../proof/checkpoint.ts'
import { LogError } from '../../proof/log-error.ts'
import {
  consistencyProof,
  inclusionProof,
  leafHash,
  rootOf,
  verifyConsistency,
  verifyInclusion,
} from '../../proof/merkle.ts'
import { noteVerifier, parseVkey } from '../../proof/note.ts'
import { encodeTlogProof, verifyTlogProof } from '../../proof/tlog-proof.ts'
import { decodeBundle, nodesFromTiles, tilePath, tileWidth } from '../../proof/tiles.ts'

/** How many of a group's cases came out as they should. `skipped`: about something our formats do not have. */
export type LogVerdict = {
  group: string
  files: number
  run: number
  passed: number
  skipped: number
  failures: string[]
}

/** One file of transparency-dev/merkle's test data. */
type Case = {
  leafIdx: number
  treeSize: number
  size1: number
  size2: number
  start: number
  end: number
  size: number
  root: string
  root1: string
  root2: string
  leafHash: string
  proof: string[] | null
  wantErr: boolean
}

/** Null: not about anything we have. */
type Check = (c: Case) => boolean | null

const hash = (base64: string): Buffer => Buffer.from(base64, 'base64')

/** Whether the work is accepted; everything but a LogError is an error of ours. */
function accepted(work: () => void): boolean {
  try {
    work()
    return true
  } catch (e) {
    if (e instanceof LogError) return false
    throw e
  }
}

/** A subtree begins at a multiple of the power of two that holds it. */
function isSubtree({ start, end }: Case): boolean {
  let width = 1
  while (width < end - start) width *= 2
  return start >= 0 && start < end && start % width === 0
}

const checks: Record<string, Check> = {
  inclusion: (c) =>
    accepted(() =>
      verifyInclusion(
        { hash: hash(c.leafHash), index: c.leafIdx },
        { size: c.treeSize, root: hash(c.root) },
        (c.proof ?? []).map(hash),
      ),
    ),
  consistency: (c) =>
    accepted(() =>
      verifyConsistency(
        { size: c.size1, root: hash(c.root1) },
        { size: c.size2, root: hash(c.root2) },
        (c.proof ?? []).map(hash),
      ),
    ),
  // A leaf of a subtree is proved like a leaf of a tree that begins there.
  subtreeinclusion: (c) =>
    isSubtree(c) &&
    accepted(() =>
      verifyInclusion(
        { hash: hash(c.leafHash), index: c.leafIdx - c.start },
        { size: c.end - c.start, root: hash(c.root) },
        (c.proof ?? []).map(hash),
      ),
    ),
  // Only subtrees at the beginning are trees of ours.
  subtreeconsistency: (c) => {
    if (c.start === c.end) return null
    if (!isSubtree(c)) return false
    if (c.start > 0) return null
    return checks['consistency']?.({ ...c, size1: c.end, size2: c.size }) ?? null
  },
}

/** Runs the test data of transparency-dev/merkle (`testdata`). */
export function evalMerkle(folder: string): LogVerdict[] {
  return Object.entries(checks).map(([group, check]) => {
    const files = readdirSync(join(folder, group), { recursive: true, encoding: 'utf8' }).filter((f) =>
      f.endsWith('.json'),
    )
    const verdict: LogVerdict = { group, files: files.length, run: 0, passed: 0, skipped: 0, failures: [] }
    for (const file of files) {
      const c = JSON.parse(readFileSync(join(folder, group, file), 'utf8')) as Case
      const result = check(c)
      if (result === null) verdict.skipped++
      else count(verdict, result !== c.wantErr, file)
    }
    return verdict
  })
}

function count(verdict: LogVerdict, passed: boolean, name: string): void {
  verdict.run++
  if (passed) verdict.passed++
  else verdict.failures.push(name)
}

/** Public key of Tessera's test log, from its `build_log.sh`. */
const TESSERA = 'example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx'

/** Follows Tessera's test log (`testdata/log`): checkpoints, their tiles and entries, every proof between them. */
export async function evalTessera(folder: string): Promise<LogVerdict[]> {
  const names = readdirSync(folder).filter((name) => name.startsWith('checkpoint'))
  const log = noteVerifier(parseVkey(TESSERA))
  const notes = names.map((name) => ({ name, note: readFileSync(join(folder, name)) }))
  const verdicts = ['checkpoints', 'entries', 'inclusion', 'consistency'].map((group): LogVerdict => ({
    group: `tessera ${group}`,
    files: 0,
    run: 0,
    passed: 0,
    skipped: 0,
    failures: [],
  }))
  const [checkpoints, entries, inclusion, consistency] = verdicts as [LogVerdict, LogVerdict, LogVerdict, LogVerdict]
  checkpoints.files = names.length
  for (const { name, note } of notes) {
    const { checkpoint } = openCheckpoint(note, [log])
    const { size, root } = checkpoint
    const read = reader(folder, size)
    count(checkpoints, (await rootOf(read, size)).equals(root), name)
    const bundle = entriesOf(folder, size)
    for (const [index, entry] of bundle.entries()) {
      count(entries, (await read({ level: 0, index })).equals(leafHash(entry)), `${name} entry ${index}`)
      const hashes = await inclusionProof(read, index, size)
      const proof = encodeTlogProof({ index, hashes, checkpoint: note.toString('utf8') })
      count(
        inclusion,
        accepted(() => void verifyTlogProof(proof, entry, { logs: [log] })),
        `${name} leaf ${index}`,
      )
    }
    for (const other of notes) {
      const older = openCheckpoint(other.note, [log]).checkpoint
      if (older.size === 0 || older.size > size) continue
      const proof = await consistencyProof(read, older.size, size)
      count(
        consistency,
        accepted(() => verifyConsistency(older, checkpoint, proof)),
        `${other.name} to ${name}`,
      )
    }
  }
  return verdicts
}

const reader = (folder: string, size: number) =>
  nodesFromTiles(async (name) => readFileSync(join(folder, tilePath(name))), size)

function entriesOf(folder: string, size: number): Buffer[] {
  const width = tileWidth('entries', 0, size)
  if (width === 0) return []
  return decodeBundle(readFileSync(join(folder, tilePath({ level: 'entries', index: 0, width }))), width)
}

/** Both, as far as their folders are there: `merkle/testdata`, `tessera/testdata/log`. */
export async function evalLog(data: string): Promise<LogVerdict[]> {
  const [merkle, tessera] = [join(data, 'merkle', 'testdata'), join(data, 'tessera', 'testdata', 'log')]
  return [...(existsSync(merkle) ? evalMerkle(merkle) : []), ...(existsSync(tessera) ? await evalTessera(tessera) : [])]
}

import { createHash } from 'node:crypto'
import type { Verifier } from '../note.ts'
import { checkpointFiles, FILES, MANIFEST_STAMP, MAX_CHECKPOINTS } from '../package/format.ts'
import { encodeManifest } from '../package/manifest.ts'
import { openSeal, parseSeal } from '../package/seal.ts'
import { type Certificate, type Timestamp, verifyToken } from '../timestamp/index.ts'
import { type Check, type CheckId, type Made, notChecked, passed, demand } from './check.ts'
import type { Contents } from './contents.ts'

/** The seal's signature by the log. */
export async function checkSeal(contents: Contents, logs: readonly Verifier[]): Promise<Check> {
  const seal = await contents.read(FILES.seal)
  parseSeal(seal)
  if (logs.length === 0) return notChecked('seal', 'no_log_key')
  return passed('seal', { log: openSeal(seal, logs) })
}

/** Every file is the one in the seal, and every file of the seal is there. */
export async function checkFiles(contents: Contents): Promise<Check> {
  const sealed = new Map(parseSeal(await contents.read(FILES.seal)).files.map((f) => [f.name, f.sha256]))
  const here = contents.digests.filter(({ name }) => name !== FILES.seal)
  const replaced = here.filter(({ name, sha256 }) => sealed.get(name)?.equals(sha256) === false)
  demand(replaced.length === 0, 'replaced', { files: listed(replaced.map((f) => f.name)) })
  const missing = [...sealed.keys()].filter((name) => !contents.has(name))
  demand(missing.length === 0, 'missing', { files: listed(missing) })
  const added = here.filter(({ name }) => !sealed.has(name))
  demand(added.length === 0, 'added', { files: listed(added.map((f) => f.name)) })
  return passed('files', { count: here.length })
}

const shown = 5
const listed = (names: string[]): string =>
  names.slice(0, shown).join(', ') + (names.length > shown ? `, … (${names.length})` : '')

/** The manifest is, byte for byte, the one of these files. */
export async function checkManifest(contents: Contents): Promise<Check> {
  const manifest = await contents.read(FILES.manifest)
  const expected = encodeManifest(contents.digests, contents.has(MANIFEST_STAMP))
  demand(manifest.equals(expected), 'disagrees')
  return passed('manifest')
}

export type StampTrust = { roots: Certificate[]; nowMs: number }

/** A token over a file. Throws TimestampError. */
export async function checkStamp(
  of: { id: CheckId; file: string; token: string },
  contents: Contents,
  { roots, nowMs }: StampTrust,
): Promise<Made<Timestamp | null>> {
  const { id, file, token } = of
  if (!contents.has(token)) return { check: notChecked(id, 'no_stamp'), value: null }
  if (roots.length === 0) return { check: notChecked(id, 'no_roots'), value: null }
  const digest = createHash('sha256')
    .update(await contents.read(file))
    .digest()
  const timestamp = verifyToken(await contents.read(token), { digest, anchors: roots, nowMs })
  const { authority, serial, timeMs } = timestamp
  return { check: passed(id, { authority, serial, time: new Date(timeMs).toISOString() }), value: timestamp }
}

/** The token over the manifest: when the package was made. */
export const checkManifestStamp = async (contents: Contents, trust: StampTrust): Promise<Check> =>
  (await checkStamp({ id: 'manifest_stamp', file: FILES.manifest, token: MANIFEST_STAMP }, contents, trust)).check

/** The tokens over the checkpoints, all verified; the first one, soon after the call, is what the check tells. */
export async function checkCheckpointStamps(
  contents: Contents,
  trust: StampTrust,
): Promise<Made<(Timestamp | null)[]>> {
  const made: Made<Timestamp | null>[] = []
  for (let at = 1; contents.has(checkpointFiles(at).note) && at <= MAX_CHECKPOINTS; at++) {
    const { note, token } = checkpointFiles(at)
    made.push(await checkStamp({ id: 'checkpoint_stamp', file: note, token }, contents, trust))
  }
  return { check: made[0]!.check, value: made.map((m) => m.value) }
}

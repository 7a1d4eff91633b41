import { LogError } from '../log-error.ts'
import { type Note, openNote, parseNote, type Verifier } from '../note.ts'
import { isEntryName } from '../zip.ts'
import type { Digest } from './manifest.ts'

/*
 * META-INF/seal.note: a note (c2sp.org/signed-note) of the log's own key over the SHA-256 of every other file. Its lines are those
 * of sha256sum. The first line keeps it apart from a checkpoint, whose second line is a number.
 */

const MAGIC = 'verbale.dev/package/v1'

/** The text that is signed. */
export const encodeSeal = (files: readonly Digest[]): string =>
  `${MAGIC}\n${files.map(({ name, sha256 }) => `${sha256.toString('hex')}  ${name}\n`).join('')}`

/** The files a seal lists, nothing verified. Throws LogError `malformed`. */
export function parseSeal(note: Buffer): { note: Note; files: Digest[] } {
  const parsed = parseNote(note)
  const [magic, ...lines] = parsed.text.slice(0, -1).split('\n')
  if (magic !== MAGIC) throw new LogError('malformed', 'not the seal of a package')
  const files = lines.map((line) => {
    const [, hex = '', name = ''] = /^([0-9a-f]{64}) {2}(.+)$/.exec(line) ?? []
    if (!isEntryName(name)) throw new LogError('malformed', 'a line of the seal is not one of sha256sum')
    return { name, sha256: Buffer.from(hex, 'hex') }
  })
  return { note: parsed, files }
}

/**
 * Demands the one signature of a seal, by one of `logs`; gives its name. A second signature would be bytes that nobody vouches for.
 * Throws LogError.
 */
export function openSeal(note: Buffer, logs: readonly Verifier[]): string {
  if (parseNote(note).signatures.length !== 1) throw new LogError('malformed', 'a seal has one signature')
  const [signed] = openNote(note, logs).signed
  return signed?.key.name ?? ''
}

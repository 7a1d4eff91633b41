import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { bufferEntry, writeZip, type ZipInput } from '../zip.ts'
import { encodeCustody, type OpenedEvent } from './custody.ts'
import { encodeDisclosure } from './disclosure.ts'
import {
  checkpointFiles,
  eventFiles,
  FILES,
  type LaneDisclosure,
  type Language,
  LANGUAGES,
  MANIFEST_STAMP,
  PACKAGE_TYPE,
  type Recording,
  reportName,
} from './format.ts'
import { type Digest, encodeManifest } from './manifest.ts'
import { readmeText } from './readme.ts'
import { scriptText } from './script.ts'
import { encodeSeal } from './seal.ts'
import { wavBytes, wavHeader } from './wav.ts'

export type { OpenedEvent } from './custody.ts'

/** A recording with its samples: signed 16 bit, little-endian, interleaved. `open` is called twice and gives the same bytes. */
export type RecordingInput = Recording & { open(): AsyncIterable<Buffer> | Iterable<Buffer> }

/** Everything an evidence package is made of. Documents are the exact bytes of their files. */
export type PackageParts = {
  callId: string
  recordings: RecordingInput[]
  lanes: LaneDisclosure[]
  /** JSON. `gaps` and `policy` must agree with the call's events. */
  documents: { vcon: Buffer; gaps: Buffer; policy: Buffer; consent: Buffer }
  /** The call's own events, oldest first, each with a proof up to one of `checkpoints`. */
  events: OpenedEvent[]
  /**
   * States of the log. The first one covers the event that seals the audio and was stamped soon after it; later ones cover what
   * happened later, maybe in another log. `note` is text, empty line and the log's own signature line; `token` is over its SHA-256.
   */
  checkpoints: { note: string; token: Buffer | null }[]
  /** PDFs, which may tell the hashes of the files before them. */
  reports(files: readonly Digest[]): Record<Language, Buffer> | Promise<Record<Language, Buffer>>
  /** Asks for a token over the manifest's SHA-256; null when there is no authority or it does not answer. */
  stamp: ((digest: Buffer) => Promise<Buffer | null>) | null
  /** Signs a text with the log's key: a note with one signature. */
  seal(text: string): string | Promise<string>
}

type File = ZipInput & { sha256: Buffer }

/**
 * The bytes of an evidence package (ASiC-E, ETSI EN 319 162-1). Recordings are read twice: once for their hashes, once to be
 * written. Throws ZipError `too_large` at 4 GiB, `altered` when a recording gave other bytes the second time; FormatError for an
 * event that is none.
 */
export async function* buildPackage(parts: PackageParts): AsyncGenerator<Buffer> {
  const files = await contentOf(parts)
  files.push(...reportsOf(await parts.reports(digestsOf(files))))
  const stamp = parts.stamp && (await parts.stamp(sha256(encodeManifest(files, true))))
  files.push(inMemory(FILES.manifest, encodeManifest(files, stamp !== null)))
  if (stamp) files.push(inMemory(MANIFEST_STAMP, stamp))
  files.push(inMemory(FILES.seal, await parts.seal(encodeSeal(digestsOf(files)))))
  yield* writeZip(files)
}

const digestsOf = (files: readonly File[]): Digest[] => files.map(({ name, sha256: hash }) => ({ name, sha256: hash }))

async function contentOf(parts: PackageParts): Promise<File[]> {
  const { recordings, lanes, documents } = parts
  const audio: File[] = []
  for (const recording of recordings) audio.push(await measured(recording))
  const disclosed = recordings.map(({ file, rate, from, samples, lanes: of }) => ({
    file,
    rate,
    from,
    samples,
    lanes: of,
  }))
  return [
    inMemory(FILES.mimetype, PACKAGE_TYPE),
    ...audio,
    inMemory(FILES.disclosure, encodeDisclosure({ recordings: disclosed, lanes })),
    inMemory(FILES.vcon, documents.vcon),
    inMemory(FILES.gaps, documents.gaps),
    inMemory(FILES.policy, documents.policy),
    inMemory(FILES.consent, documents.consent),
    inMemory(FILES.custody, encodeCustody(parts.callId, parts.events)),
    ...parts.events.flatMap(filesOfEvent),
    ...parts.checkpoints.flatMap(filesOfCheckpoint),
  ]
}

const reportsOf = (reports: Record<Language, Buffer>): File[] => [
  ...LANGUAGES.map((language) => inMemory(reportName(language), reports[language])),
  inMemory(FILES.readme, readmeText),
  inMemory(FILES.script, scriptText),
]

function filesOfEvent({ event, salt, proof }: OpenedEvent, i: number): File[] {
  const names = eventFiles(i + 1)
  return [inMemory(names.event, event), inMemory(names.salt, `${salt.toString('hex')}\n`), inMemory(names.proof, proof)]
}

function filesOfCheckpoint({ note, token }: PackageParts['checkpoints'][number], i: number): File[] {
  const names = checkpointFiles(i + 1)
  return [inMemory(names.note, note), ...(token ? [inMemory(names.token, token)] : [])]
}

const sha256 = (bytes: Buffer): Buffer => createHash('sha256').update(bytes).digest()

function inMemory(name: string, content: Buffer | string): File {
  const bytes = Buffer.from(content)
  return { ...bufferEntry(name, bytes), sha256: sha256(bytes) }
}

/** Reads a recording once for its CRC and hash. Throws RangeError when it is not as long as it says. */
async function measured(recording: RecordingInput): Promise<File> {
  const shape = { channels: recording.lanes.length, rate: recording.rate, samples: recording.samples }
  const header = wavHeader(shape)
  async function* open(): AsyncGenerator<Buffer> {
    yield header
    yield* recording.open()
  }
  const hash = createHash('sha256')
  let [crc, size] = [0, 0]
  for await (const piece of open()) {
    hash.update(piece)
    crc = crc32(piece, crc)
    size += piece.length
  }
  if (size !== wavBytes(shape)) throw new RangeError(`${recording.file} has ${size} bytes, not ${wavBytes(shape)}`)
  return { name: recording.file, size, crc, open, sha256: hash.digest() }
}

import { createHash } from 'node:crypto'
import { bufferEntry, entryBytes, readZip, writeZip } from '../../zip.ts'
import { FILES, MANIFEST_STAMP } from '../format.ts'
import { encodeManifest } from '../manifest.ts'
import { encodeSeal } from '../seal.ts'
import { collect, sourceOf } from './sample.ts'

/** Files of a package by name, in order. */
export async function unpack(bytes: Buffer): Promise<Map<string, Buffer>> {
  const source = sourceOf(bytes)
  const files = new Map<string, Buffer>()
  for (const entry of await readZip(source))
    files.set(entry.name, Buffer.from(await collect(entryBytes(source, entry))))
  return files
}

/** A new container around files, with right CRCs: what someone does who knows ZIP. */
export const pack = (files: Map<string, Buffer>): Promise<Buffer> =>
  collect(writeZip([...files].map(([name, bytes]) => bufferEntry(name, bytes))))

/** Changes files of a package (null removes one) and packs it again. */
export async function repack(bytes: Buffer, changes: Record<string, Buffer | null>): Promise<Buffer> {
  return pack(changed(await unpack(bytes), changes))
}

/** Changes files and makes manifest and seal anew: what someone does who has a log's key. A stamp of the manifest is dropped. */
export async function reseal(
  bytes: Buffer,
  changes: Record<string, Buffer | null>,
  sign: (text: string) => string,
): Promise<Buffer> {
  const files = changed(await unpack(bytes), changes)
  for (const name of [FILES.manifest, MANIFEST_STAMP, FILES.seal]) files.delete(name)
  files.set(FILES.manifest, encodeManifest(digestsOf(files), false))
  files.set(FILES.seal, Buffer.from(sign(encodeSeal(digestsOf(files)))))
  return pack(files)
}

function changed(files: Map<string, Buffer>, changes: Record<string, Buffer | null>): Map<string, Buffer> {
  for (const [name, content] of Object.entries(changes)) {
    if (content === null) files.delete(name)
    else files.set(name, content)
  }
  return files
}

const digestsOf = (files: Map<string, Buffer>) =>
  [...files].map(([name, bytes]) => ({ name, sha256: createHash('sha256').update(bytes).digest() }))

/** One bit of `bytes` the other way. */
export function flip(bytes: Buffer, bit: number): Buffer {
  const copy = Buffer.from(bytes)
  copy[bit >> 3]! ^= 1 << (bit & 7)
  return copy
}

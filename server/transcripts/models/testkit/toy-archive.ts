import { spawnSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Header } from 'tar'
import { writeToyModel } from '../../engines/testkit/toy-model.ts'
import type { CatalogueModel } from '../catalogue.ts'

export type TarEntry = {
  path: string
  type?: 'File' | 'Directory' | 'SymbolicLink' | 'Link' | 'CharacterDevice' | 'FIFO'
  body?: Buffer
  link?: string
}

export const hashOf = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

/** A tar file, also such as no honest program makes. */
export function tarOf(entries: readonly TarEntry[]): Buffer {
  const blocks = entries.flatMap(({ path, type = 'File', body = Buffer.alloc(0), link }) => {
    const header = Buffer.alloc(512)
    new Header({
      path,
      type,
      size: body.length,
      mode: 0o644,
      uid: 0,
      gid: 0,
      mtime: new Date(0),
      ...(link !== undefined && { linkpath: link }),
    }).encode(header, 0)
    return [header, body, Buffer.alloc((512 - (body.length % 512)) % 512)]
  })
  return Buffer.concat([...blocks, Buffer.alloc(1024)])
}

export function bzip2(bytes: Buffer): Buffer {
  const { status, stdout } = spawnSync('bzip2', ['-c'], { input: bytes, maxBuffer: 1e9 })
  if (status !== 0) throw new Error('bzip2 is needed for this test')
  return stdout
}

export const NAME = 'toy-archive'
/** The archive's file name, as the publisher calls it. */
export const ARCHIVE = `${NAME}.tar.bz2`

/** The toy model's files, in the order in which they lie in the archive. */
export function toyFiles(): { name: string; body: Buffer }[] {
  const root = mkdtempSync(join(tmpdir(), 'verbale-toy-'))
  try {
    const place = writeToyModel(root, 'streaming-nemo-ctc')
    return ['model.onnx', 'tokens.txt'].map((name) => ({ name, body: readFileSync(join(place, name)) }))
  } finally {
    rmSync(root, { recursive: true })
  }
}

/** As sherpa-onnx's archives are: one folder, with sounds that are not wanted; they make it large enough to be interrupted. */
export function toyEntries(files = toyFiles(), soundBytes = 300_000): TarEntry[] {
  return [
    { path: `${NAME}/`, type: 'Directory' },
    ...files.map(({ name, body }) => ({ path: `${NAME}/${name}`, body })),
    { path: `${NAME}/test_wavs/`, type: 'Directory' },
    { path: `${NAME}/test_wavs/tokens.txt`, body: Buffer.from('not these') },
    { path: `${NAME}/test_wavs/0.wav`, body: randomBytes(soundBytes) },
  ]
}

/** A catalogue's entry for an archive with the toy model's files. */
export function toyEntry(archive: Buffer, files = toyFiles()): CatalogueModel {
  return {
    id: 'toy-streaming',
    version: '1',
    kind: 'streaming-nemo-ctc',
    languages: ['it', 'fr', 'en'],
    purpose: 'the tests',
    recommended: false,
    licence: { name: 'CC0-1.0', url: 'https://creativecommons.org/publicdomain/zero/1.0/' },
    archive: { url: `https://publisher.invalid/models/${ARCHIVE}`, bytes: archive.length, sha256: hashOf(archive) },
    files: files.map(({ name, body }) => ({ name, bytes: body.length, sha256: hashOf(body) })),
  }
}

import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { Problem, messageOf } from '../../../platform/problem.ts'
import { unusableModel } from '../problems.ts'
import { KINDS, type ModelFiles } from './protocol.ts'

const fileName = z.string().regex(/^[\w][\w.-]{0,120}$/, 'a plain file name')

/** `model.json` beside a model's files. */
export const manifestSchema = z.strictObject({
  id: z.string().regex(/^[a-z0-9][a-z0-9.-]{0,79}$/, 'lower-case letters, digits, dots and hyphens'),
  version: z.string().min(1).max(40),
  kind: z.enum(KINDS),
  /** Primary subtags it was made for. */
  languages: z.array(z.string().regex(/^[a-z]{2,3}$/)).min(1),
  licence: z.string().min(1),
  source: z.string().min(1),
  files: z
    .array(
      z.strictObject({
        name: fileName,
        bytes: z.int().min(1),
        sha256: z.string().regex(/^[0-9a-f]{64}$/, 'a SHA-256 in hexadecimal'),
      }),
    )
    .min(2),
})
export type Manifest = z.infer<typeof manifestSchema>

/** A model whose files are what its manifest says. */
export type CheckedModel = { manifest: Manifest; files: ModelFiles }

/**
 * Reads a model folder and checks every file against its manifest.
 * @throws Problem `engine_model_unusable` with the file and the reason
 */
export async function checkModel(folder: string): Promise<CheckedModel> {
  const manifest = await readManifest(folder)
  const where = `Model ${manifest.id}`
  for (const file of manifest.files) {
    const path = join(folder, file.name)
    const size = (await stat(path).catch(() => null))?.size
    if (size === undefined) throw unusableModel(where, `the file ${file.name} is missing`)
    if (size !== file.bytes)
      throw unusableModel(where, `the file ${file.name} has ${size} bytes instead of ${file.bytes}`)
    if ((await sha256(path)) !== file.sha256)
      throw unusableModel(where, `the file ${file.name} is damaged or another one: its SHA-256 is not the manifest's`)
  }
  return { manifest, files: filesOf(folder, manifest) }
}

/**
 * Reads `model.json`.
 * @throws Problem `engine_model_unusable` with the place and the reason
 */
export async function readManifest(folder: string): Promise<Manifest> {
  const path = join(folder, 'model.json')
  let value: unknown
  try {
    value = JSON.parse(await readFile(path, 'utf8'))
  } catch (e) {
    throw new Problem('engine_model_unusable', 500, `The manifest ${path} cannot be read: ${messageOf(e)}.`)
  }
  const result = manifestSchema.safeParse(value)
  if (result.success) return result.data
  const [issue] = result.error.issues
  throw new Problem(
    'engine_model_unusable',
    500,
    `The manifest ${path} is wrong: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}. Correct it or add the model again.`,
  )
}

/** SHA-256 of a file in hexadecimal; `heard` is told of the bytes as they are read. */
export async function sha256(path: string, heard: (bytes: number) => void = () => {}): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
    hash.update(chunk as Buffer)
    heard((chunk as Buffer).length)
  }
  return hash.digest('hex')
}

/** Which file is what is told by its name, as sherpa-onnx's archives name them (`encoder.int8.onnx`). */
function filesOf(folder: string, { id, kind, files }: Manifest): ModelFiles {
  const find = (part: RegExp): string | undefined => {
    const found = files.find(({ name }) => part.test(name))
    return found && join(folder, found.name)
  }
  const need = (part: string, pattern: RegExp): string => {
    const found = find(pattern)
    if (found === undefined) throw unusableModel(`Model ${id}`, `a model of kind ${kind} needs a file named ${part}`)
    return found
  }
  const tokens = need('tokens.txt', /tokens\.txt$/)
  if (kind === 'nemo-ctc' || kind === 'streaming-nemo-ctc')
    return { tokens, model: need('model.onnx', /model[^/]*\.onnx$/) }
  const pair = {
    tokens,
    encoder: need('encoder.onnx', /encoder.*\.onnx$/),
    decoder: need('decoder.onnx', /decoder.*\.onnx$/),
  }
  return kind === 'whisper' ? pair : { ...pair, joiner: need('joiner.onnx', /joiner.*\.onnx$/) }
}

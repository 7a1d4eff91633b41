import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { silentLog } from '../../../platform/log.ts'
import { writeToyModel } from '../testkit/toy-model.ts'
import { openSherpaBatch } from './batch.ts'
import { checkModel } from './model.ts'
import { KINDS } from './protocol.ts'

const folders: string[] = []
const fresh = (): string => {
  const root = mkdtempSync(join(tmpdir(), 'verbale-model-'))
  folders.push(root)
  return writeToyModel(root, 'nemo-ctc')
}
afterEach(() => folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true })))

const refusal = (folder: string): Promise<string> =>
  checkModel(folder).then(
    () => 'accepted',
    (e: unknown) => String(e),
  )
const edit = (folder: string, change: (manifest: Record<string, unknown>) => void): void => {
  const path = join(folder, 'model.json')
  const manifest = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>
  change(manifest)
  writeFileSync(path, JSON.stringify(manifest))
}

describe('a model folder', () => {
  it('is accepted when every file is what the manifest says', async () => {
    const { manifest, files } = await checkModel(fresh())
    expect(manifest.kind).toBe('nemo-ctc')
    expect(files.model).toMatch(/model\.onnx$/)
    expect(files.tokens).toMatch(/tokens\.txt$/)
  })

  it('is refused with one changed bit, a byte too many, or a missing file', async () => {
    const changed = fresh()
    const bytes = readFileSync(join(changed, 'model.onnx'))
    bytes[200]! ^= 1
    writeFileSync(join(changed, 'model.onnx'), bytes)
    expect(await refusal(changed)).toMatch(/model\.onnx is damaged or another one/)
    const longer = fresh()
    appendFileSync(join(longer, 'tokens.txt'), '\n')
    expect(await refusal(longer)).toMatch(/tokens\.txt has \d+ bytes instead of \d+/)
    const missing = fresh()
    rmSync(join(missing, 'tokens.txt'))
    expect(await refusal(missing)).toMatch(/tokens\.txt is missing/)
  })

  it('is refused with a manifest that is wrong, and says where', async () => {
    const noJson = fresh()
    writeFileSync(join(noJson, 'model.json'), '{')
    expect(await refusal(noJson)).toMatch(/cannot be read/)
    const escaping = fresh()
    edit(escaping, (m) => ((m['files'] as { name: string }[])[0]!.name = '../../etc/passwd'))
    expect(await refusal(escaping)).toMatch(/files\.0\.name a plain file name/)
    const unknown = fresh()
    edit(unknown, (m) => (m['kind'] = 'tdnn'))
    expect(await refusal(unknown)).toMatch(/kind/)
  })

  it('is refused when its kind needs files that it has not', async () => {
    for (const kind of KINDS.filter((k) => !k.endsWith('nemo-ctc'))) {
      const folder = fresh()
      edit(folder, (m) => (m['kind'] = kind))
      expect(await refusal(folder)).toMatch(/needs a file named encoder\.onnx/)
    }
  })

  it('that the native code cannot read is refused with its reason, and this process goes on', async () => {
    const model = await checkModel(fresh())
    const wrong = { ...model, files: { ...model.files, model: model.files.tokens } }
    await expect(openSherpaBatch({ model: wrong, log: silentLog })).rejects.toMatchObject({
      code: 'engine_model_unusable',
      message: expect.stringContaining('toy-nemo-ctc'),
    })
  })
})

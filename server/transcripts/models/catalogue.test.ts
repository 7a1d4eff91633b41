import { expect, it } from 'vitest'
import { manifestSchema } from '../engines/sherpa/model.ts'
import { CATALOGUE, unpackedBytes } from './catalogue.ts'

it.each(CATALOGUE.map((model) => [model.id, model] as const))('%s becomes a manifest that is accepted', (_, model) => {
  const { id, version, kind, languages, licence, archive, files } = model
  const manifest = { id, version, kind, languages, licence: licence.name, source: archive.url, files }
  expect(manifestSchema.safeParse(manifest).error).toBeUndefined()
  expect(archive.sha256).toMatch(/^[0-9a-f]{64}$/)
  expect(archive.url).toMatch(/^https:.*\/sherpa-onnx-[\w.-]+\.tar\.bz2$/)
  expect(licence.url).toMatch(/^https:/)
  // Weights hardly compress: a slip of a digit in a size would show.
  expect(unpackedBytes(files)! / archive.bytes!).toBeGreaterThan(0.5)
  expect(unpackedBytes(files)! / archive.bytes!).toBeLessThan(2)
  expect(new Set(languages).size).toBe(languages.length)
})

it('no two models share an id or an archive', () => {
  for (const key of [CATALOGUE.map(({ id }) => id), CATALOGUE.map(({ archive }) => archive.sha256)])
    expect(new Set(key).size).toBe(CATALOGUE.length)
})

import { expect, it } from 'vitest'
import type { Engines as Opened } from './engines/index.ts'
import type { BatchTranscriber } from './engines/ports.ts'
import { enginesOf } from './serving.ts'

const engine = (name: string): BatchTranscriber => ({
  identity: { engine: name, model: 'm', version: '1', demo: false },
  languages: [],
  transcribe: async () => [],
  close: async () => {},
})
const opened = (by: Record<string, BatchTranscriber>): Opened =>
  ({ batch: (language: string) => by[language] ?? null }) as unknown as Opened

it('a language nobody declared goes to an engine that knows them all, and to no other', () => {
  const [all, english] = [engine('all'), engine('english')]
  expect(enginesOf(opened({ it: all, fr: all, en: all })).batch(null)).toBe(all)
  expect(enginesOf(opened({ en: english })).batch(null)).toBeNull()
  expect(enginesOf(opened({ it: all, fr: all, en: english })).batch(null)).toBeNull()
  expect(enginesOf(opened({})).batch(null)).toBeNull()
  expect(enginesOf(opened({ en: english })).batch('en')).toBe(english)
  expect(enginesOf(opened({ en: english })).batch('it')).toBeNull()
})

import fc from 'fast-check'
import { expect, it } from 'vitest'
import { PurposeKey } from '../../../contract/models/common.ts'
import { keyFor } from './draft.ts'

it('a new purpose gets a key from its name', () => {
  expect(keyFor('Reclami e qualità', [])).toBe('reclami_e_qualita')
  expect(keyFor('Réclamations', ['reclamations'])).toBe('reclamations_2')
  expect(keyFor('2', [])).toBe('purpose')
})

it('whatever the name, the key can be used and is not taken', () => {
  fc.assert(
    fc.property(fc.string(), fc.array(fc.string()), (name, taken) => {
      const key = keyFor(name, taken)
      expect(PurposeKey.safeParse(key).success).toBe(true)
      expect(taken).not.toContain(key)
      expect(keyFor(name, [...taken, key])).not.toBe(key)
    }),
  )
})

import { expect, it } from 'vitest'
import { seededEntries } from '../register/seed.ts'
import { basisOf } from './basis.ts'

const entry = (key: string) => seededEntries().find((e) => e.key === key) ?? null

it('gives each purpose a basis of its own', () => {
  expect(basisOf(entry('evidence'), 'legal_obligation')).toBe('legal_obligation')
  expect(basisOf(entry('evidence'), null)).toBe('contract')
  expect(basisOf(entry('training'), 'contract')).toBe('legitimate_interests')
  expect(basisOf(entry('training'), 'consent')).toBe('consent')
  expect(basisOf(null, 'public_task')).toBe('public_task')
})

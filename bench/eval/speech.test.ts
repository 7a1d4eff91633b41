import { expect, it } from 'vitest'
import { wordErrors } from './speech.ts'

it('counts words that are wrong, missing and added', () => {
  expect(wordErrors('one two three four', 'One, two three four.')).toBe(0)
  expect(wordErrors('one two three four', 'one too four')).toBe(0.5)
  expect(wordErrors('one', 'one and two')).toBe(2)
  expect(wordErrors('one two', '')).toBe(1)
})

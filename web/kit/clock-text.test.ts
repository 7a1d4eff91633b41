import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readClock } from './clock-text.ts'
import { clock } from './format.ts'

test('a place in a call is read as people write it', () => {
  const read = ['75', '1:15', ' 1:15,5 ', '1:15.25', '1:02:15', '90:00'].map(readClock)
  expect(read).toEqual([75_000, 75_000, 75_500, 75_250, 3_735_000, 5_400_000])
  expect(['', 'x', '1:', ':5', '1:75', '1:60:00', '-1', '1:2:3:4'].map(readClock)).toEqual(Array(8).fill(null))
})

test('what the page shows is read back', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 359_999 }), (seconds) => {
      expect(readClock(clock(seconds * 1000))).toBe(seconds * 1000)
    }),
  )
})

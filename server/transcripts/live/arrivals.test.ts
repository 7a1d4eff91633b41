import { expect, test } from 'vitest'
import { arrivals } from './arrivals.ts'

const ns = (ms: number): bigint => BigInt(ms) * 1_000_000n

/** Pieces of 40 ms, each so late. */
function lane(delays: number[]) {
  const map = arrivals()
  delays.forEach((delay, i) => map.add(40, ns(500 + (i + 1) * 40 + delay), 0n))
  return map
}
const seconds = (n: number, delay: number): number[] => Array.from({ length: n * 25 }, () => delay)

test('jitter and a burst at the start change nothing: the least delayed of the first second counts, as in the record', () => {
  const map = lane([200, 160, 120, 80, 40, ...seconds(30, 0).map((_, i) => (i % 7) * 10)])
  expect(map.driftMs).toBe(0)
  expect(map.undelayed(1000)).toBe(ns(1500))
})

test('a lane that runs away from the clock is told of: silence put in too much, or too little', () => {
  expect(lane([...seconds(5, 0), ...seconds(3, -200)]).driftMs).toBe(200)
  expect(lane([...seconds(10, 0), ...seconds(21, 300)]).driftMs).toBe(300)
})

test('a moment of the lane comes when its piece came', () => {
  const map = lane([0, 0, 100])
  expect(map.at(60).arrivalNs).toBe(ns(560))
  expect(map.at(120).arrivalNs).toBe(ns(720))
})

import { expect, test } from 'vitest'
import { liveThroughYear } from './year.ts'

test('a year of calls ends with exactly what an independent model predicts', async () => {
  const report = await liveThroughYear({ calls: 150, seed: 20_270_111, compareEvery: 30 })
  expect(report.differences).toEqual([])
  expect(report.calls).toBe(150)
  // The story must have had something to tell.
  const { restarts, ended, destroyed, objections, holdsPlaced, holdsReleased } = report
  for (const happened of [restarts, ended, destroyed, objections, holdsPlaced, holdsReleased])
    expect(happened).toBeGreaterThan(3)
}, 300_000)

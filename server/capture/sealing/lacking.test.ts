import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { GapKind } from '../../../contract/models/calls.ts'
import { sensitiveMs, withSensitive } from './lacking.ts'

const gap = (kind: GapKind, fromMs: number, toMs: number) => ({ kind, fromMs, toMs, provable: true, missing: null })

it('what was a gap before keeps its reason', () => {
  const gaps = [gap('paused', 2000, 3000), gap('sensitive', 5000, 6000)]
  const now = withSensitive(gaps, [
    { fromMs: 1500, toMs: 3500 },
    { fromMs: 5500, toMs: 6200 },
  ])
  expect(now.map(({ kind, fromMs, toMs }) => [kind, fromMs, toMs])).toEqual([
    ['sensitive', 1500, 2000],
    ['paused', 2000, 3000],
    ['sensitive', 3000, 3500],
    ['sensitive', 5000, 6000],
    ['sensitive', 6000, 6200],
  ])
  expect(sensitiveMs(now) - sensitiveMs(gaps)).toBe(1200)
})

it('covers the spans whole, each ms once, and adds nothing a second time', () => {
  const at = fc.tuple(fc.nat(200), fc.integer({ min: 1, max: 50 }))
  fc.assert(
    fc.property(fc.array(at, { maxLength: 6 }), fc.array(at, { maxLength: 6 }), (before, cut) => {
      let end = 0
      const gaps = before.map(([skip, length]) => {
        const from = end + skip
        end = from + length
        return gap('dtx', from, end)
      })
      const spans = cut.map(([fromMs, length]) => ({ fromMs, toMs: fromMs + length }))
      const now = withSensitive(gaps, spans)
      const times = new Map<number, number>()
      for (const { fromMs, toMs } of now) for (let ms = fromMs; ms < toMs; ms++) times.set(ms, (times.get(ms) ?? 0) + 1)
      for (const { fromMs, toMs } of spans) for (let ms = fromMs; ms < toMs; ms++) expect(times.get(ms)).toBe(1)
      expect([...times.values()].every((n) => n === 1)).toBe(true)
      expect(withSensitive(now, spans)).toEqual(now)
    }),
  )
})

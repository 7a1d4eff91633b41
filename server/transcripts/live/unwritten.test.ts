import fc from 'fast-check'
import { expect, test } from 'vitest'
import { unwritten } from './unwritten.ts'

/** Samples that tell their place. */
const ramp = (from: number, length: number): Int16Array => Int16Array.from({ length }, (_, i) => (from + i) % 30_000)

test('keeps what no final covers, whole and in order, and no more than a while', () => {
  const step = fc.oneof(
    fc.record({ add: fc.integer({ min: 1, max: 4000 }) }),
    fc.record({ written: fc.double({ min: 0, max: 1.1, noNaN: true }) }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const rate = 8000
      const subject = unwritten(rate)
      let end = 0
      let doneMs = 0
      for (const one of steps) {
        if ('add' in one) {
          subject.add(ramp(end, one.add))
          end += one.add
        } else {
          const toMs = (one.written * end * 1000) / rate
          doneMs = Math.max(doneMs, toMs)
          subject.written(toMs)
        }
        const kept = subject.samples().reduce((sum, { length }) => sum + length, 0)
        const from = Math.round((subject.fromMs * rate) / 1000)
        expect(from + kept).toBe(end)
        expect(subject.samples().flatMap((piece) => [...piece])).toEqual([...ramp(from, kept)])
        expect(kept).toBeLessThanOrEqual(17 * rate)
        // nothing that is not written down is let go before its time
        if (end - (doneMs * rate) / 1000 < 15 * rate) expect(from).toBeLessThanOrEqual((doneMs * rate) / 1000 + 1)
      }
    }),
    { numRuns: 30 },
  )
})

import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { resampler, toL16 } from './resample.ts'

function run(input: Float32Array, from: number, to: number, cuts: number[] = []): Float32Array {
  const r = resampler(from, to)
  const out: number[] = []
  let at = 0
  for (const cut of [...cuts.map((c) => c % (input.length + 1)).toSorted((a, b) => a - b), input.length]) {
    out.push(...r.push(input.subarray(at, cut)))
    at = cut
  }
  out.push(...r.end())
  return Float32Array.from(out)
}

const sine = (hz: number, rate: number, n: number): Float32Array =>
  Float32Array.from({ length: n }, (_, i) => Math.sin((2 * Math.PI * hz * i) / rate))

const rms = (x: Float32Array): number => Math.sqrt(x.reduce((s, v) => s + v * v, 0) / x.length)

const rate = fc.constantFrom(4000, 7350, 11_025, 12_000, 22_050, 24_000, 32_000, 44_100, 48_000, 44_099)

describe('resampler', () => {
  it('gives ceil(n × to / from) samples however the input is cut', () => {
    fc.assert(
      fc.property(
        rate,
        fc.constantFrom(8000, 16_000),
        fc.integer({ min: 0, max: 3000 }),
        fc.array(fc.nat(3000), { maxLength: 6 }),
        (from, to, n, cuts) => {
          const input = sine(300, from, n)
          const whole = run(input, from, to)
          expect(whole.length).toBe(Math.ceil((n * to) / from))
          expect(run(input, from, to, cuts)).toEqual(whole)
        },
      ),
      { numRuns: 100 },
    )
  })

  it('keeps level and phase in the passband', () => {
    for (const [from, to] of [
      [44_100, 16_000],
      [48_000, 8000],
      [11_025, 8000],
      [6000, 8000],
    ] as const) {
      const out = run(sine(1000, from, from), from, to)
      for (let i = 200; i < to - 200; i++)
        expect(Math.abs(out[i]! - Math.sin((2 * Math.PI * 1000 * i) / to))).toBeLessThan(0.002)
    }
  })

  it('removes what the lower rate cannot hold by 70 dB', () => {
    const out = run(sine(9500, 48_000, 48_000), 48_000, 16_000)
    expect(20 * Math.log10(rms(out.subarray(200, -200)))).toBeLessThan(-70)
  })

  it('keeps silence silent and a constant constant', () => {
    expect(rms(run(new Float32Array(5000), 44_100, 16_000))).toBe(0)
    const out = run(new Float32Array(5000).fill(0.5), 44_100, 16_000)
    for (const v of out.subarray(100, -100)) expect(v).toBeCloseTo(0.5, 5)
  })

  it('clips instead of wrapping', () => {
    const l16 = toL16(Float32Array.of(1, -1, 2, -2, 0.5))
    expect([0, 2, 4, 6, 8].map((i) => l16.readInt16LE(i))).toEqual([32_767, -32_768, 32_767, -32_768, 16_384])
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FILL, type LaneCodec } from './formats.ts'
import { storedLane, type Lane } from './lane.ts'
import { memoryReader } from './testkit/logs.ts'
import { snr, tone } from './testkit/signals.ts'
import { encodeG711 } from './codecs/g711.ts'
import { toLinear } from './peaks.ts'
import { planWav, renderWav, spanOfBytes, type WavPlan } from './wav.ts'

const laneOf = (codec: LaneCodec, samples: Int16Array, facts: { rate: number; from?: number }): Lane => {
  const bytes = codec === 'L16' ? Buffer.from(samples.buffer) : encodeG711(codec, samples)
  return storedLane(memoryReader(bytes), { codec, ...facts })
}

async function rendered(plan: WavPlan, from?: number, to?: number): Promise<{ bytes: Buffer; largest: number }> {
  const parts: Buffer[] = []
  for await (const part of renderWav(plan, from, to)) parts.push(part)
  return { bytes: Buffer.concat(parts), largest: Math.max(0, ...parts.map((p) => p.length)) }
}

const channel = (bytes: Buffer, which: 0 | 1) => Buffer.from(bytes.filter((_, i) => i % 2 === which))

describe('virtual WAV', () => {
  it('interleaves two legs of one law bit for bit behind 58 bytes', async () => {
    const left = laneOf('PCMA', tone(440, 1000, 8000), { rate: 8000 })
    const right = laneOf('PCMA', tone(700, 500, 8000), { rate: 8000, from: 2000 })
    const plan = planWav({ left: [left], right: [right] })
    const { bytes, largest } = await rendered(plan)
    expect(plan).toMatchObject({ codec: 'PCMA', rate: 8000, channels: 2, samples: 8000, bytes: 16_058 })
    expect(bytes.length).toBe(plan.bytes)
    expect(largest).toBeLessThanOrEqual(65536)
    expect(bytes.toString('latin1', 0, 4) + bytes.toString('latin1', 8, 16) + bytes.toString('latin1', 38, 42)).toBe(
      'RIFFWAVEfmt fact',
    )
    expect([bytes.readUInt32LE(4), bytes.readUInt16LE(20), bytes.readUInt16LE(22), bytes.readUInt32LE(24)]).toEqual([
      16_050, 6, 2, 8000,
    ])
    expect([bytes.readUInt32LE(46), bytes.toString('latin1', 50, 54), bytes.readUInt32LE(54)]).toEqual([
      8000,
      'data',
      16_000,
    ])
    const data = bytes.subarray(58)
    expect(channel(data, 0).equals(await left.read(0, 8000))).toBe(true)
    expect(channel(data, 1).equals(await right.read(0, 8000))).toBe(true)
    expect(
      channel(data, 1)
        .subarray(0, 2000)
        .every((b) => b === FILL.PCMA),
    ).toBe(true)
  })

  it('gives any range as a slice of the whole', async () => {
    const voices = [tone(440, 900, 16000), tone(300, 500, 8000), tone(650, 700, 8000)] as const
    const plans = [
      planWav({
        left: [laneOf('PCMU', voices[1], { rate: 8000 })],
        right: [laneOf('PCMU', voices[2], { rate: 8000 })],
      }),
      planWav({
        left: [laneOf('L16', voices[0], { rate: 16000 })],
        right: [laneOf('PCMU', voices[1], { rate: 8000, from: 801 })],
      }),
      planWav({ left: [laneOf('PCMA', voices[1], { rate: 8000 })], right: [] }),
      planWav({
        left: [laneOf('PCMA', voices[1], { rate: 8000 }), laneOf('PCMU', voices[2], { rate: 8000 })],
        right: [laneOf('L16', voices[0], { rate: 16000 })],
      }),
    ]
    const whole = await Promise.all(plans.map(async (plan) => (await rendered(plan)).bytes))
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: 3 }), fc.nat({ max: 70_000 }), fc.nat({ max: 70_000 }), async (n, a, b) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b)]
        const { bytes } = await rendered(plans[n] ?? planWav({ left: [], right: [] }), from, to)
        expect(bytes.equals(whole[n]?.subarray(from, to) ?? Buffer.alloc(0))).toBe(true)
      }),
    )
  })

  it('brings unlike lanes to L16 at the higher rate, in tune', async () => {
    const low = tone(440, 1000, 8000)
    const plan = planWav({
      left: [laneOf('PCMA', low, { rate: 8000 })],
      right: [laneOf('L16', tone(440, 1000, 16000), { rate: 16000 })],
    })
    const { bytes } = await rendered(plan)
    expect(plan).toMatchObject({ codec: 'L16', rate: 16000, bytes: 44 + 16_000 * 4 })
    const both = toLinear('L16', bytes.subarray(44))
    const left = both.filter((_, i) => i % 2 === 0)
    expect(snr(tone(440, 900, 16000), left)).toBeGreaterThan(30)
    expect(both.filter((_, i) => i % 2 === 1)).toEqual(tone(440, 1000, 16000))
  })
})

describe('virtual WAV of unusual calls', () => {
  it('mixes several lanes of one side, and clips', async () => {
    const loud = tone(440, 100, 8000, 0.9)
    const lanes = [laneOf('L16', loud, { rate: 8000 }), laneOf('L16', loud, { rate: 8000 })]
    const { bytes } = await rendered(planWav({ left: lanes, right: [] }))
    const mixed = toLinear('L16', bytes.subarray(44))
    expect(Math.max(...mixed)).toBe(32767)
    expect(mixed[1]).toBe(2 * (loud[1] ?? 0))
  })

  it('reaches the far end of thirty hours without holding them', async () => {
    const hours = 30
    const lane: Lane = {
      codec: 'L16',
      rate: 16000,
      from: 0,
      to: hours * 3600 * 16000,
      read: async (from, to) => Buffer.alloc((to - from) * 2, 7),
      close: () => {},
    }
    const plan = planWav({ left: [lane], right: [lane] })
    expect(plan.bytes).toBe(44 + hours * 3600 * 64_000)
    expect(plan.header.readUInt32LE(40)).toBe(0xffffffff)
    const { bytes } = await rendered(plan, plan.bytes - 10)
    expect(bytes).toEqual(Buffer.alloc(10, 7))
    expect(spanOfBytes(plan, plan.bytes - 64_000, plan.bytes)).toEqual({
      fromMs: hours * 3_600_000 - 1000,
      toMs: hours * 3_600_000,
    })
  })

  it('says what of the call a range holds', () => {
    const plan = planWav({
      left: [laneOf('PCMA', tone(440, 1000, 8000), { rate: 8000 })],
      right: [laneOf('PCMA', tone(440, 1000, 8000), { rate: 8000 })],
    })
    expect(spanOfBytes(plan, 0, 58)).toEqual({ fromMs: 0, toMs: 0 })
    expect(spanOfBytes(plan, 58 + 1600, 58 + 3200)).toEqual({ fromMs: 100, toMs: 200 })
    expect(planWav({ left: [], right: [] }).bytes).toBe(44)
  })
})

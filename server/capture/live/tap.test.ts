import fc from 'fast-check'
import { expect, test } from 'vitest'
import { rtpPacket } from '../media/testkit/rtp.ts'
import type { AudioFormat } from '../source.ts'
import { LegTap } from './tap.ts'

const MS = 1_000_000n
const alaw: AudioFormat = { codec: 'PCMA', rate: 8000, channels: 1 }

/** A tap and what it hands on. */
async function listen(format: AudioFormat = alaw) {
  const lanes: { rate: number; samples: number[]; arrivals: bigint[]; ended: boolean }[] = []
  const tap = new LegTap({
    format,
    open(rate) {
      const lane = { rate, samples: [] as number[], arrivals: [] as bigint[], ended: false }
      lanes.push(lane)
      return {
        push: (samples, arrivalNs) => {
          lane.samples.push(...samples)
          lane.arrivals.push(arrivalNs)
        },
        end: () => void (lane.ended = true),
      }
    },
  })
  // decoders are made asynchronously
  await new Promise((resolve) => setTimeout(resolve, 20))
  return { tap, lanes, ms: () => (lanes[0]?.samples.length ?? 0) / ((lanes[0]?.rate ?? 8000) / 1000) }
}

/** 20 ms of a loud A-law tone. */
const loud = Buffer.alloc(160, 0x2a)
const packet = (n: number, payload = loud, more: { ssrc?: number; timestamp?: number } = {}) =>
  rtpPacket(
    { sequence: n & 0xffff, timestamp: more.timestamp ?? n * 160, ssrc: more.ssrc ?? 7, payloadType: 8 },
    payload,
  )
const at = (n: number): bigint => BigInt(n * 20) * MS

test('packets become one lane without holes; what was lost is silence', async () => {
  const { tap, lanes, ms } = await listen()
  for (const n of [0, 1, 2, 5, 6, 7]) tap.rtp(packet(n), at(n))
  tap.end()
  expect(ms()).toBe(160)
  const silent = lanes[0]!.samples.flatMap((s, i) => (s === 0 ? [i] : []))
  expect([silent[0], silent.at(-1), silent.length]).toEqual([480, 799, 320])
  expect(lanes[0]!.ended).toBe(true)
})

test('late and repeated packets are not heard twice', async () => {
  const { tap, ms } = await listen()
  for (const n of [0, 1, 3, 2, 3, 1, 4]) tap.rtp(packet(n), at(n))
  tap.end()
  expect(ms()).toBe(100)
})

test('where nothing comes there is silence, and what comes then follows it', async () => {
  const { tap, ms } = await listen()
  tap.rtp(packet(0), at(0))
  for (const n of [98, 99]) tap.tick(at(n))
  // a program that stood still has packets waiting
  expect(ms()).toBe(20)
  tap.tick(at(100))
  expect(ms()).toBe(20 + 2000 - 200)
  tap.rtp(packet(100), at(100))
  tap.rtp(packet(101), at(101))
  tap.tick(at(102))
  expect(ms()).toBe(2040)
})

test('a hushed leg is silence of the same length', async () => {
  const { tap, lanes, ms } = await listen()
  tap.rtp(packet(0), at(0))
  tap.hush(true)
  tap.rtp(packet(1), at(1))
  tap.hush(false)
  tap.rtp(packet(2), at(2))
  tap.end()
  expect(ms()).toBe(60)
  const { samples } = lanes[0]!
  expect(
    [samples.slice(0, 160), samples.slice(160, 320), samples.slice(320)].map((part) => part.some((s) => s !== 0)),
  ).toEqual([true, false, true])
})

test('a codec of another rate begins another lane; one that cannot be decoded is not heard, and harms nothing', async () => {
  const { tap, lanes } = await listen()
  tap.rtp(packet(0), at(0))
  tap.change({ format: { codec: 'G722', rate: 8000, channels: 1 } })
  await new Promise((resolve) => setTimeout(resolve, 20))
  tap.rtp(packet(1), at(1))
  tap.tick(at(2))
  expect(lanes.map(({ rate, ended, samples }) => [rate, ended, samples.length])).toEqual([
    [8000, true, 160],
    [16_000, false, 320],
  ])
  tap.change({ format: { codec: 'G729', rate: 8000, channels: 1 } })
  await new Promise((resolve) => setTimeout(resolve, 20))
  tap.rtp(packet(2), at(2))
  tap.end()
  expect(lanes).toHaveLength(2)
})

test('high rates are brought to 16 kHz', async () => {
  const { tap, lanes } = await listen({ codec: 'L16', rate: 48_000, channels: 1 })
  for (let n = 0; n < 50; n++) tap.frame(Buffer.alloc(1920, 1), at(n), undefined)
  tap.end()
  expect(lanes[0]?.rate).toBe(16_000)
  expect(Math.abs((lanes[0]?.samples.length ?? 0) - 16_000)).toBeLessThan(400)
})

test('whatever comes: nothing is thrown, and arrivals never run backwards', async () => {
  const events = fc.array(
    fc.oneof(
      fc.record({ rtp: fc.nat(400), junk: fc.boolean(), ssrc: fc.constantFrom(1, 2), ts: fc.nat(0xffffffff) }),
      fc.record({ tick: fc.constant(true) }),
      fc.record({ hush: fc.boolean() }),
    ),
    { maxLength: 60 },
  )
  await fc.assert(
    fc.asyncProperty(events, async (list) => {
      const { tap, lanes } = await listen()
      let now = 0
      for (const event of list) {
        now += 20
        const ns = BigInt(now) * MS
        if ('tick' in event) tap.tick(ns)
        else if ('hush' in event) tap.hush(event.hush)
        else if (event.junk) tap.rtp(Buffer.alloc(event.rtp % 20, 0x80), ns)
        else tap.rtp(packet(event.rtp, loud, { ssrc: event.ssrc }), ns)
      }
      tap.end()
      for (const { arrivals } of lanes)
        for (const [i, one] of arrivals.entries()) expect(one >= (arrivals[i - 1] ?? 0n)).toBe(true)
    }),
    { numRuns: 40 },
  )
})

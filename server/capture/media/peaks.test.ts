import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AudioFormat } from '../source.ts'
import { LevelMeter } from './level.ts'
import { openLane } from './lane.ts'
import { LegRecords } from './packetlog.ts'
import { PeakMeter, PEAKS_PER_SECOND, peaksOf } from './peaks.ts'
import { buildIndex } from './seekindex.ts'
import { headerOf, memoryReader, rtpLog } from './testkit/logs.ts'
import { sendRtp } from './testkit/rtp.ts'
import { payloadsOf, speechLike, tone } from './testkit/signals.ts'
import { ms } from './testkit/timelines.ts'

const pcmu: AudioFormat = { codec: 'PCMU', rate: 8000, channels: 1 }

describe('peaks', () => {
  it('are the lowest and highest of every window, in any order of pieces', () => {
    const samples = fc.int16Array({ minLength: 1, maxLength: 3000 })
    fc.assert(
      fc.property(samples, fc.integer({ min: 1, max: 700 }), fc.nat({ max: 1000 }), (pcm, piece, at) => {
        const forward = new PeakMeter(8000)
        forward.add(at, pcm)
        const backward = new PeakMeter(8000)
        for (let i = Math.floor((pcm.length - 1) / piece); i >= 0; i--)
          backward.add(at + i * piece, pcm.subarray(i * piece, (i + 1) * piece))
        const pairs = forward.bytes()
        expect(backward.bytes().equals(pairs)).toBe(true)
        for (let p = 0; p * 2 < pairs.length; p++) {
          const window = pcm.subarray(Math.max(0, p * 400 - at), Math.max(0, (p + 1) * 400 - at))
          expect(pairs.readInt8(2 * p)).toBe(Math.min(0, ...window) >> 8)
          expect(pairs.readInt8(2 * p + 1)).toBe(Math.min(127, Math.ceil(Math.max(0, ...window) / 256)))
        }
      }),
    )
  })

  it('of a lane show where its sound is', async () => {
    const log = memoryReader(rtpLog(pcmu, payloadsOf('PCMU', tone(440, 2000, 8000, 0.5), 8000), { startMs: 1000 }))
    const lane = openLane(log, await buildIndex(log))
    const peaks = await peaksOf(lane)
    expect(peaks.length).toBe(3 * PEAKS_PER_SECOND * 2)
    expect(peaks.subarray(0, 40).every((b) => b === 0)).toBe(true)
    expect(peaks.readInt8(81)).toBeGreaterThan(55)
    expect(peaks.readInt8(80)).toBeLessThan(-55)
  })
})

/** dBFS of all the samples there are. */
const levelOf = (pcm: Int16Array): number =>
  Math.max(-90, 10 * Math.log10(pcm.reduce((sum, v) => sum + (v / 32768) ** 2, 0) / pcm.length + 1e-9))

describe('level', () => {
  const cases = [
    { codec: 'PCMU', rate: 8000, clock: 8000 },
    { codec: 'PCMA', rate: 8000, clock: 8000 },
    { codec: 'G722', rate: 16000, clock: 8000 },
    { codec: 'opus', rate: 48000, clock: 48000 },
  ] as const
  for (const { codec, rate, clock } of cases) {
    it(`tells a silent leg from one that is heard: ${codec}`, async () => {
      const format: AudioFormat = { codec, rate: clock, channels: 1 }
      const leg = new LegRecords({ ...headerOf(format), anchorNs: 5n })
      const meter = new LevelMeter({ ...leg.header })
      expect([meter.lastPacketNs, meter.lastSignalNs, meter.dbfs()]).toEqual([undefined, undefined, null])
      await meter.ready
      const quiet = payloadsOf(codec, new Int16Array(rate * 12), rate)
      const loud = payloadsOf(codec, tone(440, 12_000, rate, 0.5), rate)
      for (const s of sendRtp(quiet, { ticks: clock / 50, rate: clock }))
        meter.push(leg.rtp(s.packet, s.arrivalNs + 5n))
      expect(meter.lastPacketNs).toBe(ms(11_980) + 5n)
      expect(meter.lastSignalNs).toBeUndefined()
      expect(meter.dbfs()).toBeLessThan(-60)
      for (const s of sendRtp(loud, { ticks: clock / 50, rate: clock, startMs: 12_000 }))
        meter.push(leg.rtp(s.packet, s.arrivalNs + 5n))
      expect(meter.lastSignalNs).toBeGreaterThan(ms(18_000))
      expect(Math.abs((meter.dbfs() ?? 0) - -9)).toBeLessThan(1.5)
      expect(meter.dbfs(ms(30_000))).toBeNull()
    })
  }

  it('looks into a few packets a second, and shows what all of them would', () => {
    const leg = new LegRecords({ ...headerOf(pcmu), anchorNs: 0n })
    const pcm = speechLike(20_000, 8000)
    const meter = new LevelMeter({ ...leg.header })
    const shown: (number | null)[] = []
    const looked = new Set<number>()
    for (const [i, s] of sendRtp(payloadsOf('PCMU', pcm, 8000), { jitterMs: 5 }).entries()) {
      const record = leg.rtp(s.packet, s.arrivalNs)
      const watched = {
        type: 'rtp' as const,
        atNs: record.atNs,
        get packet() {
          looked.add(i)
          return s.packet
        },
      }
      meter.push(watched)
      if (i % 50 === 10) shown.push(meter.dbfs())
    }
    expect(looked.size).toBeLessThan(20 * 20)
    const errors = shown
      .slice(1)
      .map((level, second) => Math.abs((level ?? 0) - levelOf(pcm.subarray(second * 8000, (second + 1) * 8000))))
      .toSorted((a, b) => a - b)
    expect(errors).toHaveLength(19)
    expect(errors[9]).toBeLessThan(1)
    // A syllable that begins or ends at a second's edge may be missed in an otherwise silent one.
    expect(errors[16]).toBeLessThan(3)
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AudioFormat } from '../source.ts'
import { clipLog } from './clip.ts'
import { FILL } from './formats.ts'
import { maskedLane, openLane, readLane, storedLane, streamLane } from './lane.ts'
import { LegRecords, type LogRecord } from './packetlog.ts'
import { toLinear } from './peaks.ts'
import { buildIndex } from './seekindex.ts'
import { decodeIndex, encodeIndex } from './seekindex-codec.ts'
import { headerOf, joined, logOf, memoryReader, rtpLog } from './testkit/logs.ts'
import { network } from './testkit/networks.ts'
import { rtpPacket, sendRtp } from './testkit/rtp.ts'
import { payloadsOf, snr, speechLike, tone } from './testkit/signals.ts'
import { eventAt, ms, run, unique } from './testkit/timelines.ts'

const pcma: AudioFormat = { codec: 'PCMA', rate: 8000, channels: 1 }
const g722: AudioFormat = { codec: 'G722', rate: 8000, channels: 1 }
const opus: AudioFormat = { codec: 'opus', rate: 48000, channels: 1 }

describe('seek index', () => {
  it('survives encoding, whatever the network did', async () => {
    await fc.assert(
      fc.asyncProperty(network, fc.integer({ min: 1, max: 300 }), async (impairments, n) => {
        const index = await buildIndex(memoryReader(rtpLog(pcma, unique(n), impairments)))
        expect(decodeIndex(encodeIndex(index))).toEqual(index)
      }),
      { numRuns: 50 },
    )
  })

  it('is small: ten minutes of clean G.711 in less than 7 KB', async () => {
    const payload = Buffer.alloc(160, 0x42)
    const log = rtpLog(
      pcma,
      Array.from({ length: 30_000 }, () => payload),
    )
    const bytes = encodeIndex(await buildIndex(memoryReader(log)))
    expect(bytes.length).toBeLessThan(7000)
    expect(() => decodeIndex(bytes.subarray(0, bytes.length - 1))).toThrow('seek index')
    expect(() => decodeIndex(Buffer.from('nonsense'))).toThrow('seek index')
  })

  it('marks the end of a log that was cut off', async () => {
    const log = rtpLog(pcma, unique(100))
    const index = await buildIndex(memoryReader(log.subarray(0, log.length - 100)))
    expect(index.gaps.at(-1)).toMatchObject({ kind: 'interrupted', from: index.to, to: index.to })
    expect(index.ended).toBe(false)
  })
})

describe('lane of G.711', () => {
  it('holds every byte where the timeline put it, and silence elsewhere, from any place', async () => {
    await fc.assert(
      fc.asyncProperty(
        network,
        fc.array(fc.nat({ max: 40_000 }), { minLength: 2, maxLength: 6 }),
        async (impairments, cuts) => {
          const header = headerOf(pcma)
          const leg = new LegRecords(header)
          const records = sendRtp(unique(200), impairments).map((s) => leg.rtp(s.packet, s.arrivalNs))
          const { lane, facts } = run(records, header)
          const log = memoryReader(logOf(header, records))
          const index = await buildIndex(log)
          expect(index.to).toBe(facts.to)
          const places = cuts.toSorted((a, b) => a - b)
          for (let i = 1; i < places.length; i++) {
            const [from = 0, to = 0] = [places[i - 1], places[i]]
            const bytes = await readLane(log, index, from, to)
            const expected = Buffer.from(Array.from({ length: to - from }, (_, k) => lane.get(from + k) ?? FILL.PCMA))
            expect(bytes.equals(expected)).toBe(true)
          }
        },
      ),
      { numRuns: 60 },
    )
  })

  it('agrees with the timeline on packets that overlap and contradict each other', async () => {
    const packet = fc.record({
      ms: fc.integer({ min: 0, max: 3000 }),
      sequence: fc.integer({ min: 0, max: 60 }),
      timestamp: fc.integer({ min: 0, max: 60 }).map((n) => n * 80),
      ssrc: fc.integer({ min: 1, max: 2 }),
      payload: fc.uint8Array({ minLength: 1, maxLength: 200 }).map((b) => Buffer.from(b)),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(packet, { maxLength: 60 }), async (packets) => {
        const header = headerOf(pcma)
        const leg = new LegRecords(header)
        const ordered = packets.toSorted((a, b) => a.ms - b.ms)
        const records = ordered.map((p) => leg.rtp(rtpPacket({ payloadType: 8, ...p }, p.payload), ms(p.ms)))
        const { lane } = run(records, header)
        const log = memoryReader(logOf(header, records))
        const index = decodeIndex(encodeIndex(await buildIndex(log)))
        const bytes = await readLane(log, index, 0, index.to)
        expect(bytes.equals(Buffer.from(Array.from(bytes, (_, k) => lane.get(k) ?? FILL.PCMA)))).toBe(true)
      }),
    )
  })

  it('reads little to play from the middle', async () => {
    const log = memoryReader(rtpLog(pcma, unique(30_000)))
    const index = await buildIndex(log)
    log.reads = 0
    log.bytesRead = 0
    await readLane(log, index, 2_400_000, 2_408_000)
    expect(log.reads).toBe(1)
    expect(log.bytesRead).toBeLessThan(30_000)
  })
})

describe('lanes that are decoded', () => {
  const cases = [
    { name: 'G.722', format: g722, rate: 16000, ticks: 160, least: 15 },
    { name: 'Opus', format: opus, rate: 48000, ticks: 960, least: 3 },
  ]
  for (const { name, format, rate, ticks, least } of cases) {
    it(`gives the voice back, and the same bytes whatever is read first: ${name}`, async () => {
      const voice = speechLike(6000, rate, 3)
      const log = memoryReader(rtpLog(format, payloadsOf(format.codec, voice, rate), { ticks, startMs: 1000 }))
      const index = await buildIndex(log)
      expect(index).toMatchObject({ codec: 'L16', rate: 16000, from: 16000, to: 112_000 })
      const whole = await readLane(log, index, 0, 112_000)
      const original = speechLike(6000, 16000, 3)
      expect(snr(original, toLinear('L16', whole.subarray(32_000)), 200)).toBeGreaterThan(least)
      const lane = openLane(log, index)
      for (const [from, to] of [
        [50_000, 50_100],
        [20_000, 90_000],
        [15_999, 16_001],
      ] as const) {
        expect((await lane.read(from, to)).equals(whole.subarray(from * 2, to * 2))).toBe(true)
      }
      const streamed = await joined(streamLane(lane, 0))
      expect(streamed.equals(whole)).toBe(true)
      lane.close()
    })
  }

  it('decodes a tone over Opus with loss to within its codec', async () => {
    const log = memoryReader(
      rtpLog(opus, payloadsOf('opus', tone(440, 5000, 48000), 48000), { ticks: 960, loss: 0.02, seed: 5 }),
    )
    const index = await buildIndex(log)
    const samples = toLinear('L16', await readLane(log, index, 0, index.to))
    expect(snr(tone(440, 5000, 16000), samples, 200)).toBeGreaterThan(8)
  })
})

describe('lanes of mixed and other codecs', () => {
  it('joins G.711 and a wider codec of one leg at 16 kHz', async () => {
    const header = headerOf(pcma)
    const leg = new LegRecords(header)
    const low = payloadsOf('PCMA', tone(440, 2000, 8000), 8000)
    const wide = payloadsOf('G722', tone(440, 2000, 16000), 16000)
    const sent = sendRtp([...low, ...wide])
    const records: LogRecord[] = sent.slice(0, 100).map((s) => leg.rtp(s.packet, s.arrivalNs))
    records.push(eventAt(leg, 2000, { type: 'format', format: g722, cn: [13], dtmf: [101] }))
    records.push(...sent.slice(100).map((s) => leg.rtp(s.packet, s.arrivalNs)), eventAt(leg, 4000, { type: 'end' }))
    const log = memoryReader(logOf(header, records))
    const index = await buildIndex(log)
    expect(index).toMatchObject({ codec: 'L16', rate: 16000, to: 64_000, gaps: [] })
    const samples = toLinear('L16', await readLane(log, index, 0, 64_000))
    expect(snr(tone(440, 1900, 16000), samples.subarray(0, 30_400), 4)).toBeGreaterThan(25)
    expect(snr(tone(440, 1900, 16000), samples.subarray(32_800, 63_200), 60)).toBeGreaterThan(20)
  })

  it('reads L16 from RTP in network order and from streams as it comes', async () => {
    const format: AudioFormat = { codec: 'L16', rate: 8000, channels: 1 }
    const voice = speechLike(2000, 8000)
    const payloads = payloadsOf('L16', voice, 8000)
    const swapped = payloads.map((p) => Buffer.from(p).swap16())
    const overRtp = memoryReader(rtpLog(format, swapped, { ticks: 160 }))
    const header = headerOf(format, false)
    const leg = new LegRecords(header)
    const asFrames = memoryReader(
      logOf(
        header,
        payloads.map((p, i) => leg.frame(p, ms(i * 20))),
      ),
    )
    for (const log of [overRtp, asFrames]) {
      const index = await buildIndex(log)
      expect(toLinear('L16', await readLane(log, index, 0, 16_000))).toEqual(voice)
    }
  })

  it('keeps G.729 and reads it as silence', async () => {
    const log = memoryReader(
      rtpLog(
        { codec: 'G729', rate: 8000, channels: 1 },
        Array.from({ length: 100 }, () => Buffer.alloc(20, 7)),
        { ticks: 160 },
      ),
    )
    const index = await buildIndex(log)
    expect(index).toMatchObject({ undecodable: 'G729', codec: 'L16', rate: 8000, to: 16_000, realSamples: 16_000 })
    expect((await readLane(log, index, 0, 16_000)).every((b) => b === 0)).toBe(true)
  })
})

describe('lanes from lanes', () => {
  it('silences spans and keeps the rest, and reads back what was stored', async () => {
    const log = memoryReader(rtpLog(pcma, unique(200)))
    const index = await buildIndex(log)
    const lane = openLane(log, index)
    const training = maskedLane(lane, [{ fromMs: 1000, toMs: 2000 }])
    const stored = Buffer.concat([Buffer.alloc(16), await joined(streamLane(training, 0))])
    const again = storedLane(memoryReader(stored), { codec: 'PCMA', rate: 8000, offset: 16 })
    expect(again.to).toBe(lane.to)
    const [before, after] = [await lane.read(0, 32_000), await again.read(0, 32_000)]
    expect(after.subarray(0, 8000).equals(before.subarray(0, 8000))).toBe(true)
    expect(after.subarray(8000, 16_000).every((b) => b === FILL.PCMA)).toBe(true)
    expect(after.subarray(16_000).equals(before.subarray(16_000))).toBe(true)
    expect((await again.read(31_990, 32_010)).subarray(10).every((b) => b === FILL.PCMA)).toBe(true)
  })
})

describe('clipped log', () => {
  it('keeps what arrived in the windows bit for bit at its place, and no other audio byte', async () => {
    const windows = fc.array(fc.tuple(fc.integer({ min: 0, max: 5000 }), fc.integer({ min: 1, max: 2000 })), {
      maxLength: 3,
    })
    await fc.assert(
      fc.asyncProperty(network, windows, async (impairments, spans) => {
        const payloads = unique(250)
        const log = memoryReader(rtpLog(pcma, payloads, impairments))
        const index = await buildIndex(log)
        const keep = spans.map(([fromMs, length]) => ({ fromMs, toMs: fromMs + length }))
        const bytes = await joined(clipLog(log, index, keep))
        const clipped = memoryReader(bytes)
        const after = await buildIndex(clipped)
        expect([after.from, after.to]).toEqual([index.from, index.to])
        const [was, is] = [await readLane(log, index, 0, index.to), await readLane(clipped, after, 0, index.to)]
        expect(is.every((byte, k) => byte === FILL.PCMA || byte === was[k])).toBe(true)
        const firstMs = new Map<number, number>()
        for (const s of sendRtp(payloads, impairments))
          if (!firstMs.has(s.index)) firstMs.set(s.index, Number(s.arrivalNs) / 1e6)
        const wrong = payloads.flatMap((payload, n) => {
          const at = was.indexOf(payload)
          const ms = firstMs.get(n) ?? -1
          const inside = at >= 0 && keep.some((w) => ms >= w.fromMs && ms < w.toMs)
          return bytes.includes(payload) === inside ? [] : { n, at, inside }
        })
        expect(wrong).toEqual([])
      }),
      { numRuns: 25 },
    )
  })

  it('labels what it leaves out, and keeps the masks that were there', async () => {
    const header = headerOf(pcma)
    const leg = new LegRecords(header)
    const records = sendRtp(unique(500)).flatMap((s) => {
      const mask = s.index >= 200 && s.index < 250
      const event =
        s.index === 200
          ? [eventAt(leg, 4000, { type: 'mask', on: true, kind: 'paused' })]
          : s.index === 250
            ? [eventAt(leg, 5000, { type: 'mask', on: false })]
            : []
      return [...event, mask ? leg.maskedRtp(s.packet, s.arrivalNs) : leg.rtp(s.packet, s.arrivalNs)]
    })
    const log = memoryReader(logOf(header, [...records, eventAt(leg, 10_000, { type: 'end' })]))
    const bytes = await joined(
      clipLog(log, await buildIndex(log), [
        { fromMs: 3000, toMs: 6000 },
        { fromMs: 9000, toMs: Infinity },
      ]),
    )
    const { gaps } = await buildIndex(memoryReader(bytes))
    expect(gaps).toMatchObject([
      { fromMs: 0, toMs: 3000, kind: 'outside_contract' },
      { fromMs: 4000, toMs: 5000, kind: 'paused' },
      { fromMs: 6000, toMs: 9000, kind: 'outside_contract' },
    ])
  })
})

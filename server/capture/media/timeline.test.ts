import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PacketLogDecoder } from './packetlog-read.ts'
import { encodeHeader, encodeRecord, LegRecords } from './packetlog.ts'
import { sendRtp, type Impairments } from './testkit/rtp.ts'
import { expectAllPlaced, expectSound, gapsTotal, ms, pcmaHeader, recordsOf, run, unique } from './testkit/timelines.ts'

describe('timeline of RTP', () => {
  const cases: Record<string, Impairments> = {
    clean: {},
    loss: { loss: 0.02, burst: 8, jitterMs: 5 },
    reorder: { reorder: 0.05, jitterMs: 5 },
    duplicates: { duplicates: 0.05, jitterMs: 5 },
    dtx: { silent: (i) => i % 200 > 120, loss: 0.01 },
    late: { startMs: 7340 },
    drift: { driftPpm: 80, jitterMs: 5 },
    everything: {
      loss: 0.02,
      burst: 8,
      reorder: 0.05,
      duplicates: 0.02,
      jitterMs: 20,
      driftPpm: -60,
      silent: (i) => i % 300 > 250,
    },
  }
  for (const [name, impairments] of Object.entries(cases)) {
    it(`places every received byte once: ${name}`, () => {
      const sent = sendRtp(unique(3000), impairments)
      const result = run(recordsOf(sent))
      expectSound(result)
      expect(expectAllPlaced(result, sent).size).toBe(1)
      expect(result.facts.stats.conflicts).toBe(0)
      expect(result.facts.epochs).toHaveLength(1)
    })
  }

  it('holds for any loss, reorder, duplication, jitter and change of numbering, and replays alike', () => {
    const impairments = fc.record({
      seed: fc.nat(),
      loss: fc.constantFrom(0, 0.02, 0.3),
      burst: fc.integer({ min: 0, max: 30 }),
      reorder: fc.constantFrom(0, 0.05, 0.4),
      reorderMs: fc.integer({ min: 1, max: 400 }),
      duplicates: fc.constantFrom(0, 0.05, 0.4),
      jitterMs: fc.integer({ min: 0, max: 80 }),
      firstSequence: fc.integer({ min: 0, max: 65535 }),
      firstTimestamp: fc.integer({ min: 0, max: 0xffffffff }),
      startMs: fc.integer({ min: 0, max: 5000 }),
    })
    fc.assert(
      fc.property(impairments, fc.integer({ min: 1, max: 400 }), (options, n) => {
        const sent = sendRtp(unique(n), options)
        const leg = new LegRecords(pcmaHeader)
        const records = recordsOf(sent, leg)
        const result = run(records)
        expectSound(result)
        expect(expectAllPlaced(result, sent).size).toBeLessThanOrEqual(1)
        const log = Buffer.concat([encodeHeader(pcmaHeader), ...records.map(encodeRecord)])
        const replayed = run([...new PacketLogDecoder().push(log)].map((l) => l.record))
        expect(replayed.facts).toEqual(result.facts)
      }),
    )
  })
})

describe('timeline of hostile RTP', () => {
  it('never places anything twice whatever the packets say', () => {
    const packet = fc.record({
      ms: fc.integer({ min: 0, max: 20_000 }),
      sequence: fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 65535 })),
      timestamp: fc.oneof(
        fc.integer({ min: 0, max: 40 }).map((n) => n * 80),
        fc.integer({ min: 0, max: 0xffffffff }),
      ),
      ssrc: fc.integer({ min: 1, max: 2 }),
      payloadType: fc.constantFrom(8, 8, 8, 13, 101),
      size: fc.constantFrom(0, 80, 160, 161),
      mask: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(packet, { maxLength: 60 }), (packets) => {
        const leg = new LegRecords(pcmaHeader)
        const records = packets
          .toSorted((a, b) => a.ms - b.ms)
          .map((p) => {
            const bytes = Buffer.alloc(12 + p.size, 1)
            bytes[0] = 0x80
            bytes[1] = p.payloadType
            bytes.writeUInt16BE(p.sequence, 2)
            bytes.writeUInt32BE(p.timestamp, 4)
            bytes.writeUInt32BE(p.ssrc, 8)
            return p.mask ? leg.maskedRtp(bytes, ms(p.ms)) : leg.rtp(bytes, ms(p.ms))
          })
        const result = run(records)
        expectSound(result)
        const { stats } = result.facts
        expect(stats.received).toBe(stats.placed + stats.masked + stats.duplicates + stats.unplaced)
      }),
      { numRuns: 300 },
    )
  })
})

describe('clocks of RTP', () => {
  it('keeps one clock through a stall on the network', () => {
    const sent = sendRtp(unique(1000)).map((s) =>
      s.index >= 300 && s.index < 550 ? { ...s, arrivalNs: ms(11_000) } : s,
    )
    const result = run(recordsOf(sent))
    expect(expectAllPlaced(result, sent).size).toBe(1)
    expect(result.facts.epochs).toHaveLength(1)
    expect(result.facts.gaps.map((g) => g.kind)).toEqual(['interrupted'])
  })

  it('opens an epoch where the clock stopped, and where it jumped', () => {
    const stopped = sendRtp(unique(600)).map((s) => (s.index < 300 ? s : { ...s, arrivalNs: s.arrivalNs + ms(10_000) }))
    const one = run(recordsOf(stopped))
    expect(one.facts.epochs.map((e) => e.reason)).toEqual(['start', 'clock_stopped'])
    expect(one.facts.gaps[0]).toMatchObject({ fromMs: 6000, toMs: 16_000, kind: 'source_paused', provable: true })
    const jumped = sendRtp(unique(600), { changes: [{ before: 300, timestampBy: 50_000_000 }] })
    const two = run(recordsOf(jumped))
    expect(two.facts.epochs.map((e) => e.reason)).toEqual(['start', 'timestamp_jump'])
    expect(two.facts.realSamples).toBe(600 * 160)
    expect(gapsTotal(two.facts.gaps)).toBe(0)
  })

  it('follows a new SSRC and restarted numbering without overwriting', () => {
    const changes = [
      { before: 200, ssrc: 77, sequence: 5, timestampBy: -9_000_000 },
      { before: 400, sequence: 9000 },
    ]
    const sent = sendRtp(unique(600), { changes, jitterMs: 20, reorder: 0.05 })
    const result = run(recordsOf(sent))
    expectSound(result)
    expectAllPlaced(result, sent)
    expect(result.facts.epochs.map((e) => e.reason)).toEqual(['start', 'ssrc_change', 'sequence_restart'])
  })

  it('lets the first of two simultaneous sources keep the place', () => {
    const one = sendRtp(unique(500), { ssrc: 1 })
    const two = sendRtp(unique(100), { ssrc: 2, startMs: 4000 })
    const both = [...one, ...two].toSorted((a, b) => Number(a.arrivalNs - b.arrivalNs))
    const { facts } = run(recordsOf(both))
    expect(facts.to).toBe(500 * 160)
    expect(facts.stats).toMatchObject({ placed: 500, unplaced: 100 })
  })

  it('repairs timestamps in milliseconds and says so', () => {
    const sent = sendRtp(unique(500), { millisecondTimestamps: true, loss: 0.02, jitterMs: 5, firstTimestamp: 1000 })
    const result = run(recordsOf(sent))
    expect(expectAllPlaced(result, sent).size).toBe(1)
    expect(result.facts.corrections).toMatchObject([{ kind: 'millisecond_timestamps' }])
  })

  it('reads the skew of the clock', () => {
    const { facts } = run(recordsOf(sendRtp(unique(6000), { driftPpm: 80, jitterMs: 2 })))
    expect(facts.skewPpm).toBeGreaterThan(70)
    expect(facts.skewPpm).toBeLessThan(90)
  })

  it('starts two legs alike when jitter differs', () => {
    const starts = [3, 4].map(
      (seed) => run(recordsOf(sendRtp(unique(200), { seed, startMs: 500, jitterMs: 20 }))).facts.from,
    )
    for (const from of starts) expect(Math.abs(from - 4000)).toBeLessThan(16)
  })
})

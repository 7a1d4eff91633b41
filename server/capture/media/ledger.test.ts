import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LegRecords } from './packetlog.ts'
import { sendRtp } from './testkit/rtp.ts'
import { ended, eventAt, expectSound, ms, pcmaHeader, recordsOf, run, unique } from './testkit/timelines.ts'

describe('gap ledger of RTP', () => {
  it('names loss with its missing packets, and silence', () => {
    const leg = new LegRecords(pcmaHeader)
    const sent = sendRtp(unique(300), { silent: (i) => i >= 200 && i < 230 }).filter(
      (s) => s.index < 50 || s.index >= 53,
    )
    const { facts } = run([...recordsOf(sent, leg), ended(leg, 6000)])
    expect(facts.gaps).toEqual([
      { from: 8000, to: 8480, fromMs: 1000, toMs: 1060, kind: 'network_loss', provable: true, missing: 3 },
      { from: 32000, to: 36800, fromMs: 4000, toMs: 4600, kind: 'dtx', provable: true },
    ])
    expect(facts.stats.missing).toBe(3)
    expect(facts.ended).toBe(true)
  })

  it('tells a long loss from a restart, and lost packets among silence', () => {
    const leg = new LegRecords(pcmaHeader)
    const sent = sendRtp(unique(6000), { silent: (i) => i >= 5000 && i < 5100 }).filter(
      (s) => (s.index < 100 || s.index >= 4000) && s.index !== 5100,
    )
    const { facts } = run([...recordsOf(sent, leg), ended(leg, 120_000)])
    expect(facts.gaps).toMatchObject([
      { fromMs: 2000, toMs: 80_000, kind: 'network_loss', missing: 3900 },
      { fromMs: 100_000, toMs: 102_020, kind: 'network_loss', missing: 1, withDtx: true },
    ])
  })

  it('counts a late packet as found', () => {
    const sent = sendRtp(unique(200))
    const late = sent.splice(100, 1)
    const { facts } = run(recordsOf([...sent, ...late.map((s) => ({ ...s, arrivalNs: ms(5000) }))]))
    expect(facts.stats).toMatchObject({ missing: 0, reordered: 1, duplicates: 0 })
    expect(facts.gaps.map((g) => g.kind)).toEqual(['interrupted'])
  })

  it('logs a duplicate that differs and keeps the first', () => {
    const sent = sendRtp(unique(100))
    const forged = Buffer.from(sent[60]?.packet ?? '')
    forged.fill(9, 12)
    const result = run(recordsOf([...sent.slice(0, 61), { ...sent[60]!, packet: forged }, ...sent.slice(61)]))
    expect(result.facts.stats).toMatchObject({ duplicates: 1, conflicts: 1, placed: 100 })
    expect(result.lane.get(60 * 160)).toBe(0)
  })
})

describe('events of a leg', () => {
  it('labels masked packets, and the loss among them, with the reason of the mask', () => {
    const leg = new LegRecords(pcmaHeader)
    const sent = sendRtp(unique(500)).filter((s) => s.index < 220 || s.index >= 240)
    const records = sent.flatMap((s) => {
      if (s.index === 200)
        return [eventAt(leg, 4000, { type: 'mask', on: true, kind: 'paused' }), leg.maskedRtp(s.packet, s.arrivalNs)]
      if (s.index === 300) return [eventAt(leg, 6000, { type: 'mask', on: false }), leg.rtp(s.packet, s.arrivalNs)]
      return [s.index > 200 && s.index < 300 ? leg.maskedRtp(s.packet, s.arrivalNs) : leg.rtp(s.packet, s.arrivalNs)]
    })
    const result = run([...records, ended(leg, 10_000)])
    expectSound(result)
    expect(result.facts.gaps).toEqual([
      { from: 32000, to: 48000, fromMs: 4000, toMs: 6000, kind: 'paused', provable: true },
    ])
    expect(result.placements.every((p) => p.payload.readUInt32BE(0) < 200 || p.payload.readUInt32BE(0) >= 300)).toBe(
      true,
    )
  })

  it('labels hold, a full disk, an interruption and an open end', () => {
    const leg = new LegRecords(pcmaHeader)
    const part = (from: number, to: number) =>
      recordsOf(
        sendRtp(unique(1000)).filter((s) => s.index >= from && s.index < to),
        leg,
      )
    const { facts } = run([
      ...part(0, 100),
      eventAt(leg, 2000, { type: 'hold', on: true }),
      eventAt(leg, 4000, { type: 'hold', on: false }),
      ...part(200, 300),
      eventAt(leg, 6010, { type: 'dropped', bytes: 17200 }),
      ...part(400, 500),
      eventAt(leg, 11_990, { type: 'interrupted' }),
      ...part(600, 700),
      ended(leg, 20_000),
    ])
    expect(facts.gaps).toMatchObject([
      { fromMs: 2000, toMs: 4000, kind: 'hold', provable: true },
      { fromMs: 6000, toMs: 8000, kind: 'disk', missing: 100 },
      { fromMs: 10_000, toMs: 12_000, kind: 'interrupted', missing: 100 },
      { fromMs: 14_000, toMs: 20_000, kind: 'other', provable: false },
    ])
  })

  it('shows a leg that never sent anything as one gap', () => {
    const leg = new LegRecords(pcmaHeader)
    const { facts } = run([ended(leg, 3000)])
    expect(facts.gaps).toMatchObject([{ fromMs: 0, toMs: 3000, kind: 'other', provable: false }])
    expect(run([]).facts).toMatchObject({ from: 0, to: 0, realSamples: 0 })
  })

  it('continues on a new codec', () => {
    const leg = new LegRecords(pcmaHeader)
    const sent = sendRtp(unique(200))
    const change = eventAt(leg, 2000, {
      type: 'format',
      format: { codec: 'G722', rate: 8000, channels: 1 },
      cn: [13],
      dtmf: [],
    })
    const records = recordsOf(sent, leg)
    const result = run([...records.slice(0, 100), change, ...records.slice(100), ended(leg, 4000)])
    expect(result.facts.realSamples).toBe(200 * 160)
    expect(result.facts.gaps).toEqual([])
    expect(result.placements[150]?.format.codec).toBe('G722')
  })
})

describe('timeline of frames', () => {
  const plain = { ...pcmaHeader, sequenced: false }
  const sent = unique(1)[0] ?? Buffer.alloc(160)
  const frames = (leg: LegRecords, from: number, to: number, delay = 0) =>
    Array.from({ length: to - from }, (_, i) => leg.frame(sent, ms((from + i) * 20 + delay + ((i * 7) % 5))))

  it('follow each other, and a silence on the wire is a gap that cannot be proved', () => {
    const leg = new LegRecords(plain)
    const result = run([...frames(leg, 0, 100), ...frames(leg, 100, 200, 3000), ended(leg, 7000)], plain)
    expectSound(result)
    expect(result.facts.realSamples).toBe(200 * 160)
    expect(result.facts.gaps).toMatchObject([{ kind: 'source_paused', provable: false }])
    expect(Math.abs((result.facts.gaps[0]?.fromMs ?? 0) - 2000)).toBeLessThan(5)
    expect(Math.abs((result.facts.gaps[0]?.toMs ?? 0) - 5000)).toBeLessThan(5)
  })

  it('keep together when the connection stalls and catches up', () => {
    const leg = new LegRecords(plain)
    const stalled = Array.from({ length: 100 }, (_, i) => leg.frame(sent, ms(i < 30 || i > 79 ? i * 20 : 1600)))
    const { facts } = run([...stalled, ended(leg, 2000)], plain)
    expect(facts.gaps).toEqual([])
  })

  it('jump over what the source says it dropped', () => {
    const leg = new LegRecords(plain)
    const lost = leg.event({ type: 'lost', durationMs: 1000 }, ms(2000))
    const { facts } = run([...frames(leg, 0, 100), lost, ...frames(leg, 150, 250), ended(leg, 5000)], plain)
    expect(facts.gaps).toMatchObject([{ fromMs: 2000, toMs: 3000, kind: 'network_loss', provable: true }])
  })

  it('lie exactly where their position says, in any order and number of copies', () => {
    const order = fc.shuffledSubarray(
      Array.from({ length: 40 }, (_, i) => i),
      { minLength: 1 },
    )
    fc.assert(
      fc.property(order, fc.nat({ max: 39 }), (indexes, again) => {
        const leg = new LegRecords(pcmaHeader)
        const records = [...indexes, indexes[again % indexes.length] ?? 0].map((i, n) =>
          leg.frame(unique(40)[i]!, ms(n * 20), i * 160),
        )
        const result = run(records)
        expectSound(result)
        expect(result.placements).toHaveLength(indexes.length)
        const offsets = new Set(result.placements.map((p) => p.from - p.payload.readUInt32BE(0) * 160))
        expect(offsets.size).toBe(1)
        expect(result.facts.stats.duplicates).toBe(1)
      }),
    )
  })
})

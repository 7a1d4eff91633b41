import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { LogEvent } from './events.ts'
import { MASK_KINDS } from './gaps.ts'
import { decodeHeader, openLog, PacketLogDecoder, type LocatedRecord } from './packetlog-read.ts'
import { encodeHeader, encodeRecord, LegRecords, type LogRecord, type PacketLogHeader } from './packetlog.ts'

const header: PacketLogHeader = {
  format: { codec: 'PCMA', rate: 8000, channels: 1 },
  sequenced: true,
  startedAt: 1_767_225_600_000,
  anchorNs: 123_456_789_012_345n,
  cn: [13, 19],
  dtmf: [101],
}

const bytes = (max: number) => fc.uint8Array({ maxLength: max }).map((b) => Buffer.from(b))
const at = fc.integer({ min: 0, max: 2 ** 50 })
const position = fc.option(fc.integer({ min: 0, max: 2 ** 52 }), { nil: undefined })
const u32 = fc.integer({ min: 0, max: 0xffffffff })
const payloadTypes = fc.array(fc.integer({ min: 0, max: 127 }), { maxLength: 5 })

const event: fc.Arbitrary<LogEvent> = fc.oneof(
  fc.constantFrom(...MASK_KINDS).map((kind): LogEvent => ({ type: 'mask', on: true, kind })),
  fc.constant<LogEvent>({ type: 'mask', on: false }),
  fc.boolean().map((on): LogEvent => ({ type: 'hold', on })),
  fc
    .record({
      codec: fc.constantFrom('PCMU', 'opus', 'G722', 'L16'),
      rate: u32.filter((r) => r > 0),
      cn: payloadTypes,
      dtmf: payloadTypes,
    })
    .map(({ codec, rate, cn, dtmf }): LogEvent => ({
      type: 'format',
      format: { codec, rate, channels: 1 } as PacketLogHeader['format'],
      cn,
      dtmf,
    })),
  fc
    .double({ min: 0, max: 1e9, noNaN: true })
    .map((durationMs): LogEvent => ({ type: 'lost', durationMs: durationMs + 0 })),
  fc.nat().map((n): LogEvent => ({ type: 'dropped', bytes: n })),
  fc.record({ ssrc: u32, timestamp: u32, wallMs: fc.nat() }).map((s): LogEvent => ({ type: 'sync', ...s })),
  fc.constantFrom<LogEvent>({ type: 'interrupted' }, { type: 'end' }),
)

const record: fc.Arbitrary<LogRecord> = fc.oneof(
  fc.record({ type: fc.constant('rtp' as const), atNs: at, packet: bytes(300) }),
  fc.record({ type: fc.constant('frame' as const), atNs: at, payload: bytes(300), position }),
  fc.record({
    type: fc.constant('masked' as const),
    atNs: at,
    header: fc.uint8Array({ minLength: 12, maxLength: 12 }).map((b) => Buffer.from(b)),
    ticks: u32,
  }),
  fc.record({ type: fc.constant('masked_frame' as const), atNs: at, ticks: u32, position }),
  fc.record({ type: fc.constant('event' as const), atNs: at, event }),
)

/** Feeds a log in chunks of the given sizes, as a stream would arrive. */
function decode(
  log: Buffer,
  cuts: number[],
): { records: LogRecord[]; decoder: PacketLogDecoder; located: LocatedRecord[] } {
  const decoder = new PacketLogDecoder()
  const located: LocatedRecord[] = []
  for (let from = 0, i = 0; from < log.length; i++) {
    const to = Math.min(log.length, from + (cuts.length > 0 ? (cuts[i % cuts.length] ?? 1) : log.length))
    located.push(...decoder.push(log.subarray(from, to)))
    from = to
  }
  return { records: located.map((l) => l.record), decoder, located }
}

describe('packet log', () => {
  it('reads back what was written, whatever the chunks', () => {
    fc.assert(
      fc.property(
        fc.array(record, { maxLength: 20 }),
        fc.array(fc.integer({ min: 1, max: 400 }), { maxLength: 5 }),
        (records, cuts) => {
          const log = Buffer.concat([encodeHeader(header), ...records.map(encodeRecord)])
          const read = decode(log, cuts)
          expect(read.records).toEqual(records)
          expect(read.decoder.header).toEqual(header)
          expect(read.decoder.pending).toBe(0)
          for (const { record: found, offset, size } of read.located)
            expect(encodeRecord(found)).toEqual(log.subarray(offset, offset + size))
        },
      ),
    )
  })

  it('keeps every whole record of a log cut anywhere', () => {
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 10 }), fc.nat(), (records, cut) => {
        const parts = [encodeHeader(header), ...records.map(encodeRecord)]
        const log = Buffer.concat(parts)
        const length = (parts[0]?.length ?? 0) + (cut % (log.length - (parts[0]?.length ?? 0)))
        let whole = -1
        for (let sum = 0; whole < records.length; whole++) {
          sum += parts[whole + 1]?.length ?? 0
          if (sum > length) break
        }
        expect(decode(log.subarray(0, length), []).records).toEqual(records.slice(0, whole))
      }),
    )
  })

  it('refuses garbage', () => {
    const start = encodeHeader(header)
    const bad = (tail: number[]) => () => decode(Buffer.concat([start, Buffer.from(tail)]), [])
    expect(bad([0])).toThrow('unknown record type 0')
    expect(bad([77, 0, 0, 0])).toThrow('unknown record type 77')
    expect(bad([5, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 99])).toThrow('unknown event 99')
    expect(bad([3, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 99])).toThrow('masked packet')
    expect(() => decode(Buffer.from('RIFF....'), [])).toThrow('VPL1')
    expect(decodeHeader(start.subarray(0, 20))).toBeUndefined()
  })
})

describe('packet log in use', () => {
  it('is read through a stream reader', async () => {
    const records = Array.from({ length: 2000 }, (_, i): LogRecord => ({
      type: 'rtp',
      atNs: i,
      packet: Buffer.alloc(172, i),
    }))
    const log = Buffer.concat([encodeHeader(header), ...records.map(encodeRecord)])
    const opened = await openLog({ size: log.length, read: async (from, to) => log.subarray(from, to) })
    const read: LogRecord[] = []
    for await (const { record: r } of opened.records) read.push(r)
    expect(opened.header).toEqual(header)
    expect(Buffer.concat(read.map(encodeRecord)).equals(Buffer.concat(records.map(encodeRecord)))).toBe(true)
  })

  it('masks a packet down to its header and duration', () => {
    const leg = new LegRecords(header)
    const packet = Buffer.concat([
      Buffer.from([0x90, 8, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3]),
      Buffer.from([1, 2, 0, 1, 9, 9, 9, 9]),
      Buffer.alloc(160, 0x42),
    ])
    const masked = leg.maskedRtp(packet, header.anchorNs + 5n)
    expect(masked).toEqual({
      type: 'masked',
      atNs: 5,
      header: Buffer.from([0x80, 8, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3]),
      ticks: 160,
    })
    packet[1] = 101
    expect(leg.maskedRtp(packet, 0n)).toMatchObject({ atNs: 0, ticks: 0 })
    expect(leg.maskedRtp(Buffer.from('not rtp, secret'), 0n)).toMatchObject({ header: Buffer.alloc(12), ticks: 0 })
    expect(leg.maskedFrame(Buffer.alloc(80), header.anchorNs, 7)).toEqual({
      type: 'masked_frame',
      atNs: 0,
      ticks: 80,
      position: 7,
    })
  })
})

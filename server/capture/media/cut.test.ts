import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AudioFormat } from '../source.ts'
import { cutLog, samplesIn, soundsIn } from './cut.ts'
import { FILL } from './formats.ts'
import { openLane, readLane, streamLane } from './lane.ts'
import { LegRecords } from './packetlog.ts'
import { buildIndex, type SeekIndex } from './seekindex.ts'
import { headerOf, joined, logOf, memoryReader, rtpLog } from './testkit/logs.ts'
import { network } from './testkit/networks.ts'
import { rtpPacket, sendRtp } from './testkit/rtp.ts'
import { payloadsOf, speechLike } from './testkit/signals.ts'
import { eventAt, ms, unique } from './testkit/timelines.ts'

const pcma: AudioFormat = { codec: 'PCMA', rate: 8000, channels: 1 }
const opus: AudioFormat = { codec: 'opus', rate: 48000, channels: 1 }

const spansIn = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 6000 }), fc.integer({ min: 1, max: 1500 })), { minLength: 1, maxLength: 3 })
  .map((spans) => spans.map(([fromMs, length]) => ({ fromMs, toMs: fromMs + length })))

async function cut(log: Buffer, spans: { fromMs: number; toMs: number }[]) {
  const whole = memoryReader(log)
  const index = await buildIndex(whole)
  const bytes = await joined(cutLog(whole, index, spans))
  const left = memoryReader(bytes)
  return { bytes, index, after: await buildIndex(left), whole, left }
}

const sensitive = ({ gaps }: SeekIndex) => gaps.filter(({ kind }) => kind === 'sensitive')

describe('a log from which spans are cut', () => {
  it('holds no byte of what lies there, everything else at its place, and the gap says why', async () => {
    await fc.assert(
      fc.asyncProperty(network, spansIn, async (impairments, spans) => {
        const payloads = unique(250)
        const { bytes, index, after, whole, left } = await cut(rtpLog(pcma, payloads, impairments), spans)
        expect([after.from, after.to, after.stats.missing]).toEqual([index.from, index.to, index.stats.missing])
        const [was, is] = [await readLane(whole, index, 0, index.to), await readLane(left, after, 0, index.to)]
        for (const payload of payloads) {
          const at = was.indexOf(payload)
          const touched = spans.some((span) => {
            const { from, to } = samplesIn(span, 8000)
            return at < to && at + payload.length > from
          })
          // what has no place on the lane may be a copy of what was cut
          if (touched || at < 0) expect(bytes.includes(payload)).toBe(false)
          else expect(is.subarray(at, at + payload.length).equals(payload)).toBe(true)
        }
        for (const span of spans) expect(soundsIn(after, span)).toBe(false)
        const wasHere = spans.some((span) => soundsIn(index, span))
        expect(sensitive(after).length > 0).toBe(wasHere)
      }),
      { numRuns: 40 },
    )
  })

  it('says nothing of a silence that follows, and keeps the masks that were there', async () => {
    const header = headerOf(pcma)
    const leg = new LegRecords(header)
    // 0 to 4 s, paused until 5 s, then 6 s in which the source sends nothing
    const silent = (n: number): boolean => n >= 300 && n < 600
    const records = sendRtp(unique(650), { silent }).flatMap((s) => [
      ...(s.index === 200 ? [eventAt(leg, 4000, { type: 'mask', on: true, kind: 'paused' })] : []),
      ...(s.index === 250 ? [eventAt(leg, 5000, { type: 'mask', on: false })] : []),
      s.index >= 200 && s.index < 250 ? leg.maskedRtp(s.packet, s.arrivalNs) : leg.rtp(s.packet, s.arrivalNs),
    ])
    const log = logOf(header, [...records, eventAt(leg, 13_000, { type: 'end' })])
    const { after } = await cut(log, [
      { fromMs: 3500, toMs: 5500 },
      { fromMs: 5800, toMs: 6000 },
    ])
    expect(after.gaps).toMatchObject([
      { fromMs: 3500, toMs: 4000, kind: 'sensitive' },
      { fromMs: 4000, toMs: 5000, kind: 'paused' },
      { fromMs: 5000, toMs: 5500, kind: 'sensitive' },
      { fromMs: 5800, toMs: 6000, kind: 'sensitive' },
      { fromMs: 6000, toMs: 12_000, kind: 'dtx' },
    ])
  })

  it('holds no key pressed there', async () => {
    const header = headerOf(pcma)
    const leg = new LegRecords(header)
    const key = (n: number, digit: number, ssrc = 0x1234): [bigint, Buffer] => [
      ms(n * 20 + 5),
      rtpPacket(
        { payloadType: 101, sequence: 65530 + n, timestamp: 0xfffff000 + n * 160, ssrc },
        Buffer.of(digit, 1, 2, 3),
      ),
    ]
    const sent = sendRtp(unique(200), { firstSequence: 1000 }).map(
      ({ arrivalNs, packet }) => [arrivalNs, packet] as const,
    )
    const all = [...sent, key(60, 7, 9), key(150, 8, 9)].toSorted((a, b) => Number(a[0] - b[0]))
    const log = logOf(
      header,
      all.map(([at, packet]) => leg.rtp(packet, at)),
    )
    const { bytes } = await cut(log, [{ fromMs: 1000, toMs: 1500 }])
    expect([log.includes(Buffer.of(7, 1, 2, 3)), bytes.includes(Buffer.of(7, 1, 2, 3))]).toEqual([true, false])
    expect(bytes.includes(Buffer.of(8, 1, 2, 3))).toBe(true)
  })

  it('of a codec with memory, is silent there and sounds as before a moment later', async () => {
    const payloads = payloadsOf('opus', speechLike(6000, 48_000), 48_000)
    const log = rtpLog(opus, payloads, { ticks: 960, rate: 48_000 })
    const { after, whole, index, left } = await cut(log, [{ fromMs: 2000, toMs: 3000 }])
    const [was, is] = [openLane(whole, index), openLane(left, after)]
    const [a, b] = [await joined(streamLane(was, 0)), await joined(streamLane(is, 0))]
    const at = (msOf: number): number => (msOf * after.rate * 2) / 1000
    expect(b.subarray(at(2040), at(2960)).every((byte) => byte === 0)).toBe(true)
    expect(b.subarray(0, at(1900)).equals(a.subarray(0, at(1900)))).toBe(true)
    expect(b.subarray(at(4000)).equals(a.subarray(at(4000)))).toBe(true)
    expect(a.subarray(at(2040), at(2960)).every((byte) => byte === FILL.L16)).toBe(false)
    was.close()
    is.close()
  })
})

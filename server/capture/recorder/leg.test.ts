import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { StreamWriter } from '../../vault/index.ts'
import { buildIndex, type LogRecord, openLane, PacketLogDecoder } from '../media/index.ts'
import { rtpPacket } from '../media/testkit/rtp.ts'
import { LegRecorder } from './leg.ts'
import { Masks } from './masks.ts'

const ms = (n: number): bigint => BigInt(Math.round(n * 1e6))

/** A writer in memory that can refuse like a full disk: whole appends or nothing. */
function memoryWriter() {
  const parts: Buffer[] = []
  const state = { full: false, dropped: 0 }
  const writer = {
    streamId: 's',
    name: 'packets/0',
    appended: 0,
    durable: 0,
    get dropped() {
      return state.dropped
    },
    crowded: false,
    givenUp: false,
    append(bytes: Buffer) {
      if (state.full) state.dropped += bytes.length
      else parts.push(Buffer.from(bytes))
    },
    finish: () => Promise.reject(new Error('not here')),
  } satisfies StreamWriter
  return { writer, state, bytes: () => Buffer.concat(parts) }
}

function recorder(masks = new Masks()) {
  const leg = new LegRecorder({
    index: 0,
    facts: { label: '1', role: 'customer', format: { codec: 'PCMU', rate: 8000, channels: 1 } },
    origin: { anchorNs: 0n, startedAt: 0 },
    sequenced: true,
    masks,
    waitingLimit: 1 << 20,
  })
  const memory = memoryWriter()
  leg.attach(memory.writer)
  return { leg, masks, memory }
}

const packet = (n: number, value: number): Buffer =>
  rtpPacket({ payloadType: 0, sequence: n & 0xffff, timestamp: n * 160, ssrc: 7 }, Buffer.alloc(160, value))

function recordsIn(bytes: Buffer): LogRecord[] {
  return [...new PacketLogDecoder().push(bytes)].map((r) => r.record)
}

const readerOf = (bytes: Buffer) => ({
  size: bytes.length,
  read: async (from: number, to: number) => bytes.subarray(from, to),
})

test('nothing of a masked span is in the log, whatever the order in which packets and pauses come', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ jitter: fc.integer({ min: 0, max: 90 }), repeat: fc.boolean() }), {
        minLength: 30,
        maxLength: 60,
      }),
      fc.integer({ min: 5, max: 12 }),
      fc.integer({ min: 3, max: 12 }),
      (sent, from, length) => {
        const { leg, masks, memory } = recorder()
        const to = from + length
        const arrivals = sent
          .flatMap((s, n) => [{ n, at: n * 20 + s.jitter }, ...(s.repeat ? [{ n, at: n * 20 + s.jitter + 70 }] : [])])
          .toSorted((a, b) => a.at - b.at)
        // The pause acts by arrival: packets first heard inside it are secret, as is every copy of them.
        const firstHeard = new Map<number, number>()
        for (const { n, at } of arrivals) if (!firstHeard.has(n)) firstHeard.set(n, at)
        masks.set('paused', ms(from * 20))
        masks.set(null, ms(to * 20))
        for (const { n, at } of arrivals) leg.rtp(packet(n, n + 1), ms(at))
        leg.drain(ms(1e6))
        const logged = new Set(
          recordsIn(memory.bytes()).flatMap((r) => (r.type === 'rtp' ? [r.packet.readUInt16BE(2)] : [])),
        )
        for (const [n, at] of firstHeard) if (at >= from * 20 && at < to * 20) expect(logged.has(n)).toBe(false)
      },
    ),
  )
})

test('payloads left out are zeroed in memory', () => {
  const { leg, masks } = recorder()
  masks.set('paused', 0n)
  const secret = packet(1, 0x99)
  leg.rtp(secret, ms(10))
  leg.drain(ms(1000))
  expect(secret.every((b) => b === 0)).toBe(true)
})

test('a full disk leaves a labelled gap, and what follows is whole again', async () => {
  const { leg, memory } = recorder()
  for (let n = 0; n < 200; n++) {
    memory.state.full = n >= 50 && n < 100
    leg.rtp(packet(n, n < 100 ? 1 : 2), ms(n * 20))
    leg.drain(ms(n * 20))
  }
  leg.event({ type: 'end' }, ms(4000))
  leg.drain(ms(4000))
  const log = memory.bytes()
  const index = await buildIndex(readerOf(log))
  const disk = index.gaps.filter((g) => g.kind === 'disk')
  expect(disk).toHaveLength(1)
  expect((disk[0]?.toMs ?? 0) - (disk[0]?.fromMs ?? 0)).toBeCloseTo(1000, -1)
  const lane = openLane(readerOf(log), index)
  const bytes = await lane.read(0, lane.to)
  expect(bytes.filter((b) => b === 1)).toHaveLength(50 * 160)
  expect(bytes.filter((b) => b === 2)).toHaveLength(100 * 160)
})

test('a mask lost with a full disk still holds after it', () => {
  const { leg, masks, memory } = recorder()
  masks.set('paused', ms(1000))
  for (let n = 0; n < 150; n++) {
    memory.state.full = n >= 45 && n < 60
    leg.rtp(packet(n, 1), ms(n * 20))
    leg.drain(ms(n * 20))
  }
  const after = recordsIn(memory.bytes())
  const dropped = after.findIndex((r) => r.type === 'event' && r.event.type === 'dropped')
  expect(dropped).toBeGreaterThan(0)
  expect(after.slice(dropped).some((r) => r.type === 'event' && r.event.type === 'mask' && r.event.on)).toBe(true)
  expect(after.slice(dropped).some((r) => r.type === 'rtp')).toBe(false)
})

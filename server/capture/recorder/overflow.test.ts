import { expect, test } from 'vitest'
import type { StreamReader, StreamWriter } from '../../vault/index.ts'
import { buildIndex } from '../media/index.ts'
import { LegRecorder } from './leg.ts'
import { Masks } from './masks.ts'

const ms = (n: number): bigint => BigInt(n) * 1_000_000n

function rtp(n: number): Buffer {
  const packet = Buffer.alloc(172, 0x31)
  packet.writeUInt16BE(0x8000, 0)
  packet.writeUInt16BE(n + 1, 2)
  packet.writeUInt32BE(n * 160, 4)
  packet.writeUInt32BE(7, 8)
  return packet
}

/** A vault that only keeps what it is given. */
function memory(): { writer: StreamWriter; reader(): StreamReader } {
  const kept: Buffer[] = []
  const writer: StreamWriter = {
    streamId: 's',
    name: 'packets/0',
    appended: 0,
    durable: 0,
    dropped: 0,
    crowded: false,
    givenUp: false,
    append: (bytes) => void kept.push(Buffer.from(bytes)),
    finish: () => Promise.reject(new Error('not here')),
  }
  const reader = (): StreamReader => {
    const all = Buffer.concat(kept)
    return { size: all.length, read: async (from, to) => all.subarray(from, to) }
  }
  return { writer, reader }
}

const newLeg = (waitingLimit: number): LegRecorder =>
  new LegRecorder({
    index: 0,
    facts: { label: '1', role: 'unknown', format: { codec: 'PCMU', rate: 8000, channels: 1 } },
    origin: { anchorNs: 0n, startedAt: 0 },
    sequenced: true,
    masks: new Masks(),
    waitingLimit,
  })

const send = (leg: LegRecorder, from: number, to: number): void => {
  for (let n = from; n < to; n++) leg.rtp(rtp(n), ms(n * 20))
}

test('what memory could not keep while the database was away is a labelled gap where it was lost', async () => {
  const leg = newLeg(50 * 172)
  send(leg, 0, 100)
  const disk = memory()
  leg.attach(disk.writer)
  leg.drain(ms(2000))
  send(leg, 100, 150)
  leg.event({ type: 'end' }, ms(3000))
  leg.drain(ms(3000))
  const { gaps, stats } = await buildIndex(disk.reader())
  expect(stats.received).toBe(100)
  expect(gaps.map((g) => [g.kind, g.fromMs, g.toMs, g.missing])).toEqual([['disk', 1000, 2000, 50]])
})

test('a call that ends before its memory is free again says so at its end', async () => {
  const leg = newLeg(50 * 172)
  send(leg, 0, 100)
  leg.event({ type: 'end' }, ms(2000))
  const disk = memory()
  leg.attach(disk.writer)
  leg.drain(ms(2000))
  const { gaps, stats } = await buildIndex(disk.reader())
  expect(stats.received).toBe(50)
  expect(gaps.map((g) => [g.kind, g.fromMs, g.toMs])).toEqual([['disk', 1000, 2000]])
})

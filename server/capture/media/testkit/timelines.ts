import { expect } from 'vitest'
import type { LogEvent } from '../events.ts'
import type { Gap } from '../gaps.ts'
import { LegRecords, type LogRecord, type PacketLogHeader } from '../packetlog.ts'
import type { Placement } from '../placer.ts'
import { Timeline, type TimelineFacts } from '../timeline.ts'
import type { SentPacket } from './rtp.ts'

/** An A-law leg over RTP whose call began at monotonic 0. */
export const pcmaHeader: PacketLogHeader = {
  format: { codec: 'PCMA', rate: 8000, channels: 1 },
  sequenced: true,
  startedAt: 0,
  anchorNs: 0n,
  cn: [13],
  dtmf: [101],
}

/** ms as ns. */
export const ms = (n: number) => BigInt(Math.round(n * 1e6))
export type Run = { facts: TimelineFacts; lane: Map<number, number>; placements: Placement[]; twice: number }

/** Runs records through a timeline and paints what it places; `twice` counts samples painted more than once. */
export function run(records: readonly LogRecord[], header = pcmaHeader): Run {
  const lane = new Map<number, number>()
  const placements: Placement[] = []
  let twice = 0
  const timeline = new Timeline(header, {
    placed: (p) => {
      placements.push(p)
      for (let i = 0; i < p.to - p.from; i++) {
        if (lane.has(p.from + i)) twice++
        lane.set(p.from + i, p.payload[p.trimHead + i] ?? -1)
      }
    },
  })
  for (const record of records) timeline.push(record)
  timeline.finish()
  return { facts: timeline.result(), lane, placements, twice }
}

export const recordsOf = (sent: readonly SentPacket[], leg = new LegRecords(pcmaHeader)) =>
  sent.map((s) => leg.rtp(s.packet, s.arrivalNs))
export const gapsTotal = (gaps: readonly Gap[]) => gaps.reduce((sum, g) => sum + g.to - g.from, 0)
export const eventAt = (leg: LegRecords, atMs: number, event: LogEvent) => leg.event(event, ms(atMs))
export const ended = (leg: LegRecords, atMs: number) => eventAt(leg, atMs, { type: 'end' })

/** What must hold of every timeline. */
export function expectSound({ facts, lane, twice }: Run): void {
  expect(twice).toBe(0)
  expect(lane.size).toBe(facts.realSamples)
  expect(facts.realSamples + gapsTotal(facts.gaps)).toBe(facts.to - facts.from)
  const pieces = [...facts.real, ...facts.gaps.filter((g) => g.to > g.from)].toSorted((a, b) => a.from - b.from)
  let at = facts.from
  for (const piece of pieces) {
    expect(piece.from).toBe(at)
    at = piece.to
  }
  expect(at).toBe(facts.to)
}

/** Every sent payload is whole on the lane, at one constant offset from its number as long as the clock is one. */
export function expectAllPlaced({ placements }: Run, sent: readonly SentPacket[]): Set<number> {
  const at = new Map(placements.map((p) => [p.payload.toString('latin1') + p.payload.length, p]))
  const offsets = new Set<number>()
  for (const { index, packet } of sent) {
    const placed = at.get(packet.toString('latin1', 12) + (packet.length - 12))
    expect(placed, `payload ${index}`).toBeDefined()
    if (placed) offsets.add(placed.from - index * 160)
    expect(placed && placed.trimHead + placed.trimTail).toBe(0)
  }
  return offsets
}

/** Payloads of 20 ms of G.711 of which no two are equal: the first four bytes are the number. */
export const unique = (n: number) =>
  Array.from({ length: n }, (_, i) => {
    const b = Buffer.alloc(160, 1 + (i % 200))
    b.writeUInt32BE(i, 0)
    return b
  })

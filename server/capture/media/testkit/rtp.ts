import { seeded } from './random.ts'

export type RtpFields = { payloadType: number; sequence: number; timestamp: number; ssrc: number; marker?: boolean }

/** One RTP packet with a plain 12-byte header. */
export function rtpPacket(fields: RtpFields, payload: Buffer): Buffer {
  const out = Buffer.alloc(12 + payload.length)
  out[0] = 0x80
  out[1] = fields.payloadType | (fields.marker ? 0x80 : 0)
  out.writeUInt16BE(fields.sequence & 0xffff, 2)
  out.writeUInt32BE(fields.timestamp >>> 0, 4)
  out.writeUInt32BE(fields.ssrc >>> 0, 8)
  payload.copy(out, 12)
  return out
}

export type Impairments = {
  seed?: number
  payloadType?: number
  ssrc?: number
  firstSequence?: number
  firstTimestamp?: number
  /** RTP ticks per payload; by default one per byte. */
  ticks?: number
  /** RTP clock rate. */
  rate?: number
  startMs?: number
  /** Random delay up to this many ms. */
  jitterMs?: number
  /** Share of packets lost, and the longest burst. */
  loss?: number
  burst?: number
  /** Share of packets delayed by `reorderMs`. */
  reorder?: number
  reorderMs?: number
  duplicates?: number
  /** Speed of the source's clock, parts per million. */
  driftPpm?: number
  /** Payloads for which this holds are not sent: timestamps go on, sequence numbers do not (DTX). */
  silent?: (index: number) => boolean
  /** Before payload n, change the source's numbering. */
  changes?: { before: number; ssrc?: number; sequence?: number; timestampBy?: number }[]
  /** Timestamps in milliseconds whatever the rate. */
  millisecondTimestamps?: boolean
}

/** A packet as it arrives; `index` is its payload's. */
export type SentPacket = { arrivalNs: bigint; packet: Buffer; index: number; duplicate: boolean }

/** Sends payloads as RTP through a bad network: packets in order of arrival. Repeatable for a seed. */
export function sendRtp(payloads: readonly Buffer[], options: Impairments = {}): SentPacket[] {
  const random = seeded(options.seed ?? 1)
  const out: (SentPacket & { ms: number })[] = []
  const rate = options.rate ?? 8000
  let ssrc = options.ssrc ?? 0x1234
  let sequence = options.firstSequence ?? 65530
  let offset = options.firstTimestamp ?? 0xfffff000
  let ticksSoFar = 0
  let losing = 0
  for (const [index, payload] of payloads.entries()) {
    for (const change of options.changes ?? []) {
      if (change.before !== index) continue
      ssrc = change.ssrc ?? ssrc
      sequence = change.sequence ?? sequence
      offset += change.timestampBy ?? 0
    }
    const ticks = options.ticks ?? payload.length
    const mediaMs = (ticksSoFar * 1000) / rate
    const timestamp = Math.floor(offset + (options.millisecondTimestamps ? mediaMs : ticksSoFar)) % 0x1_0000_0000
    ticksSoFar += ticks
    if (options.silent?.(index)) continue
    const packet = rtpPacket({ payloadType: options.payloadType ?? 8, sequence: sequence++, timestamp, ssrc }, payload)
    if (losing > 0) {
      losing--
      continue
    }
    if (random() < (options.loss ?? 0)) {
      losing = Math.floor(random() * (options.burst ?? 0))
      continue
    }
    let ms = (options.startMs ?? 0) + mediaMs * (1 - (options.driftPpm ?? 0) / 1e6) + random() * (options.jitterMs ?? 0)
    if (random() < (options.reorder ?? 0)) ms += options.reorderMs ?? 45
    out.push({ ms, arrivalNs: 0n, packet, index, duplicate: false })
    if (random() < (options.duplicates ?? 0)) out.push({ ms: ms + 3, arrivalNs: 0n, packet, index, duplicate: true })
  }
  out.sort((a, b) => a.ms - b.ms)
  return out.map(({ ms, packet, index, duplicate }) => ({
    arrivalNs: BigInt(Math.round(ms * 1e6)),
    packet,
    index,
    duplicate,
  }))
}

import { encodeG711 } from '../codecs/g711.ts'
import { openLane } from '../lane.ts'
import { encodeHeader, encodeRecord, LegRecords, type LogRecord } from '../packetlog.ts'
import { buildIndex } from '../seekindex.ts'
import { decodeIndex, encodeIndex } from '../seekindex-codec.ts'
import { headerOf, memoryReader } from '../testkit/logs.ts'
import { sendRtp, type SentPacket } from '../testkit/rtp.ts'
import { payloadsOf, speechLike } from '../testkit/signals.ts'
import { LevelMeter } from '../level.ts'
import { Timeline } from '../timeline.ts'
import { planWav, renderWav } from '../wav.ts'

export type BenchRow = { name: string; value: number; unit: 'µs' | 'ms' | 'KB' | 'x real time' }

const PACKETS_PER_HOUR = 180_000
const pcma = headerOf({ codec: 'PCMA', rate: 8000, channels: 1 })

/** CPU time of `run` in µs, the best of a few: other load on the machine counts least. */
function best(rounds: number, run: () => void): number {
  let least = Infinity
  for (let i = 0; i < rounds; i++) {
    const start = process.cpuUsage()
    run()
    const { user, system } = process.cpuUsage(start)
    least = Math.min(least, user + system)
  }
  return least
}

const each = (name: string, total: number, n: number): BenchRow => ({ name, value: total / n, unit: 'µs' })

/** Cost of recording per packet, and of playing the middle of a one-hour call held in memory. CPU time, except the two WAV rows (elapsed). */
export async function benchMedia(): Promise<BenchRow[]> {
  const voice = encodeG711('PCMA', speechLike(20 * 500, 8000))
  const payloads = Array.from({ length: PACKETS_PER_HOUR }, (_, i) =>
    voice.subarray((i % 500) * 160, (i % 500) * 160 + 160),
  )
  const clean = sendRtp(payloads, { jitterMs: 5 })
  const bad = sendRtp(payloads, { jitterMs: 20, loss: 0.02, burst: 5, reorder: 0.02, duplicates: 0.01 })
  return [...recording(clean, bad), ...(await playing(clean)), ...(await decoding())]
}

function recording(clean: readonly SentPacket[], bad: readonly SentPacket[]): BenchRow[] {
  const leg = new LegRecords(pcma)
  const records = clean.map((s) => leg.rtp(s.packet, s.arrivalNs))
  const hard = bad.map((s) => leg.rtp(s.packet, s.arrivalNs))
  let bytes = 0
  const encode = best(3, () => {
    for (const s of clean) bytes += encodeRecord(leg.rtp(s.packet, s.arrivalNs)).length
  })
  const mask = best(3, () => {
    for (const s of clean) bytes += encodeRecord(leg.maskedRtp(s.packet, s.arrivalNs)).length
  })
  const push = (list: readonly LogRecord[]) => (): void => {
    const timeline = new Timeline(pcma)
    for (const record of list) timeline.push(record)
    timeline.finish()
  }
  const level = best(3, () => {
    const meter = new LevelMeter(pcma)
    for (const record of records) meter.push(record)
  })
  return [
    each('packet log: encode an RTP packet (G.711, 20 ms)', encode, clean.length),
    each('packet log: encode a masked packet', mask, clean.length),
    each('timeline: push a packet, clean network', best(3, push(records)), records.length),
    each('timeline: push a packet, 2 % loss, 20 ms jitter', best(3, push(hard)), hard.length),
    each('level meter: push a packet (G.711)', level, records.length),
  ]
}

async function playing(clean: readonly SentPacket[]): Promise<BenchRow[]> {
  const leg = new LegRecords(pcma)
  const log = memoryReader(
    Buffer.concat([encodeHeader(pcma), ...clean.map((s) => encodeRecord(leg.rtp(s.packet, s.arrivalNs)))]),
  )
  const start = process.cpuUsage()
  const index = await buildIndex(log)
  const { user, system } = process.cpuUsage(start)
  const bytes = encodeIndex(index)
  const decode = best(5, () => decodeIndex(bytes)) / 1000
  const lane = openLane(log, index)
  const plan = planWav({ left: [lane], right: [lane] })
  const first: number[] = []
  for (let i = 0; i < 200; i++) {
    const from = Math.floor(plan.bytes * (0.3 + i / 500))
    const began = process.hrtime.bigint()
    await renderWav(plan, from, plan.bytes).next()
    first.push(Number(process.hrtime.bigint() - began) / 1e6)
  }
  first.sort((a, b) => a - b)
  return [
    { name: 'seek index: build from a one-hour leg', value: (user + system) / 1000, unit: 'ms' },
    { name: 'seek index: size for a one-hour leg', value: bytes.length / 1024, unit: 'KB' },
    { name: 'seek index: decode', value: decode, unit: 'ms' },
    { name: 'WAV: first 64 KiB from the middle of one hour, median', value: first[100] ?? 0, unit: 'ms' },
    { name: 'WAV: the same, p95', value: first[190] ?? 0, unit: 'ms' },
  ]
}

async function decoding(): Promise<BenchRow[]> {
  const rows: BenchRow[] = []
  for (const { codec, rate, clock } of [
    { codec: 'G722', rate: 16000, clock: 8000 },
    { codec: 'opus', rate: 48000, clock: 48000 },
  ] as const) {
    const header = headerOf({ codec, rate: clock, channels: 1 })
    const leg = new LegRecords(header)
    const sent = sendRtp(payloadsOf(codec, speechLike(30_000, rate), rate), { ticks: clock / 50, rate: clock })
    const log = memoryReader(
      Buffer.concat([encodeHeader(header), ...sent.map((s) => encodeRecord(leg.rtp(s.packet, s.arrivalNs)))]),
    )
    const index = await buildIndex(log)
    const lane = openLane(log, index)
    // The first seconds compile the codec.
    await lane.read(0, 160_000)
    const start = process.cpuUsage()
    await lane.read(160_000, index.to)
    const { user, system } = process.cpuUsage(start)
    lane.close()
    rows.push({ name: `lane: decode ${codec}`, value: 20_000_000 / (user + system), unit: 'x real time' })
  }
  return rows
}

import type { AudioFormat } from '../source.ts'
import { TO_LINEAR } from './codecs/g711.ts'
import { createDecoder, type PayloadDecoder } from './codecs/decoder.ts'
import { isG711 } from './formats.ts'
import { payloadOf } from './payload.ts'
import type { LogRecord, PacketLogHeader } from './packetlog.ts'
import { silentTypes } from './rtp.ts'

/** -60 dBFS: line noise stays below, a quiet voice above. */
const SIGNAL = 1e-6
const WINDOW_NS = 1_000_000_000
/** One packet in three is enough for a level and a third of the cost: there are 50 a second and leg. */
const EVERY_NS = 50_000_000
/** Codecs that cost more to decode than to record are listened to for 5 packets every 5 s. */
const BURST = 5
const PAUSE_NS = 5_000_000_000

const SQUARES = {
  PCMU: Float64Array.from(TO_LINEAR.PCMU, (v) => (v / 32768) ** 2),
  PCMA: Float64Array.from(TO_LINEAR.PCMA, (v) => (v / 32768) ** 2),
}

/** Shared by all legs: a level needs no exact history. */
const shared = new Map<string, Promise<PayloadDecoder | undefined>>()

/**
 * How loud a leg is while it is recorded, to show a meter and to notice a leg on which nothing is heard. It measures
 * loudness and nothing else about the voice. Masked packets must not be given to it.
 */
export class LevelMeter {
  /** Monotonic arrival of the last packet looked into that was above -60 dBFS. */
  lastSignalNs: bigint | undefined
  /** Resolves when the codec's decoder is there; until then, and for codecs without one, packets count as signal. */
  ready: Promise<void> = Promise.resolve()
  private readonly anchorNs: bigint
  private format: AudioFormat
  private silent: readonly number[]
  private decoder: PayloadDecoder | undefined
  private burst = 0
  /** Arrival of the last packet of any kind, ns since the anchor. */
  private lastAt: number | undefined
  private pausedUntil = 0
  private windowEnd = 0
  private power = 0
  private packets = 0
  private shown: number | null = null

  constructor(header: Pick<PacketLogHeader, 'format' | 'anchorNs' | 'cn' | 'dtmf'>) {
    this.anchorNs = header.anchorNs
    this.format = header.format
    this.silent = silentTypes(header)
    this.prepare()
  }

  push(record: LogRecord): void {
    if (record.type === 'event') {
      if (record.event.type === 'format') this.change(record.event)
      return
    }
    this.lastAt = record.atNs
    if (record.atNs < this.pausedUntil) return
    const payload = payloadOf(record, this.format, this.silent)
    if (!payload || payload.length === 0) return
    const power = this.powerOf(payload, record.atNs)
    if (power === undefined) return
    if (power > SIGNAL) this.lastSignalNs = this.lastPacketNs
    this.note(power, record.atNs)
  }

  /** Monotonic arrival of the last packet of any kind. */
  get lastPacketNs(): bigint | undefined {
    return this.lastAt === undefined ? undefined : this.anchorNs + BigInt(Math.round(this.lastAt))
  }

  /** Mean level over the last full second, dBFS, at least -90. Null before it, and when nothing came for two seconds. */
  dbfs(nowNs?: bigint): number | null {
    if (nowNs !== undefined && nowNs - (this.lastPacketNs ?? 0n) > 2_000_000_000n) return null
    return this.shown
  }

  private change(event: { format: AudioFormat; cn: number[]; dtmf: number[] }): void {
    this.format = event.format
    this.silent = silentTypes(event)
    this.pausedUntil = 0
    this.burst = 0
    this.prepare()
  }

  private prepare(): void {
    this.decoder = undefined
    const { format } = this
    if (isG711(format.codec)) return
    const key = `${format.codec}/${format.rate}`
    const ready = shared.get(key) ?? createDecoder(format, 8000)
    shared.set(key, ready)
    this.ready = ready.then(
      (decoder) => {
        if (this.format === format) this.decoder = decoder
      },
      () => void shared.delete(key),
    )
  }

  private powerOf(payload: Buffer, atNs: number): number | undefined {
    const { codec } = this.format
    this.pausedUntil = atNs + EVERY_NS
    if (isG711(codec)) return meanSquareG711(SQUARES[codec], payload)
    if (!this.decoder) return 2 * SIGNAL
    const pcm = this.decoder.decode(payload)
    if (codec === 'L16') return meanSquare(pcm)
    // The first packets of a burst only bring the decoder's state to this leg.
    const ready = ++this.burst === BURST
    if (ready) this.burst = 0
    this.pausedUntil = ready ? atNs + PAUSE_NS : 0
    return ready ? meanSquare(pcm) : undefined
  }

  private note(power: number, atNs: number): void {
    if (atNs >= this.windowEnd) {
      if (this.packets > 0) this.shown = Math.max(-90, 10 * Math.log10(this.power / this.packets + 1e-9))
      this.windowEnd = (Math.floor(atNs / WINDOW_NS) + 1) * WINDOW_NS
      this.power = 0
      this.packets = 0
    }
    this.power += power
    this.packets++
  }
}

function meanSquareG711(squares: Float64Array, payload: Buffer): number {
  let sum = 0
  for (let i = 0; i < payload.length; i++) sum += squares[payload[i] ?? 0] ?? 0
  return sum / payload.length
}

function meanSquare(pcm: Int16Array): number {
  let sum = 0
  for (let i = 0; i < pcm.length; i++) sum += (pcm[i] ?? 0) ** 2
  return pcm.length > 0 ? sum / pcm.length / 32768 ** 2 : 0
}

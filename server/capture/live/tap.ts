import { resampler, toL16 } from '../../platform/resample.ts'
import { createDecoder, type PayloadDecoder } from '../media/codecs/decoder.ts'
import { readRtp, silentTypes } from '../media/rtp.ts'
import type { AudioFormat, LegFacts } from '../source.ts'
import type { LaneListener } from './listening.ts'

/** Samples are handed on in pieces of this length: one message to another process instead of two or three. */
const PIECE_MS = 40
/** Nothing came for so long: what is missing is silence, until somebody speaks again. */
const STILL_MS = 300
/** Looks in a row that found nothing new: a program that stood still has packets waiting, which the first look does not see yet. */
const STILL_TICKS = 3
/** What may still be on its way when silence is put in. */
const LATE_MS = 200
/** A longer jump of the source's clock is another clock. */
const JUMP_MS = 5000
/** Payloads that wait for a decoder to be there. */
const MOST_WAITING = 250

export type TapOptions = Pick<LegFacts, 'format' | 'dtmfPayloadTypes' | 'cnPayloadTypes'> & {
  /** Called when the first sound is there, and again when the codec changes. */
  open: (rate: 8000 | 16_000) => LaneListener
}

/**
 * A leg's sound as it arrives, for whoever listens while the call goes on: decoded, in order, without holes. It is not the record: a
 * late packet is not waited for. Never throws, and keeps nothing of what it has handed on.
 */
export class LegTap {
  #open: TapOptions['open']
  #format: AudioFormat
  #silentTypes: readonly number[]
  #lane: LaneListener | null = null
  #decoder: PayloadDecoder | null = null
  #resample: ((samples: Int16Array) => Int16Array) | null = null
  #rate: 8000 | 16_000
  #waiting: (() => void)[] = []
  #generation = 0
  /** Samples handed on or about to be. */
  #position = 0
  /** Where the source's clock was at `base`. */
  #clock: { source: number; base: number; ssrc: number; sequence: number } | null = null
  #piece: Int16Array[] = []
  #pieceLength = 0
  #lastNs = 0n
  /** Until when the lane is full, by arrival. */
  #fullNs = 0n
  #stillTicks = 0
  #hushed = false
  /** There is no decoder for its codec. */
  #deaf = false
  #ended = false

  constructor({ format, cnPayloadTypes = [], dtmfPayloadTypes = [], open }: TapOptions) {
    this.#open = open
    this.#format = format
    this.#rate = rateOf(format)
    this.#silentTypes = silentTypes({ cn: cnPayloadTypes, dtmf: dtmfPayloadTypes })
    this.#prepare()
  }

  /** One RTP packet. A packet older than what was heard already is left out. */
  rtp(packet: Buffer, arrivalNs: bigint): void {
    const rtp = readRtp(packet)
    if (!rtp || this.#silentTypes.includes(rtp.payloadType)) return
    const { ssrc, sequence, timestamp } = rtp
    const bytes = packet.subarray(rtp.payloadFrom, rtp.payloadTo)
    const payload = this.#format.codec === 'L16' ? Buffer.from(bytes.subarray(0, bytes.length & ~1)).swap16() : bytes
    this.#when(() => {
      const known = this.#clock?.ssrc === ssrc ? this.#clock : null
      if (known && ((sequence - known.sequence) << 16) >> 16 <= 0) return
      this.#take(payload, { source: timestamp, wraps: true, ssrc, sequence }, arrivalNs)
    }, payload)
  }

  frame(payload: Buffer, arrivalNs: bigint, position: number | undefined): void {
    const whole = this.#format.codec === 'L16' ? payload.subarray(0, payload.length & ~1) : payload
    const at = position === undefined ? null : { source: position, wraps: false, ssrc: 0, sequence: 0 }
    this.#when(() => this.#take(whole, at, arrivalNs), whole)
  }

  change({ format, cnPayloadTypes = [], dtmfPayloadTypes = [] }: Omit<TapOptions, 'open'>): void {
    this.#flush()
    this.#silentTypes = silentTypes({ cn: cnPayloadTypes, dtmf: dtmfPayloadTypes })
    this.#format = format
    const rate = rateOf(format)
    if (rate !== this.#rate) {
      this.#lane?.end()
      this.#lane = null
      this.#position = 0
    }
    this.#rate = rate
    this.#clock = null
    this.#prepare()
  }

  /** What comes from now on is heard as silence, or as it is. */
  hush(on: boolean): void {
    if (on === this.#hushed) return
    this.#flush()
    this.#hushed = on
  }

  /** Called several times a second: hands on what waits, and silence where nothing comes. */
  tick(nowNs: bigint): void {
    if (this.#ended || !this.#lane) return
    this.#flush()
    if (++this.#stillTicks < STILL_TICKS || nowNs - this.#lastNs < BigInt(STILL_MS * 1e6)) return
    const untilNs = nowNs - BigInt(LATE_MS * 1e6)
    const missing = Math.floor((Number(untilNs - this.#fullNs) / 1e9) * this.#rate)
    if (missing <= 0) return
    this.#give(new Int16Array(missing), untilNs)
    this.#flush()
  }

  end(): void {
    if (this.#ended) return
    this.#flush()
    this.#ended = true
    this.#generation++
    this.#waiting = []
    this.#decoder?.free()
    this.#lane?.end()
  }

  #when(act: () => void, payload: Buffer): void {
    if (this.#ended || this.#deaf || payload.length === 0) return
    if (this.#decoder) return act()
    if (this.#waiting.length < MOST_WAITING) this.#waiting.push(act)
  }

  #prepare(): void {
    const mine = ++this.#generation
    this.#decoder?.free()
    this.#decoder = null
    this.#resample = null
    this.#deaf = false
    createDecoder(this.#format, this.#rate).then(
      (decoder) => {
        if (mine !== this.#generation) return decoder?.free()
        // Recorded all the same; nobody can listen to it.
        if (!decoder) return this.#giveUp()
        this.#decoder = decoder
        if (decoder.rate !== this.#rate) this.#resample = resampling(decoder.rate, this.#rate)
        for (const act of this.#waiting.splice(0)) act()
      },
      () => this.#giveUp(),
    )
  }

  #giveUp(): void {
    this.#waiting = []
    this.#deaf = true
  }

  #take(
    payload: Buffer,
    at: { source: number; wraps: boolean; ssrc: number; sequence: number } | null,
    arrivalNs: bigint,
  ): void {
    const decoded = this.#decoder!.decode(payload)
    const samples = this.#resample ? this.#resample(decoded) : decoded
    if (!this.#lane) {
      this.#lane = this.#open(this.#rate)
      this.#fullNs = arrivalNs
    }
    this.#fillBefore(at)
    this.#lastNs = arrivalNs
    this.#stillTicks = 0
    this.#give(this.#hushed ? new Int16Array(samples.length) : samples, arrivalNs)
    if (this.#pieceLength >= (PIECE_MS * this.#rate) / 1000) this.#flush()
  }

  /** Silence where the source's clock shows a hole; a clock that was overtaken by silence put in, or that jumped, counts from here. */
  #fillBefore(at: { source: number; wraps: boolean; ssrc: number; sequence: number } | null): void {
    if (!at) return
    const { source, wraps, ssrc, sequence } = at
    const known = this.#clock?.ssrc === ssrc ? this.#clock : null
    const ticks = known ? (wraps ? (source - known.source) | 0 : source - known.source) : 0
    const hole = known ? known.base + Math.round((ticks * this.#rate) / this.#format.rate) - this.#position : 0
    const fits = known !== null && hole >= 0 && hole < (JUMP_MS * this.#rate) / 1000
    if (fits && hole > 0) this.#give(new Int16Array(hole), this.#lastNs)
    if (fits) known.sequence = sequence
    else this.#clock = { source, base: this.#position, ssrc, sequence }
  }

  #give(samples: Int16Array, arrivalNs: bigint): void {
    this.#piece.push(samples)
    this.#pieceLength += samples.length
    this.#position += samples.length
    if (arrivalNs > this.#fullNs) this.#fullNs = arrivalNs
  }

  #flush(): void {
    if (this.#pieceLength === 0 || !this.#lane) return
    const samples = new Int16Array(this.#pieceLength)
    let at = 0
    for (const part of this.#piece) {
      samples.set(part, at)
      at += part.length
    }
    this.#piece = []
    this.#pieceLength = 0
    this.#lane.push(samples, this.#fullNs)
  }
}

/** Engines hear 8 or 16 kHz: what has more is brought to 16. */
const rateOf = ({ codec, rate }: AudioFormat): 8000 | 16_000 =>
  codec === 'PCMU' || codec === 'PCMA' || (codec === 'L16' && rate === 8000) ? 8000 : 16_000

function resampling(from: number, to: number): (samples: Int16Array) => Int16Array {
  const change = resampler(from, to)
  return (samples) => {
    const bytes = toL16(change.push(Float32Array.from(samples, (s) => s / 32_768)))
    return new Int16Array(bytes.buffer, bytes.byteOffset, bytes.length >> 1)
  }
}

import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import type { SrtpSender } from './srtp-sender.ts'

export type SenderOptions = {
  payloadType?: number
  ssrc?: number
  sequence?: number
  timestamp?: number
  /** Samples, and for G.711 bytes, per packet. */
  samples?: number
  srtp?: SrtpSender | null
}

/** A UDP socket media is sent from; many senders may share one. */
export async function openRtpSocket(): Promise<Socket> {
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return socket
}

/** One RTP stream: numbers its packets and sends them where the answer says. */
export class RtpSender {
  readonly socket: Socket
  target: { host: string; port: number } | null = null
  payloadType: number
  ssrc: number
  sequence: number
  timestamp: number
  srtp: SrtpSender | null
  /** Payloads sent, with their sequence numbers. */
  sent = 0
  #samples: number
  #rollover = 0
  #ahead: Buffer | null = null

  constructor(socket: Socket, options: SenderOptions = {}) {
    this.socket = socket
    this.payloadType = options.payloadType ?? 0
    this.ssrc = options.ssrc ?? 0x1234_5678
    this.sequence = options.sequence ?? 1
    this.timestamp = options.timestamp ?? 160
    this.srtp = options.srtp ?? null
    this.#samples = options.samples ?? 160
  }

  /** The next packet, on the wire format, without sending it. */
  next(payload: Buffer, payloadType = this.payloadType): Buffer {
    const packet = Buffer.alloc(12 + payload.length)
    packet.writeUInt8(0x80, 0)
    packet.writeUInt8(payloadType, 1)
    packet.writeUInt16BE(this.sequence, 2)
    packet.writeUInt32BE(this.timestamp, 4)
    packet.writeUInt32BE(this.ssrc, 8)
    payload.copy(packet, 12)
    const wire = this.srtp ? this.srtp.protect(packet, this.#rollover) : packet
    this.skip()
    return wire
  }

  /** Lets one packet get lost. */
  skip(): void {
    this.sequence = (this.sequence + 1) & 0xffff
    if (this.sequence === 0) this.#rollover++
    this.timestamp = (this.timestamp + this.#samples) >>> 0
  }

  send(payload: Buffer, payloadType?: number): void {
    this.transmit(this.next(payload, payloadType))
  }

  /** Keeps this packet back until the next one has gone. */
  sendLate(payload: Buffer): void {
    this.#ahead = this.next(payload)
  }

  transmit(packet: Buffer): void {
    const target = this.target
    if (!target) return
    this.sent++
    this.socket.send(packet, target.port, target.host)
    if (!this.#ahead) return
    const late = this.#ahead
    this.#ahead = null
    this.sent++
    this.socket.send(late, target.port, target.host)
  }

  /** A new stream in the same session: other SSRC, sequence and timestamp. */
  restart(ssrc: number): void {
    this.ssrc = ssrc
    this.sequence = 40_000
    this.timestamp = 7_000_000
    this.#rollover = 0
  }
}

export type Impairment = {
  /** Share of packets lost, and of packets that change places with their successor: 0 to 1. */
  loss?: number
  reorder?: number
  /** Deterministic randomness, 0 to 1. */
  random?: () => number
}

type Paced = {
  sender: RtpSender
  payload: (n: number) => Buffer
  n: number
  impairment: Impairment
  until: number
  done: () => void
}

/**
 * Sends every stream's packet each 20 ms from one timer, spread over five slots so that hundreds of calls do not arrive in
 * one burst. Catches up when the process was late.
 */
export class Pacer {
  #slots: Set<Paced>[] = [new Set(), new Set(), new Set(), new Set(), new Set()]
  #timer: NodeJS.Timeout | null = null
  #started = 0
  #ticks = 0

  /** Streams `payload(n)` for `packets` packets; resolves when the last has gone. */
  stream(
    sender: RtpSender,
    payload: (n: number) => Buffer,
    packets: number,
    impairment: Impairment = {},
  ): Promise<void> {
    return new Promise((done) => {
      const smallest = this.#slots.reduce((a, b) => (b.size < a.size ? b : a))
      smallest.add({ sender, payload, n: 0, impairment, until: packets, done })
      this.#start()
    })
  }

  stop(): void {
    if (this.#timer) clearInterval(this.#timer)
    this.#timer = null
    for (const slot of this.#slots) slot.clear()
  }

  #start(): void {
    if (this.#timer) return
    this.#started = performance.now()
    this.#ticks = 0
    this.#timer = setInterval(() => this.#catchUp(), 4)
  }

  #catchUp(): void {
    const due = Math.floor((performance.now() - this.#started) / 4)
    for (; this.#ticks < due; this.#ticks++) {
      const slot = this.#slots[this.#ticks % this.#slots.length]
      for (const one of slot ?? []) this.#step(one, slot)
    }
    if (this.#slots.every((slot) => slot.size === 0)) this.stop()
  }

  #step(one: Paced, slot: Set<Paced> | undefined): void {
    const { loss = 0, reorder = 0, random = Math.random } = one.impairment
    const payload = one.payload(one.n++)
    if (loss > 0 && random() < loss) one.sender.skip()
    else if (reorder > 0 && random() < reorder) one.sender.sendLate(payload)
    else one.sender.send(payload)
    if (one.n < one.until) return
    slot?.delete(one)
    one.done()
  }
}

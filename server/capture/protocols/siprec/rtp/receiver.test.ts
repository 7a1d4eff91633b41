import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { silentLog } from '../../../../platform/log.ts'
import type { AudioFormat, LegFacts, LegIntake } from '../../../source.ts'
import { pressPackets } from '../testkit/press.ts'
import { SrtpSender } from '../testkit/srtp-sender.ts'
import { MediaReceiver, type MediaTerms } from './receiver.ts'
import { SrtpReceiver } from './srtp.ts'

const pcmu: AudioFormat = { codec: 'PCMU', rate: 8000, channels: 1 }
const pcma: AudioFormat = { codec: 'PCMA', rate: 8000, channels: 1 }
const named = { address: '192.0.2.10', port: 4000 }
const terms: MediaTerms = {
  audio: { pt: 0, format: pcmu },
  formats: new Map([
    [0, pcmu],
    [8, pcma],
  ]),
  dtmf: [101],
  cn: [13],
  named,
}
const S = 1_000_000_000n

function rtp(type: number, sequence = 1, payload = Buffer.alloc(160, 0x55)): Buffer {
  const packet = Buffer.alloc(12 + payload.length)
  packet[0] = 0x80
  packet[1] = type
  packet.writeUInt16BE(sequence, 2)
  packet.writeUInt32BE(9, 8)
  payload.copy(packet, 12)
  return packet
}

describe('media receiver', () => {
  let packets: Buffer[]
  let changes: Pick<LegFacts, 'format'>[]
  let receiver: MediaReceiver
  let pressed: string[]
  const intake = {
    rtp: (packet: Buffer) => void packets.push(packet),
    change: (facts: Pick<LegFacts, 'format'>) => void changes.push(facts),
  } as unknown as LegIntake

  beforeEach(() => {
    packets = []
    changes = []
    pressed = []
    receiver = new MediaReceiver(terms, { acceptable: (address) => address === '10.0.0.5', log: silentLog })
    receiver.attach(intake, (key) => void pressed.push(key))
  })

  it('takes the first source, and no other', () => {
    receiver.packet(rtp(0, 1), named, 0n)
    receiver.packet(rtp(0, 2), { address: named.address, port: 4002 }, 1n)
    receiver.packet(rtp(0, 3), { address: '10.0.0.5', port: 4000 }, 2n)
    receiver.packet(rtp(0, 4), { address: '::ffff:192.0.2.10', port: 4000 }, 3n)
    expect(packets).toHaveLength(2)
    expect(receiver.counts).toMatchObject({ received: 2, wrongSource: 2 })
  })

  it('tells a pressed key once, of a type agreed on, from the source it took', () => {
    receiver.packet(rtp(0, 1), named, 0n)
    const packets = pressPackets('9', { sequence: 2, timestamp: 160 })
    for (const packet of packets) receiver.packet(packet, { address: '198.51.100.1', port: 4000 }, 1n)
    for (const packet of pressPackets('8', { sequence: 2, timestamp: 160, payloadType: 96 }))
      receiver.packet(packet, named, 1n)
    expect(pressed).toEqual([])
    for (const packet of packets) receiver.packet(packet, named, 1n)
    expect(pressed).toEqual(['9'])
  })

  it('never takes a first packet from an address neither named nor admitted', () => {
    receiver.packet(rtp(0), { address: '198.51.100.1', port: 4000 }, 0n)
    expect(receiver.counts).toMatchObject({ received: 0, wrongSource: 1 })
    receiver.packet(rtp(0), { address: '10.0.0.5', port: 7 }, 1n)
    expect(receiver.counts.received).toBe(1)
  })

  it('follows to the named address once the latched source has been silent for 2 s', () => {
    receiver.packet(rtp(0), { address: '10.0.0.5', port: 7 }, 0n)
    receiver.packet(rtp(0), named, 2n * S)
    expect(receiver.counts.wrongSource).toBe(1)
    receiver.packet(rtp(0), { address: '10.0.0.5', port: 9 }, 2n * S + 1n)
    expect(receiver.counts.wrongSource).toBe(2)
    receiver.packet(rtp(0), named, 2n * S + 2n)
    expect(receiver.counts.received).toBe(2)
    receiver.packet(rtp(0), { address: '10.0.0.5', port: 7 }, 2n * S + 3n)
    expect(receiver.counts.wrongSource).toBe(3)
  })

  it('follows one change of source after a renegotiation', () => {
    receiver.packet(rtp(0), named, 0n)
    receiver.renegotiate({ ...terms, named: { address: '192.0.2.77', port: 5000 } })
    receiver.packet(rtp(0), named, 1n)
    receiver.packet(rtp(0), { address: '192.0.2.77', port: 5000 }, 2n)
    receiver.packet(rtp(0), named, 3n)
    expect(receiver.counts).toMatchObject({ received: 3, wrongSource: 1 })
    expect(changes).toEqual([])
  })

  it('drops what is not RTP, and does not latch on it', () => {
    const other = { address: '10.0.0.5', port: 7 }
    for (const bytes of [
      Buffer.alloc(0),
      Buffer.alloc(11, 0x80),
      Buffer.from('v=0'),
      rtp(0).fill(0, 0, 1),
      Buffer.concat([Buffer.from([0x8f]), rtp(0, 1, Buffer.alloc(4)).subarray(1)]),
    ]) {
      receiver.packet(bytes, other, 0n)
    }
    const overpadded = rtp(0, 1, Buffer.from([1, 2, 9]))
    overpadded[0] = 0xa0
    receiver.packet(overpadded, other, 0n)
    // An RTCP sender report on the same port.
    receiver.packet(Buffer.from([0x80, 200, 0, 6, 0, 0, 0, 1, 0, 0, 0, 0, 0]), other, 0n)
    receiver.packet(rtp(77), other, 0n)
    receiver.packet(rtp(120), other, 0n)
    expect(receiver.counts).toMatchObject({ received: 0, malformed: 6, unknownType: 1 })
    receiver.packet(rtp(0), named, 1n)
    expect(receiver.counts).toMatchObject({ received: 1, wrongSource: 0 })
  })

  it('keeps events and comfort noise, and follows a source that uses another codec of its offer', () => {
    for (const type of [0, 101, 13, 8, 101, 8, 0]) receiver.packet(rtp(type), named, 0n)
    expect(packets.map((p) => p[1])).toEqual([0, 101, 13, 8, 101, 8, 0])
    expect(changes.map(({ format }) => format.codec)).toEqual(['PCMA', 'PCMU'])
  })

  it('follows new keys, still taking packets on their way for 5 s', () => {
    const old = new SrtpSender('AES_CM_128_HMAC_SHA1_80')
    const fresh = new SrtpSender('AEAD_AES_128_GCM')
    const keys = (one: SrtpSender) =>
      new SrtpReceiver(one.suite, [{ key: one.masterKey, salt: one.masterSalt, mki: null }], receiver.rolloverOf)
    receiver.protect(keys(old), 0n)
    receiver.packet(old.protect(rtp(0, 1), 0), named, 0n)
    receiver.packet(rtp(0, 2), named, 0n)
    receiver.protect(keys(fresh), 1n)
    receiver.packet(fresh.protect(rtp(0, 3), 0), named, 2n)
    receiver.packet(old.protect(rtp(0, 4), 0), named, 3n)
    receiver.packet(old.protect(rtp(0, 5), 0), named, 6n * S)
    expect(packets).toEqual([rtp(0, 1), rtp(0, 3), rtp(0, 4)])
    expect(receiver.counts).toMatchObject({ received: 3, unauthentic: 2 })
  })

  it('an unauthentic packet cannot take over the source', () => {
    const sender = new SrtpSender('AES_CM_128_HMAC_SHA1_80')
    receiver.protect(
      new SrtpReceiver(sender.suite, [{ key: sender.masterKey, salt: sender.masterSalt, mki: null }]),
      0n,
    )
    receiver.packet(rtp(0), { address: '10.0.0.5', port: 7 }, 0n)
    receiver.packet(sender.protect(rtp(0), 0), named, 1n)
    expect(receiver.counts).toMatchObject({ received: 1, unauthentic: 1, wrongSource: 0 })
  })

  it('never throws on any bytes, nor when the recorder does', () => {
    const broken = new MediaReceiver(terms, { acceptable: () => true, log: silentLog })
    const full = {
      ...intake,
      rtp: () => {
        throw new Error('full')
      },
    } as LegIntake
    broken.attach(full, () => {})
    broken.packet(rtp(0), named, 0n)
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        expect(() => broken.packet(Buffer.from(bytes), named, 0n)).not.toThrow()
      }),
    )
  })
})

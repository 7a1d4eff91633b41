import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SrtpSender } from '../testkit/srtp-sender.ts'
import { deriveKeys } from './kdf.ts'
import { createContext, headerBytes, SrtpReceiver } from './srtp.ts'
import { SUITES, type SuiteName } from './srtp-suites.ts'

const hex = (text: string): Buffer => Buffer.from(text.replace(/\s+/g, ''), 'hex')
const names: SuiteName[] = [
  'AEAD_AES_256_GCM',
  'AEAD_AES_128_GCM',
  'AES_CM_128_HMAC_SHA1_80',
  'AES_CM_128_HMAC_SHA1_32',
  'AES_192_CM_HMAC_SHA1_80',
  'AES_192_CM_HMAC_SHA1_32',
  'AES_256_CM_HMAC_SHA1_80',
  'AES_256_CM_HMAC_SHA1_32',
]

function rtp(sequence: number, payload: Buffer, ssrc = 0xcafe_babe): Buffer {
  const packet = Buffer.alloc(12 + payload.length)
  packet.writeUInt16BE(0x8000, 0)
  packet.writeUInt16BE(sequence & 0xffff, 2)
  packet.writeUInt32BE((sequence * 160) >>> 0, 4)
  packet.writeUInt32BE(ssrc, 8)
  payload.copy(packet, 12)
  return packet
}

const receiverOf = (sender: SrtpSender, hint?: (ssrc: number) => number): SrtpReceiver =>
  new SrtpReceiver(
    sender.suite,
    [{ key: sender.masterKey, salt: sender.masterSalt, mki: sender.mki.length > 0 ? sender.mki : null }],
    hint,
  )

describe('SRTP against the standards', () => {
  it('derives the keys of RFC 3711 B.3', () => {
    const keys = deriveKeys(
      SUITES.AES_CM_128_HMAC_SHA1_80,
      hex('E1F97A0D3E018BE0D64FA32C06DE4139'),
      hex('0EC675AD498AFEEBB6960B3AABE6'),
    )
    expect(keys.cipherKey).toEqual(hex('C61E7A93744F39EE10734AFE3FF7A087'))
    expect(keys.salt).toEqual(hex('30CBBC08863D8C85D49DB34A9AE1'))
    expect(keys.authKey).toEqual(hex('CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4'))
  })

  it('makes the key stream of RFC 3711 B.2', () => {
    const keys = {
      cipherKey: hex('2B7E151628AED2A6ABF7158809CF4F3C'),
      salt: hex('F0F1F2F3F4F5F6F7F8F9FAFBFCFD'),
      authKey: Buffer.alloc(20),
    }
    const context = createContext(SUITES.AES_CM_128_HMAC_SHA1_80, keys)
    const sealed = Buffer.concat([hex('8000 0000 00000000 00000000'), Buffer.alloc(48)])
    const tag = createHmac('sha1', keys.authKey).update(sealed).update(Buffer.alloc(4)).digest().subarray(0, 10)
    const plain = context.open(Buffer.concat([sealed, tag]), 0, { header: 12, mkiBytes: 0 })
    expect(plain?.subarray(12)).toEqual(
      hex('E03EAD0935C95E80E166B16DD92B4EB4 D23513162B02D0F72A43A2FE4A5F97AB 41E95B3BB0A2E8DD477901E4FCA894C0'),
    )
  })

  const plain = hex(
    '8040f17b 8041f8d3 5501a0b2 47616c6c 69612065 7374206f 6d6e6973 20646976 69736120 696e2070 61727465 73207472 6573',
  )
  it.each([
    [
      'AEAD_AES_128_GCM',
      '000102030405060708090a0b0c0d0e0f',
      'f24de3a3 fb34de6c acba861c 9d7e4bca be633bd5 0d294e6f 42a5f47a 51c7d19b 36de3adf 8833899d 7f27beb1 6a9152cf 765ee439 0cce',
    ],
    [
      'AEAD_AES_256_GCM',
      '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f',
      '32b1de78 a822fe12 ef9f78fa 332e33aa b1801238 9a58e2f3 b50b2a02 76ffae0f 1ba63799 b87b7aa3 db36dfff d6b0f9bb 7878d7a7 6c13',
    ],
  ] as const)('opens the packet of RFC 7714 §16 with %s', (suite, key, sealed) => {
    const keys = { cipherKey: hex(key), salt: hex('51756964 2070726f 2071756f'), authKey: Buffer.alloc(20) }
    const packet = Buffer.concat([plain.subarray(0, 12), hex(sealed)])
    const context = createContext(SUITES[suite], keys)
    expect(context.open(packet, 0xf17b, { header: 12, mkiBytes: 0 })).toEqual(plain)
    packet[20] = (packet[20] ?? 0) ^ 1
    expect(context.open(packet, 0xf17b, { header: 12, mkiBytes: 0 })).toBeNull()
  })
})

describe.each(names)('%s', (suite) => {
  it('opens what an independent sender sealed, header extension and all, over a wrap', () => {
    const sender = new SrtpSender(suite)
    const receiver = receiverOf(sender)
    for (let i = 0; i < 200; i++) {
      const index = 65_436 + i
      let packet = rtp(index, Buffer.alloc(1 + (i % 300), i))
      if (i % 7 === 0) {
        packet = Buffer.concat([packet.subarray(0, 12), hex('bede0001 10ff0000'), packet.subarray(12)])
        packet[0] = 0x90
      }
      expect(receiver.unprotect(sender.protect(packet, Math.floor(index / 65_536)))).toEqual(packet)
    }
  })

  it('refuses any changed bit, a replay and another key', () => {
    const sender = new SrtpSender(suite)
    const packet = sender.protect(rtp(7, Buffer.from('secret audio')), 0)
    fc.assert(
      fc.property(fc.nat(packet.length * 8 - 1), (bit) => {
        const changed = Buffer.from(packet)
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        return typeof receiverOf(sender).unprotect(changed) === 'string'
      }),
    )
    const receiver = receiverOf(sender)
    expect(receiver.unprotect(packet)).toBeInstanceOf(Buffer)
    expect(receiver.unprotect(packet)).toBe('replayed')
    expect(receiverOf(new SrtpSender(suite)).unprotect(packet)).toBe('unauthentic')
    expect(receiver.unprotect(packet.subarray(0, 15))).toBe('malformed')
  })

  it('takes the key its MKI names', () => {
    const [one, two] = [1, 2].map(
      (n) =>
        new SrtpSender(suite, {
          key: Buffer.alloc(SUITES[suite].keyBytes, n),
          salt: Buffer.alloc(SUITES[suite].saltBytes, n),
          mki: Buffer.from([0, n]),
        }),
    )
    if (!one || !two) throw new Error()
    const keys = [one, two].map(({ masterKey, masterSalt, mki }) => ({ key: masterKey, salt: masterSalt, mki }))
    const receiver = new SrtpReceiver(suite, keys)
    expect(receiver.unprotect(one.protect(rtp(1, Buffer.from('one')), 0))).toEqual(rtp(1, Buffer.from('one')))
    expect(receiver.unprotect(two.protect(rtp(2, Buffer.from('two')), 0))).toEqual(rtp(2, Buffer.from('two')))
  })
})

describe('roll-over and replay', () => {
  it('accepts every packet once whatever the loss, reordering and repetition, across wraps', () => {
    const sender = new SrtpSender('AES_CM_128_HMAC_SHA1_80')
    // Steps from 0 (repeat) to 3,000 lost, with packets up to 60 places late.
    const steps = fc.array(fc.record({ step: fc.oneof(fc.nat(3), fc.nat(3000)), late: fc.nat(60) }), { maxLength: 60 })
    fc.assert(
      fc.property(steps, fc.integer({ min: 60_000, max: 65_535 }), (moves, start) => {
        const receiver = receiverOf(sender)
        const seen = new Set<number>()
        let at = start
        for (const { step, late } of [{ step: 0, late: 0 }, ...moves]) {
          at += step
          const index = Math.max(start, at - late)
          const opened = receiver.unprotect(
            sender.protect(rtp(index, Buffer.from([index & 255])), Math.floor(index / 65_536)),
          )
          expect(opened instanceof Buffer).toBe(!seen.has(index))
          seen.add(index)
        }
      }),
      { numRuns: 60 },
    )
  })

  it('survives 300 packets lost across the wrap', () => {
    const sender = new SrtpSender('AEAD_AES_128_GCM')
    const receiver = receiverOf(sender)
    const open = (index: number): unknown =>
      receiver.unprotect(sender.protect(rtp(index, Buffer.alloc(4)), Math.floor(index / 65_536)))
    expect(open(65_400)).toBeInstanceOf(Buffer)
    for (let index = 65_700; index < 66_500; index++) expect(open(index)).toBeInstanceOf(Buffer)
  })

  it('keeps counters per source, and follows one that carries on after new keys', () => {
    const sender = new SrtpSender('AES_CM_128_HMAC_SHA1_80')
    const receiver = receiverOf(sender, (ssrc) => (ssrc === 5 ? 3 : 0))
    expect(receiver.unprotect(sender.protect(rtp(10, Buffer.alloc(4), 5), 3))).toBeInstanceOf(Buffer)
    expect(receiver.unprotect(sender.protect(rtp(10, Buffer.alloc(4), 6), 0))).toBeInstanceOf(Buffer)
    expect(receiver.rolloverOf(5)).toBe(3)
    expect(receiver.rolloverOf(6)).toBe(0)
  })

  it('remembers a bounded number of sources', () => {
    const sender = new SrtpSender('AES_CM_128_HMAC_SHA1_80')
    const receiver = receiverOf(sender)
    for (let ssrc = 1; ssrc < 100; ssrc++)
      expect(receiver.unprotect(sender.protect(rtp(1, Buffer.alloc(4), ssrc), 0))).toBeInstanceOf(Buffer)
  })

  it('never throws on any bytes', () => {
    const receivers = names.map((name) => receiverOf(new SrtpSender(name)))
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        for (const receiver of receivers) expect(typeof receiver.unprotect(Buffer.from(bytes))).toBe('string')
        expect(headerBytes(Buffer.from(bytes))).toBeLessThanOrEqual(bytes.length)
      }),
    )
  })
})

import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { G722Encoder } from '../testkit/g722-encoder.ts'
import { seeded } from '../testkit/random.ts'
import { payloadsOf, snr, speechLike, tone } from '../testkit/signals.ts'
import { createDecoder, type PayloadDecoder } from './decoder.ts'
import { decodeG711, encodeG711, TO_LINEAR } from './g711.ts'
import { G722Decoder } from './g722.ts'
import { isOpusPacket, opusTicks } from './opus-toc.ts'

const sha256 = (bytes: Int16Array | Buffer) =>
  createHash('sha256')
    .update(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
    .digest('hex')

const bytesOf = (seed: number, n: number) => {
  const random = seeded(seed)
  return Buffer.from(Array.from({ length: n }, () => Math.floor(random() * 256)))
}

describe('G.711', () => {
  it('gives every byte back, whichever way it goes', () => {
    for (const law of ['PCMU', 'PCMA'] as const) {
      const all = Buffer.from(Array.from({ length: 256 }, (_, i) => i))
      const back = encodeG711(law, decodeG711(law, all))
      // mu-law has two zeros; they are the one pair of bytes with equal values.
      for (let i = 0; i < 256; i++) expect(back[i]).toBe(law === 'PCMU' && i === 0x7f ? 0xff : i)
    }
  })

  it('has the values of the recommendation', () => {
    expect([TO_LINEAR.PCMU[0x00], TO_LINEAR.PCMU[0x80], TO_LINEAR.PCMU[0xff], TO_LINEAR.PCMU[0xf0]]).toEqual([
      -32124, 32124, 0, 120,
    ])
    expect([TO_LINEAR.PCMA[0xd5], TO_LINEAR.PCMA[0x55], TO_LINEAR.PCMA[0xaa], TO_LINEAR.PCMA[0x2a]]).toEqual([
      8, -8, 32256, -32256,
    ])
  })

  it('never errs by more than half a step', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -32768, max: 32767 }),
        fc.constantFrom('PCMU' as const, 'PCMA' as const),
        (sample, law) => {
          const [value = 0] = decodeG711(law, encodeG711(law, Int16Array.of(sample)))
          expect(Math.abs(value - sample)).toBeLessThanOrEqual(Math.max(16, Math.abs(sample) / 30))
        },
      ),
    )
  })
})

describe('G.722', () => {
  it('decodes random codes bit for bit like ffmpeg 5.1', () => {
    const pcm = new G722Decoder().decode(bytesOf(7, 16000))
    expect(sha256(pcm)).toBe('0346c22a8c5176ef29ba3bce248f6e9529fecd683275c487fc522403a736fc80')
  })

  it('gives back tones and voices of both bands', () => {
    for (const [signal, least] of [
      [tone(440, 2000, 16000), 30],
      [tone(5500, 2000, 16000), 15],
      [speechLike(4000, 16000), 20],
    ] as const) {
      const copy = new G722Decoder().decode(new G722Encoder().encode(signal))
      expect(snr(signal, copy, 30)).toBeGreaterThan(least)
    }
  })

  it('decodes alike in one piece and in packets', () => {
    const codes = bytesOf(9, 1600)
    const whole = new G722Decoder().decode(codes)
    const decoder = new G722Decoder()
    const parts = Array.from({ length: 10 }, (_, i) => [
      ...decoder.decode(codes.subarray(i * 160, i * 160 + 160)),
    ]).flat()
    expect(Int16Array.from(parts)).toEqual(whole)
  })
})

describe('Opus', () => {
  const format = { codec: 'opus', rate: 48000, channels: 1 } as const

  it('knows durations and sound framing', () => {
    const packets = payloadsOf('opus', speechLike(1000, 48000), 48000)
    for (const packet of packets) expect([opusTicks(packet), isOpusPacket(packet)]).toEqual([960, true])
    expect(opusTicks(Buffer.alloc(0))).toBe(0)
    expect(isOpusPacket(Buffer.from([0xff, 0xff, 0xff]))).toBe(false)
    expect(isOpusPacket(Buffer.from([0x03, 0x00]))).toBe(false)
    expect(isOpusPacket(Buffer.from([0x02, 0xfc]))).toBe(false)
  })

  it('decodes to 16 kHz and 8 kHz', async () => {
    for (const rate of [16000, 8000] as const) {
      const signal = tone(440, 2000, 48000)
      const decoder = await createDecoder(format, rate)
      const pcm = payloadsOf('opus', signal, 48000).flatMap((p) => [...(decoder?.decode(p) ?? [])])
      decoder?.free()
      expect(pcm).toHaveLength(rate * 2)
      expect(snr(tone(440, 1500, rate), Int16Array.from(pcm.slice(0, rate * 1.5)), 200)).toBeGreaterThan(15)
    }
  })

  it('starts alike after a reset, whatever it decoded before', async () => {
    const [used, fresh] = await Promise.all([createDecoder(format, 16000), createDecoder(format, 16000)])
    const voice = payloadsOf('opus', speechLike(2000, 48000), 48000)
    const outcome = (decoder: PayloadDecoder | undefined) => {
      decoder?.reset()
      return Buffer.concat(
        voice.slice(10, 20).map((p) => Buffer.from(decoder?.decode(p).slice().buffer ?? new ArrayBuffer(0))),
      )
    }
    const expected = outcome(fresh)
    const packet = fc.oneof(
      fc.nat({ max: voice.length - 1 }).map((i) => voice[i] ?? Buffer.alloc(0)),
      fc.uint8Array({ minLength: 1, maxLength: 80 }).map((b) => Buffer.from(b)),
    )
    fc.assert(
      fc.property(fc.array(packet, { maxLength: 12 }), (history) => {
        for (const p of history) used?.decode(p)
        expect(outcome(used).equals(expected)).toBe(true)
      }),
    )
    used?.free()
    fresh?.free()
  })

  it('survives anything that claims to be Opus', async () => {
    const decoder = await createDecoder(format, 16000)
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const pcm = decoder?.decode(Buffer.from(bytes))
        expect(pcm?.length).toBeLessThanOrEqual(1920)
      }),
    )
    expect(decoder?.decode(Buffer.alloc(60_000, 3)).length).toBeLessThanOrEqual(1920)
    decoder?.free()
  })
})

it('leaves G.729 to another program', async () => {
  expect(await createDecoder({ codec: 'G729', rate: 8000, channels: 1 }, 8000)).toBeUndefined()
})

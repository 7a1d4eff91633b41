import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { joinChannels, splitChannels } from '../websocket/channels.ts'
import { samplesIn, selectMedia } from './media.ts'
import { envelope, openParameters, parseDuration, type MediaOffer } from './messages.ts'

describe('a duration', () => {
  it('is read in seconds, and in the longer forms of ISO 8601', () => {
    expect(parseDuration('PT1.2S')).toBe(1200)
    expect(parseDuration('PT0S')).toBe(0)
    expect(parseDuration('PT.5S')).toBe(500)
    expect(parseDuration('PT5e-7S')).toBeCloseTo(0.0005)
    expect(parseDuration('PT1H2M3.5S')).toBe(3_723_500)
  })

  it('is refused in any other form', () => {
    for (const text of [
      '',
      'PT',
      'P1D',
      'PT1',
      'PT-1S',
      'PT1.2.3S',
      'pt1S',
      'PT1e9S',
      'PT99999999999S',
      ' PT1S',
      'PTNaNS',
      'PT1S\n',
    ]) {
      expect(parseDuration(text)).toBeNull()
    }
  })

  it('survives the round trip of every millisecond and never throws', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 40 }), (ms) => {
        expect(parseDuration(`PT${ms / 1000}S`)).toBeCloseTo(ms, 3)
      }),
    )
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(() => parseDuration(`PT${text}S`)).not.toThrow()
      }),
    )
  })
})

describe('the message schemas', () => {
  it('never throw', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect([true, false]).toContain(envelope.safeParse(value).success)
        expect([true, false]).toContain(openParameters.safeParse(value).success)
        expect(selectMedia([value])).toBeNull()
      }),
    )
  })
})

describe('the media offer taken', () => {
  const offer = (format: 'PCMU' | 'L16', ...channels: ('external' | 'internal')[]): MediaOffer => ({
    type: 'audio',
    format,
    channels,
    rate: 8000,
  })
  const all = [
    offer('PCMU', 'external', 'internal'),
    offer('L16', 'external', 'internal'),
    offer('PCMU', 'external'),
    offer('L16', 'external'),
    offer('PCMU', 'internal'),
    offer('L16', 'internal'),
  ]

  it('is the best one, wherever it stands', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(all, { minLength: 1 }), (offers) => {
        expect(selectMedia(offers)).toEqual(all.find((best) => offers.includes(best)))
      }),
    )
  })

  it('keeps the order of the channels offered and passes unknown formats over', () => {
    const swapped = offer('PCMU', 'internal', 'external')
    expect(selectMedia([{ type: 'audio', format: 'opus', channels: ['external'], rate: 48000 }, swapped])).toEqual(
      swapped,
    )
    expect(
      selectMedia([{ ...swapped, rate: 16000 }, { ...swapped, channels: ['external', 'external'] }, null]),
    ).toBeNull()
  })
})

describe('interleaved audio', () => {
  it('is split and joined without touching a bit', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.constantFrom(1 as const, 2 as const),
        fc.uint8Array({ maxLength: 200 }),
        (channels, size, raw) => {
          const bytes = Buffer.from(raw.subarray(0, raw.length - (raw.length % (channels * size))))
          const parts = splitChannels(bytes, channels, size)
          expect(parts).toHaveLength(channels)
          expect(joinChannels(parts, size).equals(bytes)).toBe(true)
        },
      ),
    )
  })

  it('is counted in whole samples only', () => {
    const stereo: MediaOffer = { type: 'audio', format: 'L16', channels: ['external', 'internal'], rate: 8000 }
    expect(samplesIn(Buffer.alloc(8), stereo)).toBe(2)
    expect(samplesIn(Buffer.alloc(6), stereo)).toBeNull()
  })
})

import { describe, expect, it } from 'vitest'
import { joined } from '../audio.ts'
import { babble, hiss, music, ringing, silence, tones } from '../testkit/sounds.ts'
import { isSpeech, soundOf } from './tonal.ts'

const rates = [8000, 16_000] as const
const mixed = (a: Int16Array, b: Int16Array, part: number): Int16Array =>
  a.map((v, i) => v + Math.round((b[i] ?? 0) * part))

it('music and tones are not worth an engine, voices and doubtful sound are', () => {
  const rate = 8000
  expect(isSpeech({ samples: babble(4, rate, 1), rate })).toBe(true)
  expect(isSpeech({ samples: hiss(2, rate, 0.02, 1), rate })).toBe(true)
  expect(isSpeech({ samples: music(6, rate, 1), rate })).toBe(false)
  expect(isSpeech({ samples: ringing(10, rate, [425], [1, 4]), rate })).toBe(false)
})

describe('soundOf', () => {
  for (const rate of rates) {
    it(`takes voices for speech at ${rate} Hz, with noise and after a beep too`, () => {
      for (const seed of [1, 2, 3, 4, 5, 6]) {
        const samples = babble(4, rate, seed)
        expect(soundOf({ samples, rate }).sound).toBe('speech')
        expect(soundOf({ samples: mixed(samples, hiss(4, rate, 0.02, seed), 1), rate }).sound).toBe('speech')
        expect(soundOf({ samples: joined([tones(0.3, rate, [1000]), samples]), rate }).sound).toBe('speech')
      }
    })

    it(`takes chords and tunes for music at ${rate} Hz`, () => {
      for (const seed of [1, 2, 3, 4, 5, 6])
        expect(soundOf({ samples: music(6, rate, seed), rate }).sound).toBe('music')
    })

    it(`takes signals of the network for what they are at ${rate} Hz`, () => {
      expect(soundOf({ samples: ringing(10, rate, [425], [1, 4]), rate }).sound).toBe('tone')
      expect(soundOf({ samples: ringing(10, rate, [440], [1.5, 3.5]), rate }).sound).toBe('tone')
      expect(soundOf({ samples: tones(2, rate, [697, 1209]), rate }).sound).toBe('tone')
      // Two tones too close to be told apart beat like an instrument.
      expect(soundOf({ samples: ringing(6, rate, [400, 450], [0.4, 0.2, 0.4, 2]), rate }).sound).not.toBe('speech')
    })

    it(`does not skip somebody who speaks over music at ${rate} Hz`, () => {
      const both = mixed(babble(6, rate, 2), music(6, rate, 2), 0.15)
      expect(soundOf({ samples: both, rate }).sound).toBe('speech')
    })

    it(`knows silence, and calls nothing else so, at ${rate} Hz`, () => {
      expect(soundOf({ samples: silence(2, rate), rate }).sound).toBe('silence')
      expect(soundOf({ samples: new Int16Array(0), rate }).sound).toBe('silence')
      expect(soundOf({ samples: babble(2, rate).map((v) => v / 30), rate }).sound).toBe('speech')
    })
  }
})

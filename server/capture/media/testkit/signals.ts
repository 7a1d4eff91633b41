import { Encoder } from '@evan/opus'
import type { AudioFormat } from '../../source.ts'
import { encodeG711 } from '../codecs/g711.ts'
import { G722Encoder } from './g722-encoder.ts'
import { seeded } from './random.ts'

/** A sine; `level` is the share of full scale. */
export const tone = (hz: number, ms: number, rate: number, level = 0.3): Int16Array =>
  Int16Array.from({ length: Math.round((ms * rate) / 1000) }, (_, i) =>
    Math.round(32767 * level * Math.sin((2 * Math.PI * hz * i) / rate)),
  )

/** Voice-like sound: a pitch that wanders with its harmonics, in syllables and pauses, over faint noise. */
export function speechLike(ms: number, rate: number, seed = 1): Int16Array {
  const random = seeded(seed)
  const out = new Int16Array(Math.round((ms * rate) / 1000))
  const pitch = 100 + random() * 100
  let phase = 0
  for (let i = 0; i < out.length; i++) {
    const t = i / rate
    const loudness =
      Math.max(0, Math.sin(2 * Math.PI * 3.1 * t)) * (Math.sin(2 * Math.PI * 0.37 * t + seed) > -0.4 ? 1 : 0)
    phase += (2 * Math.PI * pitch * (1 + 0.1 * Math.sin(2 * Math.PI * 1.7 * t))) / rate
    let value = 0
    for (let h = 1; h <= 12 && h * pitch < 0.4 * rate; h++)
      value += Math.sin(h * phase) / (h * (1 + Math.abs(h - 5) / 4))
    out[i] = Math.round(5000 * loudness * value + 40 * (random() - 0.5))
  }
  return out
}

/** Payloads of 20 ms in a codec. L16 is little-endian, as streams carry it. Opus takes 48 kHz, G.722 16 kHz samples. */
export function payloadsOf(codec: AudioFormat['codec'], samples: Int16Array, rate: number): Buffer[] {
  const step = rate / 50
  const encode = encoderOf(codec)
  const out: Buffer[] = []
  for (let at = 0; at + step <= samples.length; at += step) out.push(encode(samples.subarray(at, at + step)))
  return out
}

function encoderOf(codec: AudioFormat['codec']): (samples: Int16Array) => Buffer {
  if (codec === 'PCMU' || codec === 'PCMA') return (samples) => encodeG711(codec, samples)
  if (codec === 'L16') return (samples) => Buffer.from(samples.slice().buffer)
  if (codec === 'G722') {
    const encoder = new G722Encoder()
    return (samples) => encoder.encode(samples)
  }
  if (codec === 'opus') {
    const encoder = new Encoder({ channels: 1, sample_rate: 48000, application: 'voip' })
    return (samples) => Buffer.from(encoder.encode(samples.slice()))
  }
  throw new Error(`no test encoder for ${codec}`)
}

/** Signal to noise in dB of a decoded copy, at the delay (0 to `maxDelay` samples) that fits best. */
export function snr(original: Int16Array, copy: Int16Array, maxDelay = 0): number {
  let best = -Infinity
  for (let delay = 0; delay <= maxDelay; delay++) {
    let signal = 0
    let noise = 0
    for (let i = 0; i + delay < copy.length && i < original.length; i++) {
      signal += (original[i] ?? 0) ** 2
      noise += ((original[i] ?? 0) - (copy[i + delay] ?? 0)) ** 2
    }
    best = Math.max(best, 10 * Math.log10(signal / (noise || 1e-9)))
  }
  return best
}

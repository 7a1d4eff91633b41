import { resampler, toL16 } from '../../platform/resample.ts'
import type { Audio, Rate } from './ports.ts'

/** 16-bit samples as floats between -1 and 1. */
export function toFloats(samples: Int16Array): Float32Array {
  const out = new Float32Array(samples.length)
  for (let i = 0; i < samples.length; i++) out[i] = samples[i]! / 32_768
  return out
}

/** The same audio at another rate. */
export function atRate(audio: Audio, rate: Rate): Int16Array {
  if (audio.rate === rate) return audio.samples
  const change = resampler(audio.rate, rate)
  return joined([change.push(toFloats(audio.samples)), change.end()].map(fromFloats))
}

export const fromFloats = (samples: Float32Array): Int16Array => new Int16Array(toL16(samples).buffer)

export function joined(parts: readonly Int16Array[]): Int16Array {
  const out = new Int16Array(parts.reduce((n, part) => n + part.length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}

/** The samples' bytes, little-endian, without copying. */
export const bytesOf = (samples: Int16Array): Buffer =>
  Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength)

/** A WAV file of one channel, 16 bits. */
export function wavOf({ samples, rate }: Audio): Buffer {
  const header = Buffer.alloc(44)
  header.write('RIFF', 0)
  header.writeUInt32LE(36 + samples.byteLength, 4)
  header.write('WAVEfmt ', 8)
  header.writeUInt32LE(16, 16)
  header.writeUInt16LE(1, 20)
  header.writeUInt16LE(1, 22)
  header.writeUInt32LE(rate, 24)
  header.writeUInt32LE(rate * 2, 28)
  header.writeUInt16LE(2, 32)
  header.writeUInt16LE(16, 34)
  header.write('data', 36)
  header.writeUInt32LE(samples.byteLength, 40)
  return Buffer.concat([header, bytesOf(samples)])
}

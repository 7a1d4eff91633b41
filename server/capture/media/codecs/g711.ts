/** ITU-T G.711. A sample is one byte; linear values are 16-bit (13 or 14 significant bits, left-aligned). */

const MU_BIAS = 0x84
const MU_CLIP = 32635

function muLawToLinear(byte: number): number {
  const u = ~byte & 0xff
  const magnitude = (((u & 15) << 3) + MU_BIAS) << ((u & 0x70) >> 4)
  return u & 0x80 ? MU_BIAS - magnitude : magnitude - MU_BIAS
}

function aLawToLinear(byte: number): number {
  const a = byte ^ 0x55
  const segment = (a & 0x70) >> 4
  const base = (a & 15) << 4
  const magnitude = segment === 0 ? base + 8 : (base + 0x108) << (segment - 1)
  return a & 0x80 ? magnitude : -magnitude
}

function linearToMuLaw(sample: number): number {
  const sign = sample < 0 ? 0x80 : 0
  const magnitude = Math.min(MU_CLIP, Math.abs(sample)) + MU_BIAS
  const exponent = 31 - Math.clz32(magnitude >> 7)
  const mantissa = (magnitude >> (exponent + 3)) & 15
  return ~(sign | (exponent << 4) | mantissa) & 0xff
}

function linearToALaw(sample: number): number {
  const sign = sample < 0 ? 0 : 0x80
  const magnitude = Math.min(32767, sample < 0 ? -sample - 1 : sample)
  const exponent = magnitude < 256 ? 0 : 24 - Math.clz32(magnitude)
  const mantissa = exponent === 0 ? magnitude >> 4 : (magnitude >> (exponent + 3)) & 15
  return (sign | (exponent << 4) | mantissa) ^ 0x55
}

export type G711 = 'PCMU' | 'PCMA'

/** Linear value of each byte. */
export const TO_LINEAR: Record<G711, Int16Array> = {
  PCMU: Int16Array.from({ length: 256 }, (_, byte) => muLawToLinear(byte)),
  PCMA: Int16Array.from({ length: 256 }, (_, byte) => aLawToLinear(byte)),
}

const FROM_LINEAR: Record<G711, Uint8Array> = {
  PCMU: Uint8Array.from({ length: 65536 }, (_, i) => linearToMuLaw(i - 32768)),
  PCMA: Uint8Array.from({ length: 65536 }, (_, i) => linearToALaw(i - 32768)),
}

export function decodeG711(law: G711, bytes: Uint8Array): Int16Array {
  const table = TO_LINEAR[law]
  const out = new Int16Array(bytes.length)
  for (let i = 0; i < bytes.length; i++) out[i] = table[bytes[i] ?? 0] ?? 0
  return out
}

export function encodeG711(law: G711, samples: Int16Array): Buffer {
  const table = FROM_LINEAR[law]
  const out = Buffer.allocUnsafe(samples.length)
  for (let i = 0; i < samples.length; i++) out[i] = table[(samples[i] ?? 0) + 32768] ?? 0
  return out
}

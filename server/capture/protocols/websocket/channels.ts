/** Splits interleaved audio into one buffer per channel, in the order of `channels`, without touching a bit. */
export function splitChannels(bytes: Buffer, channels: number, sampleBytes: 1 | 2): Buffer[] {
  if (channels === 1) return [bytes]
  const samples = bytes.length / channels / sampleBytes
  return Array.from({ length: channels }, (_, channel) => {
    const out = Buffer.allocUnsafe(samples * sampleBytes)
    if (sampleBytes === 1) for (let i = 0, s = channel; i < samples; i++, s += channels) out[i] = bytes[s]!
    else
      for (let i = 0, s = channel * 2; i < out.length; i += 2, s += channels * 2) {
        out[i] = bytes[s]!
        out[i + 1] = bytes[s + 1]!
      }
    return out
  })
}

/** The inverse of `splitChannels`: interleaves channels of equal length. */
export function joinChannels(parts: Buffer[], sampleBytes: 1 | 2): Buffer {
  const out = Buffer.alloc(parts.reduce((sum, part) => sum + part.length, 0))
  parts.forEach((part, channel) => {
    for (let i = 0; i < part.length; i++) {
      out[Math.floor(i / sampleBytes) * sampleBytes * parts.length + channel * sampleBytes + (i % sampleBytes)] =
        part[i]!
    }
  })
  return out
}

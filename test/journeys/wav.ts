/** A stereo mu-law WAV: `seconds` long, every left byte 0x31, every right one 0x42. */
export const muLawWav = (seconds: number): Buffer => stereoWav(seconds, (_, right) => (right ? 0x42 : 0x31))

/** A stereo mu-law WAV in which somebody makes a sound for a second at each of these seconds, and nobody else. */
export const soundsWav = (seconds: number, at: { left: number[]; right: number[] }): Buffer => {
  const [left, right] = [new Set(at.left), new Set(at.right)]
  return stereoWav(seconds, (sample, isRight) => {
    const sounds = (isRight ? right : left).has(Math.floor(sample / 8000))
    return sounds ? noiseAt(sample) : 0xff
  })
}

/** A number that looks like any other, always the same for `n`: 32 bits. Noise of them is taken neither for music nor for a tone. */
export function scrambled(n: number): number {
  let hash = Math.imul((n ^ 0x9e3779b1) >>> 0, 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}

/** µ-law, about as loud as speech. */
const noiseAt = (sample: number): number => {
  const hash = scrambled(sample)
  return 0x10 | (hash & 0x8f)
}

function stereoWav(seconds: number, byteAt: (sample: number, right: boolean) => number): Buffer {
  const data = Buffer.alloc(seconds * 16_000)
  for (let i = 0; i < data.length; i++) data[i] = byteAt(i >> 1, i % 2 === 1)
  const head = Buffer.alloc(58)
  head.write('RIFF', 0)
  head.writeUInt32LE(50 + data.length, 4)
  head.write('WAVEfmt ', 8)
  head.writeUInt32LE(18, 16)
  head.writeUInt16LE(7, 20)
  head.writeUInt16LE(2, 22)
  head.writeUInt32LE(8000, 24)
  head.writeUInt32LE(16_000, 28)
  head.writeUInt16LE(2, 32)
  head.writeUInt16LE(8, 34)
  head.write('fact', 38)
  head.writeUInt32LE(4, 42)
  head.writeUInt32LE(data.length / 2, 46)
  head.write('data', 50)
  head.writeUInt32LE(data.length, 54)
  return Buffer.concat([head, data])
}

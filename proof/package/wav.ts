/*
 * WAV as packages carry it: PCM, signed 16 bit, little-endian, a header of 44 bytes and nothing but samples after it
 * (Multimedia Programming Interface 1.0, "Waveform Audio File Format").
 */

export const WAV_HEADER_BYTES = 44
export type WavShape = { channels: number; rate: number; samples: number }

/** The header of a file with `samples` samples a channel. Throws RangeError when they need 4 GiB or more. */
export function wavHeader({ channels, rate, samples }: WavShape): Buffer {
  const bytes = channels * samples * 2
  if (bytes > 0xffff_ffff - WAV_HEADER_BYTES) throw new RangeError('a recording of 4 GiB or more is no WAV file')
  const header = Buffer.alloc(WAV_HEADER_BYTES)
  header.write('RIFF', 0, 'latin1')
  header.writeUInt32LE(bytes + WAV_HEADER_BYTES - 8, 4)
  header.write('WAVEfmt ', 8, 'latin1')
  header.writeUInt32LE(16, 16)
  header.writeUInt16LE(1, 20)
  header.writeUInt16LE(channels, 22)
  header.writeUInt32LE(rate, 24)
  header.writeUInt32LE(rate * channels * 2, 28)
  header.writeUInt16LE(channels * 2, 32)
  header.writeUInt16LE(16, 34)
  header.write('data', 36, 'latin1')
  header.writeUInt32LE(bytes, 40)
  return header
}

/** Bytes of the whole file. */
export const wavBytes = ({ channels, samples }: Omit<WavShape, 'rate'>): number =>
  WAV_HEADER_BYTES + channels * samples * 2

import type { WavLayout } from './types.ts'

/** What a decoding worker is told. */
export type DecoderSetup =
  | { decoder: 'mp3' | 'flac' | 'vorbis'; channels: 1 | 2 }
  | { decoder: 'opus'; channels: 1 | 2; rate: 8000 | 16000; gain: number }
  | { decoder: 'pcm'; channels: 1 | 2; layout: Pick<WavLayout, 'sample' | 'width'> }

/** Samples per channel, -1 to 1. */
export type Decoded = { channels: Float32Array[]; errors: number }

export type Decoder = { decode(units: Uint8Array[]): Promise<Decoded>; flush(): Promise<Decoded> }

const nothing: Decoded = { channels: [], errors: 0 }

/** Opens the decoder a file needs. Runs in the worker only. */
export function openDecoder(setup: DecoderSetup): Promise<Decoder> {
  switch (setup.decoder) {
    case 'mp3':
      return openMp3()
    case 'flac':
      return openFlac()
    case 'vorbis':
      return openVorbis()
    case 'opus':
      return openOpus(setup)
    case 'pcm':
      return Promise.resolve(pcmDecoder(setup.layout, setup.channels))
  }
}

async function openMp3(): Promise<Decoder> {
  const { MPEGDecoder } = await import('mpg123-decoder')
  const decoder = new MPEGDecoder()
  await decoder.ready
  return {
    decode(units) {
      const decoded = decoder.decode(Buffer.concat(units))
      return Promise.resolve({ channels: decoded.channelData, errors: decoded.errors.length })
    },
    flush: () => Promise.resolve(nothing),
  }
}

async function openFlac(): Promise<Decoder> {
  const { FLACDecoder } = await import('@wasm-audio-decoders/flac')
  const decoder = new FLACDecoder()
  await decoder.ready
  return {
    async decode(units) {
      const decoded = await decoder.decodeFrames(units)
      return { channels: decoded.channelData, errors: decoded.errors.length }
    },
    flush: () => Promise.resolve(nothing),
  }
}

async function openVorbis(): Promise<Decoder> {
  const { OggVorbisDecoder } = await import('@wasm-audio-decoders/ogg-vorbis')
  const decoder = new OggVorbisDecoder()
  await decoder.ready
  return {
    async decode(pages) {
      const decoded = await decoder.decode(Buffer.concat(pages))
      return { channels: decoded.channelData, errors: decoded.errors.length }
    },
    async flush() {
      const decoded = await decoder.flush()
      return { channels: decoded.channelData, errors: decoded.errors.length }
    },
  }
}

async function openOpus(setup: { rate: 8000 | 16000; gain: number }): Promise<Decoder> {
  const { OggOpusDecoder } = await import('ogg-opus-decoder')
  // The package's types leave out the rate, its code and documentation have it.
  const options: { forceStereo: boolean } & { sampleRate: number } = { forceStereo: false, sampleRate: setup.rate }
  const decoder = new OggOpusDecoder(options)
  await decoder.ready
  const loud = ({ channelData, errors }: { channelData: Float32Array[]; errors: unknown[] }): Decoded => {
    if (setup.gain !== 1)
      for (const channel of channelData) for (let i = 0; i < channel.length; i++) channel[i]! *= setup.gain
    return { channels: channelData, errors: errors.length }
  }
  return {
    // Typed as if it answered at once; it does not.
    decode: async (pages) => loud(await Promise.resolve(decoder.decode(Buffer.concat(pages)))),
    flush: async () => loud(await decoder.flush()),
  }
}

function pcmDecoder(layout: Pick<WavLayout, 'sample' | 'width'>, channels: 1 | 2): Decoder {
  const read = sampleReader(layout.sample)
  return {
    decode(units) {
      const bytes = Buffer.concat(units)
      const frames = Math.floor(bytes.length / (layout.width * channels))
      const out = Array.from({ length: channels }, (_, c) => {
        const samples = new Float32Array(frames)
        for (let i = 0; i < frames; i++) samples[i] = read(bytes, (i * channels + c) * layout.width)
        return samples
      })
      return Promise.resolve({ channels: out, errors: 0 })
    },
    flush: () => Promise.resolve(nothing),
  }
}

/** NaN and infinities in float files become silence. */
const finite = (x: number): number => (Number.isFinite(x) ? x : 0)

function sampleReader(sample: WavLayout['sample']): (b: Buffer, at: number) => number {
  switch (sample) {
    case 'u8':
      return (b, at) => (b[at]! - 128) / 128
    case 's16':
      return (b, at) => b.readInt16LE(at) / 32_768
    case 's24':
      return (b, at) => b.readIntLE(at, 3) / 8_388_608
    case 's32':
      return (b, at) => b.readInt32LE(at) / 2_147_483_648
    case 'f32':
      return (b, at) => finite(b.readFloatLE(at))
    case 'f64':
      return (b, at) => finite(b.readDoubleLE(at))
    case 'pcmu':
      return (b, at) => fromMuLaw(b[at]!) / 32_768
    case 'pcma':
      return (b, at) => fromALaw(b[at]!) / 32_768
  }
}

/** G.711 mu-law octet to 16-bit linear. */
function fromMuLaw(octet: number): number {
  const u = ~octet & 255
  const magnitude = ((((u & 15) << 3) + 132) << ((u >> 4) & 7)) - 132
  return u & 128 ? -magnitude : magnitude
}

/** G.711 A-law octet to 16-bit linear. */
function fromALaw(octet: number): number {
  const a = octet ^ 0x55
  const exponent = (a >> 4) & 7
  const mantissa = (a & 15) << 4
  const magnitude = exponent === 0 ? mantissa + 8 : (mantissa + 264) << (exponent - 1)
  return a & 128 ? magnitude : -magnitude
}

import { OpusDecoder } from 'opus-decoder'
import type { AudioFormat } from '../../source.ts'
import { decodeG711 } from './g711.ts'
import { G722Decoder } from './g722.ts'
import { isOpusPacket, opusTicks } from './opus-toc.ts'

/** Turns payloads of one leg into 16-bit samples. Give payloads in order; begin a new place with `reset`. */
export type PayloadDecoder = {
  /** Samples per second of what it gives. */
  readonly rate: number
  /** How much earlier than wanted to begin so that its state is right again, in ms. */
  readonly prerollMs: number
  decode: (payload: Buffer) => Int16Array
  reset: () => void
  free: () => void
}

/** The decoder's input buffer: 256 kbit/s over the longest packet, 120 ms. */
const MAX_OPUS_BYTES = 3840

/**
 * Silence coded by CELT, then by SILK. A decoder starts either afresh when it changes over to it (RFC 6716 §4.5.2), so
 * these bring it to one state whatever it decoded before: far cheaper than a new WebAssembly instance.
 */
const OPUS_RESET = ['f0fffe', '0807c6b30ec6', 'f0fffe', '0807c6b30ec6'].map((hex) => Buffer.from(hex, 'hex'))

const nothing = (): void => {}

/**
 * A decoder for playback, or undefined when the codec needs an external program (G.729). Opus is decoded straight to
 * the lane's rate: the codec itself band-limits, which is cheaper and cleaner than decimating from 48 kHz.
 */
export async function createDecoder(format: AudioFormat, laneRate: 8000 | 16000): Promise<PayloadDecoder | undefined> {
  switch (format.codec) {
    case 'PCMU':
    case 'PCMA': {
      const law = format.codec
      return { rate: 8000, prerollMs: 0, decode: (payload) => decodeG711(law, payload), reset: nothing, free: nothing }
    }
    case 'L16':
      return { rate: format.rate, prerollMs: 0, decode: fromLittleEndian, reset: nothing, free: nothing }
    case 'G722':
      return g722()
    case 'opus':
      return opus(laneRate)
    default:
      return undefined
  }
}

function g722(): PayloadDecoder {
  let decoder = new G722Decoder()
  const reset = (): void => {
    decoder = new G722Decoder()
  }
  return { rate: 16000, prerollMs: 200, decode: (payload) => decoder.decode(payload), reset, free: nothing }
}

async function opus(rate: 8000 | 16000): Promise<PayloadDecoder> {
  const decoder = new OpusDecoder({ channels: 1, sampleRate: rate })
  await decoder.ready
  const decode = (payload: Buffer): Int16Array => {
    // libopus prints what it refuses, so nothing malformed reaches it; its place stays silent.
    if (payload.length > MAX_OPUS_BYTES || !isOpusPacket(payload))
      return new Int16Array(Math.round((opusTicks(payload) * rate) / 48000))
    return toInt16(decoder.decodeFrame(payload).channelData[0] ?? new Float32Array(0))
  }
  const reset = (): void => {
    for (const packet of OPUS_RESET) decoder.decodeFrame(packet)
  }
  return { rate, prerollMs: 200, decode, reset, free: () => decoder.free() }
}

function fromLittleEndian(payload: Buffer): Int16Array {
  const out = new Int16Array(payload.length >> 1)
  for (let i = 0; i < out.length; i++) out[i] = payload.readInt16LE(2 * i)
  return out
}

/** Floats in [-1, 1] to 16 bits, clipped. */
export function toInt16(samples: Float32Array): Int16Array {
  const out = new Int16Array(samples.length)
  for (let i = 0; i < samples.length; i++) {
    const scaled = Math.round((samples[i] ?? 0) * 32768)
    out[i] = scaled > 32767 ? 32767 : scaled < -32768 ? -32768 : scaled
  }
  return out
}

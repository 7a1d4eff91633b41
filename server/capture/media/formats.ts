import type { AudioFormat, Codec } from '../source.ts'
import { opusTicks } from './codecs/opus-toc.ts'

/** A lane's codec: G.711 bytes as captured, or 16-bit little-endian samples. */
export type LaneCodec = 'PCMU' | 'PCMA' | 'L16'

/** Digital silence of a G.711 law; L16's is 0. */
export const FILL: Record<LaneCodec, number> = { PCMU: 0xff, PCMA: 0xd5, L16: 0 }

/** Bytes of one sample in a lane. */
export const sampleBytes = (codec: LaneCodec): 1 | 2 => (codec === 'L16' ? 2 : 1)

export const isG711 = (codec: Codec): codec is 'PCMU' | 'PCMA' => codec === 'PCMU' || codec === 'PCMA'

/** Samples per second at which a format is placed and played: 8000 for narrowband, 16000 for everything else. */
export function laneRateOf(format: AudioFormat): 8000 | 16000 {
  if (isG711(format.codec) || format.codec === 'G729') return 8000
  return format.codec === 'L16' && format.rate <= 8000 ? 8000 : 16000
}

/** Media duration of a payload in ticks of `format.rate` (RFC 3551 §4.5; Opus: RFC 6716 §3.1). */
export function ticksOf(format: AudioFormat, payload: Buffer): number {
  switch (format.codec) {
    case 'PCMU':
    case 'PCMA':
      return payload.length
    case 'G722': // 64 kbit/s; the RTP clock is 8000 although samples are at 16 kHz
      return Math.round((payload.length * format.rate) / 8000)
    case 'L16':
      return payload.length >> 1
    case 'G729': // 10 bytes for 10 ms, and a 2-byte comfort-noise frame may end the payload
      return Math.round((Math.floor((payload.length + 8) / 10) * format.rate) / 100)
    default:
      return Math.round((opusTicks(payload) * format.rate) / 48000)
  }
}

export const msOf = (samples: number, rate: number): number => (samples * 1000) / rate

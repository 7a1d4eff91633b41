import type { StreamReader } from '../../vault/types.ts'
import { ascii, byteWindow, readAt } from './bytes.ts'
import { codecUnsupported, damaged, empty, notAudio, truncated } from './problems.ts'
import { id3Length } from './sniff.ts'
import type { Parsed } from './wav.ts'

/** Formats whose frames say their own length: walked here frame by frame, decoded by ffmpeg. */

const amrNb = [12, 13, 15, 17, 19, 20, 26, 31, 5, -1, -1, -1, -1, -1, -1, 0]
const amrWb = [17, 23, 32, 36, 40, 46, 50, 58, 60, 5, -1, -1, -1, -1, 0, 0]

/**
 * AMR storage format, one channel (RFC 4867 §5): 20 ms frames.
 * @throws Problem `audio_truncated`, `audio_damaged`, `audio_codec_unsupported`, `audio_empty`
 */
export async function parseAmr(reader: StreamReader): Promise<Parsed> {
  const magic = ascii(await readAt(reader, 0, 15), 0, 15)
  const wide = magic.startsWith('#!AMR-WB\n')
  if (!wide && !magic.startsWith('#!AMR\n')) throw codecUnsupported('AMR with several channels')
  const sizes = wide ? amrWb : amrNb
  const window = byteWindow(reader, wide ? 9 : 6)
  let frames = 0
  for (;;) {
    await window.need(4096)
    const view = window.view()
    if (view.length === 0) break
    let at = 0
    while (at < view.length) {
      const size = sizes[(view[at]! >> 3) & 15]!
      if (size < 0) throw damaged('an AMR frame has an unknown type')
      if (at + 1 + size > view.length) break
      at += 1 + size
      frames++
    }
    if (at === 0) throw truncated('its last frame is incomplete')
    window.skip(at)
  }
  if (frames === 0) throw empty()
  return {
    codec: wide ? 'amr-wb' : 'amr-nb',
    channels: 1,
    sampleRate: wide ? 16_000 : 8000,
    durationMs: frames * 20,
    declaredMs: null,
    warnings: [],
    plan: { kind: 'ffmpeg', demuxer: 'amr' },
  }
}

export const aacRates = [96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350]

type AdtsHeader = { bytes: number; samples: number; rate: number; channels: number }

function adtsHeader(b: Buffer, at: number): AdtsHeader | null {
  if (at + 7 > b.length || b[at] !== 0xff || (b[at + 1]! & 0xf6) !== 0xf0) return null
  const rate = aacRates[(b[at + 2]! >> 2) & 15]
  const bytes = ((b[at + 3]! & 3) << 11) | (b[at + 4]! << 3) | (b[at + 5]! >> 5)
  if (!rate || bytes < 7) return null
  const channels = ((b[at + 2]! & 1) << 2) | (b[at + 3]! >> 6)
  return { bytes, samples: 1024 * ((b[at + 6]! & 3) + 1), rate, channels }
}

/**
 * AAC in ADTS frames (ISO 13818-7 §6.2).
 * @throws Problem `audio_not_audio` (no run of frames), `audio_truncated`, `audio_damaged`, `audio_codec_unsupported`
 */
export async function parseAdts(reader: StreamReader): Promise<Parsed> {
  const window = byteWindow(reader)
  await window.need(10)
  window.skip(id3Length(window.view()))
  let first: AdtsHeader | null = null
  let samples = 0
  let frames = 0
  for (;;) {
    await window.need(16 * 1024)
    const view = window.view()
    if (view.length === 0 || ascii(view, 0, 3) === 'TAG') break
    const header = adtsHeader(view, 0)
    if (!header) throw frames < 3 ? notAudio('unknown bytes') : damaged('an AAC frame does not start where it should')
    first ??= header
    if (header.rate !== first.rate || header.channels !== first.channels)
      throw codecUnsupported('AAC whose rate or channels change half-way')
    if (header.bytes > view.length)
      throw frames < 3 ? notAudio('unknown bytes') : truncated('its last frame is incomplete')
    samples += header.samples
    frames++
    window.skip(header.bytes)
  }
  if (!first || frames < 2) throw notAudio('unknown bytes')
  if (first.channels === 0) throw codecUnsupported('AAC with a private channel layout')
  return {
    codec: 'aac',
    channels: first.channels === 7 ? 8 : first.channels,
    sampleRate: first.rate,
    durationMs: (samples * 1000) / first.rate,
    declaredMs: null,
    warnings: [],
    plan: { kind: 'ffmpeg', demuxer: 'aac' },
  }
}

/** Raw G.729: 10-byte frames of 10 ms, nothing to recognise them by. Only for the declared type `audio/G729`. */
export function parseG729(reader: StreamReader): Parsed {
  if (reader.size === 0) throw empty()
  // A trailing two-byte frame is a silence descriptor (RFC 3551 §4.5.6).
  if (reader.size % 10 !== 0 && reader.size % 10 !== 2) throw truncated('its last frame is incomplete')
  return {
    codec: 'g729',
    channels: 1,
    sampleRate: 8000,
    durationMs: Math.floor(reader.size / 10) * 10,
    declaredMs: null,
    warnings: [],
    plan: { kind: 'ffmpeg', demuxer: 'g729' },
  }
}

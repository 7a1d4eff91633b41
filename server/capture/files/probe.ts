import type { StreamReader } from '../../vault/types.ts'
import { readAt } from './bytes.ts'
import { parseFlac } from './flac.ts'
import { parseAdts, parseAmr, parseG729 } from './framed.ts'
import { parseMp3 } from './mp3.ts'
import { parseMp4 } from './mp4.ts'
import { parseOgg } from './ogg-codecs.ts'
import {
  bomb,
  channelsUnsupported,
  codecUnsupported,
  damaged,
  empty,
  needsFfmpeg,
  notAudio,
  tooLong,
} from './problems.ts'
import { isProblem } from '../../platform/problem.ts'
import { id3Length, sniff } from './sniff.ts'
import type { AudioContainer, AudioLimits, AudioProbe, AudioTools, LaneFormat } from './types.ts'
import { type Parsed, parseWav } from './wav.ts'

const HEAD = 4096

/**
 * Tells what a file is by its content and measures it, without decoding. Compressed files are walked frame by frame, so
 * cut, lying and exploding ones are refused before a decoder sees them; reading is windowed (256 KB at a time).
 * `mediaType` is used only for raw G.729, which has no mark of its own.
 * @throws Problem `audio_not_audio`, `audio_empty`, `audio_truncated`, `audio_length_lie`, `audio_damaged`, `audio_bomb`,
 * `audio_too_long`, `audio_codec_unsupported`, `audio_channels_unsupported`, `audio_needs_ffmpeg`
 */
export async function probeAudio(reader: StreamReader, tools: AudioTools, mediaType?: string): Promise<AudioProbe> {
  if (reader.size === 0) throw empty()
  const { container, parsed } = await recognise(reader, tools.limits, mediaType)
  checkLimits(parsed, reader.size, tools.limits)
  if (parsed.plan.kind === 'ffmpeg' && !tools.ffmpeg) throw needsFfmpeg(parsed.codec)
  return { ...parsed, container, lane: laneFormat(parsed), lanes: parsed.channels === 1 ? 1 : 2 }
}

type Recognised = { container: AudioContainer; parsed: Parsed }

async function recognise(reader: StreamReader, limits: AudioLimits, mediaType?: string): Promise<Recognised> {
  const start = await readAt(reader, 0, HEAD)
  const tag = id3Length(start)
  const found = sniff(tag > 0 ? await readAt(reader, tag, HEAD) : start)
  try {
    switch (found.kind) {
      case 'wav':
        return { container: 'wav', parsed: await parseWav(reader, limits) }
      case 'ogg':
        return { container: 'ogg', parsed: await parseOgg(reader) }
      case 'flac': {
        const check = (info: { totalSamples: number; sampleRate: number; channels: number }): void =>
          checkDeclared({ ...info, declaredMs: (info.totalSamples * 1000) / info.sampleRate }, limits)
        return { container: 'flac', parsed: await parseFlac(reader, check) }
      }
      case 'mp4':
        return { container: 'mp4', parsed: await parseMp4(reader) }
      case 'amr':
        return { container: 'amr', parsed: await parseAmr(reader) }
      case 'adts':
        return { container: 'adts', parsed: await parseAdts(reader) }
      case 'unsupported':
        throw codecUnsupported(found.what)
      case 'other':
        throw notAudio(found.what)
      default:
        if (/^audio\/g729\b/i.test(mediaType ?? '')) return { container: 'raw', parsed: parseG729(reader) }
        return { container: 'mp3', parsed: await parseMp3(reader) }
    }
  } catch (e) {
    // A parser reading past a short buffer: the header lies about what follows.
    if (!isProblem(e) && e instanceof RangeError) throw damaged('a header is malformed')
    throw e
  }
}

function checkDeclared(
  audio: { sampleRate: number; channels: number; declaredMs: number | null },
  limits: AudioLimits,
): void {
  if (audio.channels > limits.maxChannels) throw bomb(`it declares ${audio.channels} channels`)
  if (audio.sampleRate < limits.minRate || audio.sampleRate > limits.maxRate)
    throw bomb(`it declares ${audio.sampleRate} samples a second`)
  if ((audio.declaredMs ?? 0) > limits.bombMs)
    throw bomb(`it declares ${Math.round((audio.declaredMs ?? 0) / 3_600_000)} hours`)
}

function checkLimits(parsed: Parsed, size: number, limits: AudioLimits): void {
  checkDeclared(parsed, limits)
  if (parsed.durationMs > limits.bombMs) throw bomb(`it holds ${Math.round(parsed.durationMs / 3_600_000)} hours`)
  if (parsed.channels > 2) throw channelsUnsupported(parsed.channels)
  if (parsed.durationMs > limits.maxMs) throw tooLong(parsed.durationMs, limits.maxMs)
  const lane = laneFormat(parsed)
  const decoded = (parsed.durationMs / 1000) * lane.rate * (lane.codec === 'L16' ? 2 : 1) * parsed.channels
  if (parsed.durationMs > 3_600_000 && decoded / size > limits.maxRatio)
    throw bomb(`${size} bytes would become ${Math.round(decoded / 1e6)} MB`)
}

/** G.711 at 8 kHz stays as it is; everything else becomes L16 at 16 kHz, or at 8 kHz when the source has no more. */
function laneFormat(parsed: Parsed): LaneFormat {
  if (parsed.sampleRate === 8000 && parsed.plan.kind === 'wav') {
    if (parsed.codec === 'pcmu') return { codec: 'PCMU', rate: 8000 }
    if (parsed.codec === 'pcma') return { codec: 'PCMA', rate: 8000 }
  }
  return { codec: 'L16', rate: parsed.sampleRate >= 16_000 ? 16_000 : 8000 }
}

import { Problem } from '../../platform/problem.ts'

/** Every refusal of an audio file. Codes are stable and translated by the page; details name no content of the file. */

export const notAudio = (found: string): Problem =>
  new Problem('audio_not_audio', 422, `The file is not audio this product knows: it looks like ${found}.`, { found })

export const truncated = (what: string): Problem =>
  new Problem('audio_truncated', 422, `The file is cut short: ${what}. Export it again from its source.`, { what })

export const lengthLie = (what: string): Problem =>
  new Problem('audio_length_lie', 422, `The file's header does not agree with its bytes: ${what}.`, { what })

export const bomb = (what: string): Problem =>
  new Problem('audio_bomb', 422, `The file is refused as a decompression bomb: ${what}.`, { what })

export const tooLong = (durationMs: number, maxMs: number): Problem => {
  const minutes = Math.ceil(durationMs / 60_000)
  const max = Math.floor(maxMs / 60_000)
  return new Problem('audio_too_long', 413, `The recording lasts ${minutes} minutes; at most ${max} are accepted.`, {
    minutes,
    max,
  })
}

export const codecUnsupported = (codec: string): Problem =>
  new Problem(
    'audio_codec_unsupported',
    415,
    `Audio of this kind is not supported: ${codec}. Convert it to WAV, FLAC, MP3 or Ogg Opus.`,
    { codec },
  )

export const channelsUnsupported = (channels: number): Problem =>
  new Problem(
    'audio_channels_unsupported',
    415,
    `The file has ${channels} channels; one (everyone mixed) or two (one person each) are supported. Export it as stereo.`,
    { channels },
  )

export const ffmpegInstall = 'apt-get install -y ffmpeg'

export const needsFfmpeg = (codec: string): Problem =>
  new Problem(
    'audio_needs_ffmpeg',
    415,
    `Reading ${codec} needs ffmpeg, which is not installed on the server. On Debian: ${ffmpegInstall}. Then restart.`,
    { codec, command: ffmpegInstall },
  )

export const damaged = (what: string): Problem =>
  new Problem('audio_damaged', 422, `The audio is damaged: ${what}.`, { what })

export const stalled = (seconds: number): Problem =>
  new Problem('audio_decode_stalled', 422, `Decoding made no progress for ${seconds} s and was stopped.`, { seconds })

export const empty = (): Problem => new Problem('audio_empty', 422, 'The file holds no audio.')

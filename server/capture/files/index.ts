import { detectFfmpeg } from './ffmpeg.ts'
import { type AudioLimits, type AudioTools, defaultAudioLimits } from './types.ts'

export { decodeLanes } from './decode.ts'
export { probeAudio } from './probe.ts'
export {
  type AudioLimits,
  type AudioProbe,
  type AudioTools,
  type AudioWarning,
  type DecodeProgress,
  type Ffmpeg,
  type LaneBlock,
  type LaneFormat,
  defaultAudioLimits,
} from './types.ts'

/** Looks for ffmpeg once and joins the configured limits with their defaults. */
export async function openAudioTools(
  options: { ffmpegPath?: string | undefined; limits?: Partial<AudioLimits> | undefined } = {},
): Promise<AudioTools> {
  return { limits: { ...defaultAudioLimits, ...options.limits }, ffmpeg: await detectFfmpeg(options.ffmpegPath) }
}

/** What the bytes are, told by their content. `raw` has no header: recognised only by its declared media type. */
export type AudioContainer = 'wav' | 'mp3' | 'ogg' | 'flac' | 'mp4' | 'adts' | 'amr' | 'raw'

export type AudioCodec =
  | 'pcm'
  | 'float'
  | 'pcmu'
  | 'pcma'
  | 'mp3'
  | 'opus'
  | 'vorbis'
  | 'flac'
  | 'aac'
  | 'alac'
  | 'amr-nb'
  | 'amr-wb'
  | 'g729'
  | 'gsm'
  | 'adpcm'
  | 'speex'

/** Remarks on a file that is accepted all the same. Stable names. */
export type AudioWarning =
  /** A streaming writer never filled in the length: it was taken from the bytes. */
  | 'length_from_bytes'
  /** The length can only be told by decoding (fragmented MP4). */
  | 'length_from_decoding'
  /** Bytes after the end of the audio were ignored. */
  | 'trailing_bytes'
  /** Bytes between frames were skipped. */
  | 'junk_bytes'
  /** The last sample frame was incomplete and left out. */
  | 'partial_frame'
  /** The RIFF size disagrees with the file; the data chunk does not. */
  | 'riff_size_wrong'

/** A lane: one channel's samples at a constant rate. L16 is little-endian, signed. */
export type LaneFormat = { codec: 'PCMU' | 'PCMA' | 'L16'; rate: 8000 | 16000 }

/** Where WAV samples lie and how they are written. */
export type WavLayout = {
  kind: 'wav'
  dataFrom: number
  dataTo: number
  sample: 'u8' | 's16' | 's24' | 's32' | 'f32' | 'f64' | 'pcmu' | 'pcma'
  /** Bytes of one sample of one channel. */
  width: number
}

/** How `decodeLanes` reads the file. */
export type DecodePlan =
  | WavLayout
  | { kind: 'mp3' }
  /** `samples` (after the pre-skip) counts at 48 kHz; `gain` is linear (RFC 7845 §5.1). */
  | { kind: 'opus'; samples: number; gain: number }
  | { kind: 'vorbis' }
  | { kind: 'flac'; ogg: boolean }
  /** `demuxer` is ffmpeg's name: the format is fixed, never guessed by ffmpeg. */
  | { kind: 'ffmpeg'; demuxer: string }

export type AudioProbe = {
  container: AudioContainer
  codec: AudioCodec
  channels: number
  /** Hz, of the source. */
  sampleRate: number
  /** Length told by the bytes themselves, ms; 0 with the warning `length_from_decoding`. */
  durationMs: number
  /** Length the header declares, ms; null when it declares none. */
  declaredMs: number | null
  warnings: AudioWarning[]
  /** What `decodeLanes` yields. */
  lane: LaneFormat
  lanes: 1 | 2
  plan: DecodePlan
}

export type LaneBlock = { lane: 0 | 1; samples: Buffer }

export type DecodeProgress = { doneMs: number; totalMs: number }

export type AudioLimits = {
  /** Longest recording accepted, ms. */
  maxMs: number
  /** A file declaring or decoding to more than this is a decompression bomb, ms. */
  bombMs: number
  /** Beyond this a header is nonsense; more than two are refused as unsupported before that. */
  maxChannels: number
  minRate: number
  maxRate: number
  /** Most decoded bytes per stored byte, for files longer than an hour. */
  maxRatio: number
  /** JavaScript heap of the decoding worker, MB. */
  workerHeapMb: number
  /** Address space of the ffmpeg process, MB. */
  ffmpegMemoryMb: number
  /** Longest time one batch (at most ten seconds of audio) may take to decode, or ffmpeg to say nothing, ms. */
  stallMs: number
}

export const defaultAudioLimits: AudioLimits = {
  maxMs: 12 * 3_600_000,
  bombMs: 24 * 3_600_000,
  maxChannels: 8,
  minRate: 4000,
  maxRate: 192_000,
  maxRatio: 2000,
  workerHeapMb: 256,
  ffmpegMemoryMb: 1500,
  stallMs: 60_000,
}

/** A working ffmpeg found at start. */
export type Ffmpeg = { path: string; version: string }

/** Made once at start with `openAudioTools`. */
export type AudioTools = { limits: AudioLimits; ffmpeg: Ffmpeg | null }

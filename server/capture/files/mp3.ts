import type { StreamReader } from '../../vault/types.ts'
import { ascii, byteWindow, type ByteWindow, type Unit } from './bytes.ts'
import { codecUnsupported, damaged, lengthLie, notAudio, truncated } from './problems.ts'
import { id3Length } from './sniff.ts'
import type { AudioWarning } from './types.ts'
import type { Parsed } from './wav.ts'

/** One MPEG audio frame header (ISO 11172-3 §2.4.2.3, 13818-3). */
export type MpegHeader = {
  version: 1 | 2 | 2.5
  layer: 1 | 2 | 3
  rate: number
  channels: 1 | 2
  bytes: number
  samples: number
}

const bitrates: Record<string, number[]> = {
  '1/1': [0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
  '1/2': [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
  '1/3': [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  '2/1': [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
  '2/2': [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
  '2/3': [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
}
const rates = { 1: [44100, 48000, 32000], 2: [22050, 24000, 16000], 2.5: [11025, 12000, 8000] }

/** Reads a frame header at `at`; null when there is none. Free-format frames (no bitrate) count as none. */
export function mpegHeader(b: Buffer, at: number): MpegHeader | null {
  if (at + 4 > b.length || b[at] !== 0xff || (b[at + 1]! & 0xe0) !== 0xe0) return null
  const second = b[at + 1]!
  const third = b[at + 2]!
  const version = ([2.5, 0, 2, 1] as const)[(second >> 3) & 3]!
  const layer = ([0, 3, 2, 1] as const)[(second >> 1) & 3]!
  const bitrate = bitrates[`${version === 1 ? 1 : 2}/${layer}`]?.[third >> 4]
  if (!version || !layer || !bitrate || ((third >> 2) & 3) === 3) return null
  const rate = rates[version][(third >> 2) & 3]!
  const padding = (third >> 1) & 1
  const samples = layer === 1 ? 384 : layer === 3 && version !== 1 ? 576 : 1152
  const bytes =
    layer === 1
      ? (Math.floor((12 * bitrate * 1000) / rate) + padding) * 4
      : Math.floor(((samples / 8) * bitrate * 1000) / rate) + padding
  return { version, layer, rate, channels: b[at + 3]! >> 6 === 3 ? 1 : 2, bytes, samples }
}

const sameStream = (a: MpegHeader, b: MpegHeader): boolean =>
  a.version === b.version && a.layer === b.layer && a.rate === b.rate

/** Bytes of junk allowed before the first frame. */
const SEARCH = 128 * 1024
/** Frames that must follow each other before the bytes count as MPEG audio. */
const CONSECUTIVE = 4

export type MpegScan = { first: MpegHeader; junk: number; cut: boolean }

/**
 * Yields whole frames in order, in batches of one window, skipping ID3, APE and other junk between them. The generator's
 * return value says what was skipped and whether the last frame is cut.
 * @throws Problem `audio_not_audio` when no run of frames is found, `audio_codec_unsupported` when rate or channels change
 */
export async function* mpegFrames(reader: StreamReader): AsyncGenerator<Unit[], MpegScan, void> {
  const window = byteWindow(reader)
  const start = await firstFrame(window)
  if (!start) throw notAudio('unknown bytes')
  const first = start
  let junk = 0
  for (;;) {
    await window.need(64 * 1024)
    const view = window.view()
    if (view.length < 4) return { first, junk: junk + view.length, cut: false }
    const { units, used, skipped, cut, tail } = takeFrames(view, window.at + view.length >= window.size, first)
    if (units.length > 0) yield units
    junk += skipped
    window.skip(used)
    if (cut || tail) return { first, junk, cut }
  }
}

type Taken = { units: Unit[]; used: number; skipped: number; cut: boolean; tail: boolean }

/** Takes as many whole frames as the buffer holds. At the end of the file, tells a cut frame from a tag. */
function takeFrames(view: Buffer, last: boolean, first: MpegHeader): Taken {
  const units: Unit[] = []
  let at = 0
  let skipped = 0
  while (at + 4 <= view.length) {
    if (last && isTag(view, at)) return { units, used: view.length, skipped, cut: false, tail: true }
    const header = mpegHeader(view, at)
    if (!header || !sameStream(header, first)) {
      if (header && mpegHeader(view, at + header.bytes)) refuseChange(header, first)
      at++
      skipped++
      continue
    }
    if (header.channels !== first.channels) refuseChange(header, first)
    if (at + header.bytes > view.length) {
      if (last) return { units, used: at, skipped, cut: true, tail: false }
      break
    }
    units.push({ bytes: view.subarray(at, at + header.bytes), samples: header.samples })
    at += header.bytes
  }
  if (last && at + 4 > view.length)
    return { units, used: view.length, skipped: skipped + view.length - at, cut: false, tail: true }
  return { units, used: at, skipped, cut: false, tail: false }
}

const isTag = (view: Buffer, at: number): boolean => {
  const mark = ascii(view, at, at + 8)
  return (mark.startsWith('TAG') && view.length - at <= 355) || mark === 'APETAGEX' || mark === 'LYRICSBE'
}

function refuseChange(header: MpegHeader, first: MpegHeader): void {
  if (header.layer === first.layer && (header.rate !== first.rate || header.channels !== first.channels))
    throw codecUnsupported('MPEG audio whose rate or channels change half-way')
}

/** Moves the window to the first of several frames in a row. */
async function firstFrame(window: ByteWindow): Promise<MpegHeader | null> {
  await window.need(10)
  const tag = id3Length(window.view())
  if (window.at + tag > window.size) throw truncated('its ID3 tag ends after the file')
  window.skip(tag)
  await window.need(SEARCH + 16 * 1024)
  const view = window.view()
  const whole = window.at + view.length >= window.size
  for (let at = 0; at < Math.min(SEARCH, view.length - 3); at++) {
    const header = mpegHeader(view, at)
    if (!header || !followed(view, at, header, whole)) continue
    window.skip(at)
    return header
  }
  return null
}

/** Whether frames follow each other from `at`; in a short file, up to its very end. */
function followed(view: Buffer, from: number, first: MpegHeader, whole: boolean): boolean {
  let at = from
  for (let n = 0; n < CONSECUTIVE; n++) {
    const header = mpegHeader(view, at)
    if (!header || !sameStream(header, first)) {
      const atEnd = whole && (at === view.length || (at < view.length && isTag(view, at)))
      return n > 0 && atEnd
    }
    at += header.bytes
    if (whole && n > 0 && at > view.length) return true
  }
  return true
}

/** The frame count an encoder wrote into the first frame (Xing/Info or VBRI), and whether that frame holds audio. */
function declaredFrames(frame: Buffer, h: MpegHeader): number | null {
  const xing = 4 + (h.version === 1 ? (h.channels === 1 ? 17 : 32) : h.channels === 1 ? 9 : 17)
  const mark = ascii(frame, xing, xing + 4)
  if (mark === 'Xing' || mark === 'Info') {
    if (frame.length < xing + 12) return null
    return frame.readUInt32BE(xing + 4) & 1 ? frame.readUInt32BE(xing + 8) : null
  }
  if (ascii(frame, 36, 40) === 'VBRI' && frame.length >= 54) return frame.readUInt32BE(50)
  return null
}

/**
 * Counts every frame, so that the length is exact for constant and variable bitrate.
 * @throws Problem `audio_truncated` (a cut last frame, fewer frames than declared), `audio_length_lie` (more)
 */
export async function parseMp3(reader: StreamReader): Promise<Parsed> {
  const warnings: AudioWarning[] = []
  const frames = mpegFrames(reader)
  let declared: number | null = null
  let count = 0
  let bytes = 0
  for (;;) {
    const next = await frames.next()
    if (next.done) return finish(next.value, { declared, count, bytes }, warnings)
    if (count === 0) {
      const unit = next.value[0]!
      declared = declaredFrames(unit.bytes, mpegHeader(unit.bytes, 0)!)
    }
    count += next.value.length
    for (const unit of next.value) bytes += unit.bytes.length
  }
}

function finish(
  scan: MpegScan,
  seen: { declared: number | null; count: number; bytes: number },
  warnings: AudioWarning[],
): Parsed {
  const { first, junk, cut } = scan
  // An Info frame holds no audio and is itself left out of its count by most encoders, counted by some.
  const audio = seen.declared === null ? seen.count : seen.count - 1
  if (seen.declared !== null && seen.declared > seen.count)
    throw truncated(`its header announces ${seen.declared} frames, the file holds ${seen.count}`)
  if (cut) throw truncated('its last frame is incomplete')
  if (seen.declared !== null && seen.declared < audio - 1)
    throw lengthLie(`its header announces ${seen.declared} frames, the file holds ${audio}`)
  if (junk > Math.max(4096, seen.bytes)) throw damaged(`${junk} bytes lie between its frames`)
  if (junk > 0) warnings.push('junk_bytes')
  const ms = (n: number): number => (n * first.samples * 1000) / first.rate
  return {
    codec: 'mp3',
    channels: first.channels,
    sampleRate: first.rate,
    durationMs: ms(audio),
    declaredMs: seen.declared === null ? null : ms(seen.declared),
    warnings,
    plan: { kind: 'mp3' },
  }
}

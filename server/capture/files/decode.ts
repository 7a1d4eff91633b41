import type { StreamReader } from '../../vault/types.ts'
import type { Unit } from './bytes.ts'
import type { DecoderSetup } from './decoders.ts'
import { decodeWithFfmpeg } from './ffmpeg.ts'
import { flacFrames } from './flac.ts'
import { deinterleave } from './lanes.ts'
import { mpegFrames } from './mp3.ts'
import { oggFlacUnits, oggPageUnits } from './ogg-codecs.ts'
import { damaged, lengthLie, needsFfmpeg, truncated } from './problems.ts'
import type { AudioProbe, AudioTools, DecodeProgress, LaneBlock, WavLayout } from './types.ts'
import { openWorker, type WorkerReply } from './worker-link.ts'

/** Compressed bytes and decoded samples handed to the decoder at once: bounds memory whatever the file says. */
const BATCH_BYTES = 256 * 1024
const BATCH_SECONDS = 10

/**
 * Decodes a probed file to lanes, block by block and in step: after each lane-0 block of a stereo file comes lane 1's of
 * the same length. G.711 at 8 kHz comes out as it lies in the file; the rest as L16 (see `probe.lane`). Memory is bounded
 * by a few batches of ten seconds; nothing is written to disk. Leaving the loop early stops the decoder.
 * @throws Problem `audio_damaged`, `audio_truncated`, `audio_length_lie`, `audio_bomb`, `audio_decode_stalled`,
 * `audio_needs_ffmpeg`; blocks already yielded must then be thrown away
 */
export async function* decodeLanes(
  reader: StreamReader,
  probe: AudioProbe,
  tools: AudioTools,
  onProgress: (progress: DecodeProgress) => void = () => {},
): AsyncGenerator<LaneBlock, void, void> {
  const bytesPerMs = (probe.lane.rate * (probe.lane.codec === 'L16' ? 2 : 1)) / 1000
  const totalMs = probe.durationMs
  let bytes = 0
  for await (const block of blocksOf(reader, probe, tools)) {
    yield block
    if (block.lane !== 0) continue
    bytes += block.samples.length
    const doneMs = Math.round(bytes / bytesPerMs)
    onProgress({ doneMs, totalMs: Math.max(totalMs, doneMs) })
  }
}

function blocksOf(reader: StreamReader, probe: AudioProbe, tools: AudioTools): AsyncIterable<LaneBlock> {
  const { plan } = probe
  if (plan.kind === 'ffmpeg') {
    if (!tools.ffmpeg) throw needsFfmpeg(probe.codec)
    return decodeWithFfmpeg({ reader, probe, demuxer: plan.demuxer, limits: tools.limits }, tools.ffmpeg)
  }
  if (plan.kind === 'wav' && isLaneAlready(probe, plan)) return copyWav(reader, plan, probe.lanes)
  return decodeInWorker(reader, probe, tools)
}

const isLaneAlready = (probe: AudioProbe, plan: WavLayout): boolean =>
  probe.lane.codec !== 'L16' || (plan.sample === 's16' && probe.sampleRate === probe.lane.rate)

/** Splits interleaved samples into lanes without changing a bit. */
async function* copyWav(reader: StreamReader, plan: WavLayout, lanes: 1 | 2): AsyncGenerator<LaneBlock> {
  for (let at = plan.dataFrom; at < plan.dataTo; at += BATCH_BYTES) {
    const bytes = await reader.read(at, Math.min(plan.dataTo, at + BATCH_BYTES))
    yield* deinterleave(bytes, plan.width, lanes)
  }
}

type Piece = { setup: DecoderSetup; units: AsyncIterable<Unit[]>; unitRate: number; fromRate: number }

function pieceFor(reader: StreamReader, probe: AudioProbe): Piece {
  const { plan, lanes: channels, sampleRate } = probe
  const at = { unitRate: sampleRate, fromRate: sampleRate }
  switch (plan.kind) {
    case 'mp3':
      return { setup: { decoder: 'mp3', channels }, units: mpegFrames(reader), ...at }
    case 'flac':
      return {
        setup: { decoder: 'flac', channels },
        units: plan.ogg ? oggFlacUnits(reader) : flacFrames(reader),
        ...at,
      }
    case 'vorbis':
      return { setup: { decoder: 'vorbis', channels }, units: oggPageUnits(reader, 'vorbis'), ...at }
    case 'opus': {
      const { rate } = probe.lane
      const setup = { decoder: 'opus', channels, rate, gain: plan.gain } as const
      return { setup, units: oggPageUnits(reader, 'opus'), unitRate: 48_000, fromRate: rate }
    }
    case 'wav':
      return { setup: { decoder: 'pcm', channels, layout: plan }, units: wavUnits(reader, plan, channels), ...at }
    case 'ffmpeg':
      throw new Error('not decoded in a worker')
  }
}

async function* wavUnits(reader: StreamReader, plan: WavLayout, channels: number): AsyncGenerator<Unit[]> {
  const frame = plan.width * channels
  const step = Math.floor(BATCH_BYTES / frame) * frame
  for (let at = plan.dataFrom; at < plan.dataTo; at += step) {
    const bytes = await reader.read(at, Math.min(plan.dataTo, at + step))
    yield [{ bytes, samples: bytes.length / frame }]
  }
}

async function* batches(piece: Piece): AsyncGenerator<Uint8Array[]> {
  let batch: Uint8Array[] = []
  let bytes = 0
  let samples = 0
  // A Vorbis page may hold half a minute without saying so: its pages count as such.
  const unknown = (BATCH_SECONDS * piece.unitRate) / 4
  for await (const units of piece.units) {
    for (const unit of units) {
      const weight = unit.samples || unknown
      if (
        batch.length > 0 &&
        (bytes + unit.bytes.length > BATCH_BYTES || samples + weight > BATCH_SECONDS * piece.unitRate)
      ) {
        yield batch
        batch = []
        bytes = 0
        samples = 0
      }
      batch.push(unit.bytes)
      bytes += unit.bytes.length
      samples += weight
    }
  }
  if (batch.length > 0) yield batch
}

async function* decodeInWorker(reader: StreamReader, probe: AudioProbe, tools: AudioTools): AsyncGenerator<LaneBlock> {
  const piece = pieceFor(reader, probe)
  const worker = openWorker({ ...piece.setup, fromRate: piece.fromRate, toRate: probe.lane.rate }, tools.limits)
  const trim = trimmer(probe)
  let samples = 0
  const take = (reply: WorkerReply): LaneBlock[] => {
    if (reply.errors > 0 && probe.codec !== 'mp3') throw damaged('the decoder could not read a part of it')
    samples += reply.samples
    refuseExcess(samples, piece.fromRate, probe)
    return trim(reply.lanes)
  }
  try {
    let ahead: Promise<WorkerReply> | null = null
    for await (const batch of batches(piece)) {
      const reply: WorkerReply | null = ahead ? await ahead : null
      ahead = worker.decode(batch)
      // Awaited one turn later; meanwhile the consumer may leave.
      ahead.catch(() => {})
      if (reply) yield* take(reply)
    }
    if (ahead) yield* take(await ahead)
    yield* take(await worker.end())
    refuseShortfall(samples, piece.fromRate, probe)
  } finally {
    await worker.close()
  }
}

/** Cuts Opus to its end as the last page tells it: the decoder trims by whole packets less exactly. */
function trimmer(probe: AudioProbe): (lanes: Buffer[]) => LaneBlock[] {
  const { plan, lane } = probe
  let left = plan.kind === 'opus' ? Math.round((plan.samples * lane.rate) / 48_000) * 2 : Infinity
  return (lanes) => {
    const to = Math.min(lanes[0]!.length, left)
    left -= to
    return to === 0 ? [] : lanes.map((samples, i) => ({ lane: i as 0 | 1, samples: samples.subarray(0, to) }))
  }
}

/** Samples a decoder may add or leave out at the ends: encoder delay, padding, the first frames of a cut stream. */
const slack = (probe: AudioProbe): number =>
  ({ mp3: 12 * 1152, vorbis: 2 * 8192, opus: 3 * 5760 })[probe.codec as string] ?? 0

function refuseExcess(samples: number, rate: number, probe: AudioProbe): void {
  const expected = Math.round((probe.durationMs * rate) / 1000)
  if (samples > expected + slack(probe) + 1) throw lengthLie(`it should hold ${expected} samples, more come out`)
}

function refuseShortfall(samples: number, rate: number, probe: AudioProbe): void {
  const expected = Math.round((probe.durationMs * rate) / 1000)
  if (samples < expected - slack(probe) - 1) throw truncated(`it should hold ${expected} samples, ${samples} come out`)
}

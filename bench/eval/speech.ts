import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadConfig } from '../../server/config.ts'
import { silentLog } from '../../server/platform/log.ts'
import { type Engines, openEngines } from '../../server/transcripts/engines/index.ts'
import type { BatchTranscriber, SpeechSegment } from '../../server/transcripts/engines/ports.ts'
import { speechOf } from '../../server/transcripts/engines/vad/detector.ts'
import { soundOf } from '../../server/transcripts/engines/vad/tonal.ts'

export type LaneVerdict = {
  lane: string
  language: string
  seconds: number
  segments: number
  speechSeconds: number
  /** Segments taken for music or tones. */
  skipped: number
  /** Elapsed time by length of the lane. */
  detector: number
  /** Who serves the language; null where nobody does. */
  engine: string | null
  /** Of the engine, by length of the speech. */
  recogniser: number | null
  /** Word error rate; null without a transcript. */
  wer: number | null
}

type Lane = { name: string; samples: Int16Array; language: string; text: string | null }

const LETTERS = /[^\p{L}\p{N}' ]+/gu
const wordsOf = (text: string): string[] => text.toLowerCase().replace(LETTERS, ' ').split(/\s+/).filter(Boolean)

/** Word error rate: changes that make `heard` of `said`, by the number of words said. */
export function wordErrors(said: string, heard: string): number {
  const reference = wordsOf(said)
  const hypothesis = wordsOf(heard)
  let row = hypothesis.map((_, j) => j + 1)
  row.unshift(0)
  for (const [i, word] of reference.entries()) {
    const next = [i + 1]
    for (const [j, other] of hypothesis.entries())
      next.push(Math.min((next[j] ?? 0) + 1, (row[j + 1] ?? 0) + 1, (row[j] ?? 0) + (word === other ? 0 : 1)))
    row = next
  }
  return (row.at(-1) ?? 0) / Math.max(1, reference.length)
}

/**
 * Speech detection on every lane, and the engine that serves its language: a model in `modelsDir`, else PocketSphinx (where it is
 * installed) for English.
 */
export async function evalSpeech(data: string, modelsDir = join(tmpdir(), 'no-models')): Promise<LaneVerdict[]> {
  const lanes = [
    ...callsOf(join(data, 'tts_calls')),
    ...clipsOf(join(data, 'speech_8k')),
    ...lanesOf(join(data, 'speech_8k')),
  ]
  if (lanes.length === 0) return []
  const settings = { ...loadConfig().speech, demo: true }
  const engines = await openEngines(settings, { modelsDir, log: silentLog })
  const verdicts: LaneVerdict[] = []
  for (const lane of lanes) verdicts.push(await evalLane(engines, lane))
  await engines.close()
  return verdicts
}

async function evalLane(engines: Engines, { name, samples, language, text }: Lane): Promise<LaneVerdict> {
  const segments: SpeechSegment[] = []
  const begin = performance.now()
  for await (const segment of speechOf(engines.vad, pieces(samples), 8000)) segments.push(segment)
  const detector = (performance.now() - begin) / (samples.length / 8)
  const speech = segments.filter((s) => soundOf({ samples: s.samples, rate: 8000 }).sound === 'speech')
  const engine = engines.batch(language)
  return {
    lane: name,
    language,
    seconds: samples.length / 8000,
    segments: segments.length,
    speechSeconds: segments.reduce((sum, s) => sum + s.samples.length, 0) / 8000,
    skipped: segments.length - speech.length,
    detector,
    engine: engine && `${engine.identity.engine} ${engine.identity.model}`,
    ...(engine ? await recognise(engine, speech, { language, text }) : { recogniser: null, wer: null }),
  }
}

async function recognise(
  engine: BatchTranscriber,
  speech: readonly SpeechSegment[],
  { language, text }: Pick<Lane, 'language' | 'text'>,
): Promise<Pick<LaneVerdict, 'recogniser' | 'wer'>> {
  const heard: string[] = []
  const begin = performance.now()
  for (const { samples } of speech) {
    const ask = { language, signal: new AbortController().signal }
    heard.push(...(await engine.transcribe({ samples, rate: 8000 }, ask)).map((u) => u.text))
  }
  const length = speech.reduce((sum, s) => sum + s.samples.length, 0) / 8
  return {
    recogniser: length === 0 ? null : (performance.now() - begin) / length,
    wer: text === null ? null : wordErrors(text, heard.join(' ')),
  }
}

function* pieces(samples: Int16Array): Generator<Int16Array> {
  for (let at = 0; at < samples.length; at += 1600) yield samples.subarray(at, at + 1600)
}

/** Two-lane calls made by machine, with what is said. */
function callsOf(folder: string): Lane[] {
  return files(folder, '.wav').flatMap((file) => {
    const told = JSON.parse(readFileSync(join(folder, file.replace(/\.wav$/, '.json')), 'utf8')) as {
      lang: string
      segments: { channel: number; text: string }[]
    }
    return [0, 1].map((channel) => ({
      name: `${file} lane ${channel}`,
      samples: decode(join(folder, file), channel),
      language: told.lang.slice(0, 2),
      text: told.segments
        .filter((s) => s.channel === channel)
        .map((s) => s.text)
        .join(' '),
    }))
  })
}

/** Sentences that people read, with what they read. */
function clipsOf(folder: string): Lane[] {
  const list = join(folder, 'clips.jsonl')
  const lines = existsSync(list) ? readFileSync(list, 'utf8').trim().split('\n') : []
  return lines.map((line) => {
    const { file, lang, transcript } = JSON.parse(line) as { file: string; lang: string; transcript: string }
    return { name: file, samples: decode(join(folder, file), 0), language: lang, text: transcript }
  })
}

/** Lanes of real calls, without a transcript. */
function lanesOf(folder: string): Lane[] {
  return files(join(folder, 'calls'), '.flac').map((file) => ({
    name: file,
    samples: decode(join(folder, 'calls', file), 0),
    language: 'en',
    text: null,
  }))
}

const files = (folder: string, end: string): string[] =>
  existsSync(folder) ? readdirSync(folder).filter((f) => f.endsWith(end)) : []

function decode(path: string, channel: number): Int16Array {
  const args = ['-v', 'error', '-i', path, '-af', `pan=mono|c0=c${channel}`, '-ar', '8000', '-f', 's16le', '-']
  const bytes = execFileSync('ffmpeg', args, { maxBuffer: 1e9 })
  return new Int16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length))
}

import sherpa from 'sherpa-onnx-node'
import type { OfflineRecognizer, OnlineRecognizer, OnlineStream, Result } from 'sherpa-onnx-node'
import { toFloats } from '../audio.ts'
import type { Rate } from '../ports.ts'
import type { Raw } from '../words.ts'
import { streams, type Kind, type ModelFiles, type Task } from './protocol.ts'

/** What runs inside the engine's process: everything here may block, and may end the process. */

export type Heard = (id: number, samples: number, raw: Raw | null) => void
export type Recogniser = {
  transcribe(samples: Int16Array, rate: Rate, language: string | null): Raw
  /** Null: the model cannot follow speech as it is spoken. */
  live: Live | null
}
export type Live = {
  open(id: number, rate: Rate, language: string | null): void
  push: (id: number, samples: Int16Array) => void
  finish: (id: number) => void
  close: (id: number) => void
  /** One step for every stream that has enough audio. Returns whether there is more to do. */
  step(heard: Heard, done: (id: number, raw: Raw) => void): boolean
}

const FEATURES = { sampleRate: 16_000, featureDim: 80 }
/** Silence after the last sample, so that a streaming model says its last words. */
const PADDING_MS = 1000

export function openRecogniser(task: Extract<Task, { run: 'recogniser' }>): Recogniser {
  return streams(task.kind) ? streaming(task) : offline(task)
}

const raw = (result: Result): Raw => ({
  text: result.text,
  tokens: result.tokens ?? [],
  timestamps: result.timestamps ?? [],
  durations: result.durations ?? [],
  logProbs: result.ys_log_probs ?? result.ys_probs ?? [],
  language: result.lang ?? '',
})

const EMPTY: Raw = { text: '', tokens: [], timestamps: [], durations: [], logProbs: [], language: '' }

function modelConfig(kind: Kind, files: ModelFiles, threads: number): object {
  const shared = { tokens: files.tokens, numThreads: threads, provider: 'cpu', debug: 0 }
  const transducer = { encoder: files.encoder, decoder: files.decoder, joiner: files.joiner }
  switch (kind) {
    case 'nemo-ctc':
      return { ...shared, nemoCtc: { model: files.model } }
    case 'nemo-transducer':
      return { ...shared, transducer, modelType: 'nemo_transducer' }
    case 'whisper':
      return { ...shared, whisper: whisper(files, null) }
    case 'streaming-transducer':
      return { ...shared, transducer }
    case 'streaming-nemo-ctc':
      return { ...shared, nemoCtc: { model: files.model } }
  }
}

/** `transcribe` and a fixed language: Whisper else answers in English what was said in Italian. */
const whisper = (files: ModelFiles, language: string | null): object => ({
  encoder: files.encoder,
  decoder: files.decoder,
  language: language ?? '',
  task: 'transcribe',
  tailPaddings: -1,
})

function offline({ kind, files, threads }: Extract<Task, { run: 'recogniser' }>): Recogniser {
  const config = (language: string | null): object => {
    const model = modelConfig(kind, files, threads)
    return {
      featConfig: FEATURES,
      modelConfig: kind === 'whisper' ? { ...model, whisper: whisper(files, language) } : model,
      decodingMethod: 'greedy_search',
    }
  }
  const recogniser: OfflineRecognizer = new sherpa.OfflineRecognizer(config(null))
  let locked: string | null = null
  return {
    transcribe(samples, rate, language) {
      if (samples.length === 0) return EMPTY
      if (kind === 'whisper' && language !== locked) recogniser.setConfig(config((locked = language)))
      const stream = recogniser.createStream()
      stream.acceptWaveform({ samples: toFloats(samples), sampleRate: rate })
      recogniser.decode(stream)
      return raw(recogniser.getResult(stream))
    },
    live: null,
  }
}

type Open = { stream: OnlineStream; rate: Rate; heard: number; finishing: boolean; text: string }

function streaming({ kind, files, threads }: Extract<Task, { run: 'recogniser' }>): Recogniser {
  const recogniser: OnlineRecognizer = new sherpa.OnlineRecognizer({
    featConfig: FEATURES,
    modelConfig: modelConfig(kind, files, threads),
    decodingMethod: 'greedy_search',
    enableEndpoint: false,
  })
  const open = new Map<number, Open>()
  const streamFor = (language: string | null): OnlineStream => {
    const stream = recogniser.createStream()
    if (language !== null) stream.setOption('language', language)
    return stream
  }
  const accept = (stream: OnlineStream, samples: Int16Array, rate: Rate): void =>
    stream.acceptWaveform({ samples: toFloats(samples), sampleRate: rate })
  const end = (stream: OnlineStream, rate: Rate): void => {
    accept(stream, new Int16Array((rate * PADDING_MS) / 1000), rate)
    stream.inputFinished()
  }
  return {
    transcribe(samples, rate, language) {
      const stream = streamFor(language)
      accept(stream, samples, rate)
      end(stream, rate)
      while (recogniser.isReady(stream)) recogniser.decode(stream)
      return raw(recogniser.getResult(stream))
    },
    live: {
      open(id, rate, language) {
        open.set(id, { stream: streamFor(language), rate, heard: 0, finishing: false, text: '' })
      },
      push(id, samples) {
        const one = open.get(id)
        if (!one) return
        accept(one.stream, samples, one.rate)
        one.heard += samples.length
      },
      finish(id) {
        const one = open.get(id)
        if (!one) return
        end(one.stream, one.rate)
        one.finishing = true
      },
      close: (id) => void open.delete(id),
      step(heard, done) {
        const ready = [...open.values()].filter(({ stream }) => recogniser.isReady(stream))
        if (ready.length > 0) recogniser.decodeStreams(ready.map(({ stream }) => stream))
        let more = false
        for (const [id, one] of open) {
          if (recogniser.isReady(one.stream)) {
            more = true
            continue
          }
          if (one.heard === 0 && !one.finishing) continue
          const result = raw(recogniser.getResult(one.stream))
          if (one.finishing) {
            open.delete(id)
            done(id, result)
            continue
          }
          heard(id, one.heard, result.text === one.text ? null : result)
          one.heard = 0
          one.text = result.text
        }
        return more
      },
    },
  }
}

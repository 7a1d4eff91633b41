import { wavOf } from '../audio.ts'
import type { Audio, BatchTranscriber, Utterance } from '../ports.ts'
import { checkLength, closed, durationMs, unheard, unreadable } from '../problems.ts'
import { implausible, within } from '../words.ts'
import { readTranscription } from './answer.ts'
import { ask, type Patience } from './ask.ts'

export type HttpSetup = {
  /** Such as `http://gpu:8000/v1/audio/transcriptions`; whisper.cpp serves `/inference`. */
  url: string
  model: string
  languages: readonly string[]
  /** Sent as a bearer token; never told to anybody else. */
  key?: string
} & Partial<Patience>

type Settled = HttpSetup & { where: string }

/**
 * Any server with OpenAI's `POST /v1/audio/transcriptions`: one lane's segment as WAV, `verbose_json` with words where the
 * server has them, else segments, else the text alone, spread over the segment.
 */
export function openHttp(setup: HttpSetup): BatchTranscriber {
  const settled: Settled = { ...setup, where: `The speech server ${new URL(setup.url).host}` }
  const { where, model, languages } = settled
  const closing = new AbortController()
  return {
    identity: { engine: 'openai-http', model, version: new URL(setup.url).host, demo: false },
    languages,
    async transcribe(audio, { language, signal }) {
      signal.throwIfAborted()
      if (closing.signal.aborted) throw closed(where)
      checkLength(audio)
      if (language !== null && !languages.includes(language)) throw unheard(where)
      if (audio.samples.length === 0) return []
      try {
        const job = { audio, language, signal: AbortSignal.any([signal, closing.signal]) }
        return read(settled, await ask(settled, { body: () => formOf(model, job), signal: job.signal }), job)
      } catch (e) {
        signal.throwIfAborted()
        if (closing.signal.aborted) throw closed(where)
        throw e
      }
    },
    close() {
      closing.abort()
      return Promise.resolve()
    },
  }
}

type Job = { audio: Audio; language: string | null; signal: AbortSignal }

const formOf = (model: string, { audio, language }: Job): FormData => {
  const form = new FormData()
  form.set('file', new Blob([new Uint8Array(wavOf(audio))], { type: 'audio/wav' }), 'segment.wav')
  form.set('model', model)
  form.set('response_format', 'verbose_json')
  form.set('temperature', '0')
  form.append('timestamp_granularities[]', 'word')
  form.append('timestamp_granularities[]', 'segment')
  if (language !== null) form.set('language', language)
  return form
}

function read({ where }: Settled, body: string, { audio, language }: Job): Utterance[] {
  const length = durationMs(audio)
  const answer = readTranscription(body, length, language)
  if (typeof answer === 'string') throw unreadable(where, answer)
  const fault = implausible(answer, length)
  if (fault !== null) throw unreadable(where, fault)
  return answer.map((utterance) => within(utterance, length))
}

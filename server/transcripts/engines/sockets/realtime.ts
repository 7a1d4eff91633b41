import { z } from 'zod'
import { resampler, toL16 } from '../../../platform/resample.ts'
import { toFloats } from '../audio.ts'
import type { BatchTranscriber, LiveTranscriber, Rate, Utterance, Vad } from '../ports.ts'
import { spreadWords } from '../words.ts'
import {
  batchBySocket,
  liveBySocket,
  type Dialect,
  type Protocol,
  type SocketSetup,
  type Wire,
} from './socket-session.ts'

export type RealtimeSetup = Omit<SocketSetup, 'headers'> & {
  model: string
  /** `openai`: OpenAI, speaches, LocalAI. `vllm`: vLLM's own events, and text while somebody speaks. */
  dialect: 'openai' | 'vllm'
  key?: string
}

export const openRealtimeBatch = (setup: RealtimeSetup): BatchTranscriber =>
  batchBySocket(withKey(setup), realtime(setup))
export const openRealtimeLive = (setup: RealtimeSetup & { vad: Vad }): LiveTranscriber =>
  liveBySocket(withKey(setup), realtime(setup), setup.vad)

const withKey = ({ key, ...setup }: RealtimeSetup): SocketSetup => ({
  ...setup,
  headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
})

function realtime({ url, model, dialect }: RealtimeSetup): Protocol {
  const { host } = new URL(url)
  return {
    where: `The realtime server ${host}`,
    identity: { engine: `openai-realtime (${dialect})`, model, version: host, demo: false },
    dialect: (wire, ask) => (dialect === 'vllm' ? vllm(wire, { ...ask, model }) : openai(wire, { ...ask, model })),
  }
}

type Ask = { rate: Rate; language: string | null; model: string }

/** One protocol without word times: words are spread over the segment our own detector has found. */
function heard(text: string, wire: Wire, language: string | null): Utterance[] {
  const said = text.replace(/\s+/g, ' ').trim()
  if (said === '') return []
  const endMs = wire.lengthMs()
  return [
    {
      text: said,
      words: spreadWords(said, 0, endMs),
      startMs: 0,
      endMs,
      confidence: null,
      language,
      timing: 'estimated',
    },
  ]
}

const PREFIX = 'conversation.item.input_audio_transcription'
const eventSchema = z.object({
  type: z.string(),
  delta: z.string().optional(),
  transcript: z.string().optional(),
  text: z.string().optional(),
  code: z.unknown().optional(),
})

/** Samples as base64 at the rate a server takes. */
function appender(wire: Wire, from: Rate, to: number): { append(samples: Int16Array): void; end(): void } {
  const change = resampler(from, to)
  const send = (samples: Float32Array): void => {
    if (samples.length > 0) wire.send({ type: 'input_audio_buffer.append', audio: toL16(samples).toString('base64') })
  }
  return {
    append: (samples) => send(change.push(toFloats(samples))),
    end: () => send(change.end()),
  }
}

/** OpenAI's Realtime API in transcription mode, its turn detection switched off: ours says when a segment ends. */
function openai(wire: Wire, { rate, language, model }: Ask): Dialect {
  const audio = appender(wire, rate, 24_000)
  let text = ''
  let done = false
  return {
    begin() {
      const transcription = { model, ...(language !== null && { language }) }
      const input = { format: { type: 'audio/pcm', rate: 24_000 }, transcription, turn_detection: null }
      wire.send({ type: 'session.update', session: { type: 'transcription', audio: { input } } })
    },
    audio: (samples) => audio.append(samples),
    end() {
      audio.end()
      wire.send({ type: 'input_audio_buffer.commit' })
    },
    message(value) {
      const event = eventSchema.parse(value)
      if (event.type === `${PREFIX}.delta`) {
        text += event.delta ?? ''
        const so = heard(text, wire, language)
        if (so.length > 0) wire.partial(so)
      } else if (event.type === `${PREFIX}.completed`) {
        done = true
        wire.done(heard(event.transcript ?? text, wire, language))
      } else if (event.type === `${PREFIX}.failed` || event.type === 'error') wire.failed('it reports an error')
    },
    complete: () => done,
  }
}

/** vLLM: a first commit begins, a final one ends; text comes while audio does. */
function vllm(wire: Wire, { rate, language, model }: Ask): Dialect {
  const audio = appender(wire, rate, 16_000)
  let text = ''
  let done = false
  return {
    begin() {
      wire.send({ type: 'session.update', model, ...(language !== null && { language }) })
      wire.send({ type: 'input_audio_buffer.commit' })
    },
    audio: (samples) => audio.append(samples),
    end() {
      audio.end()
      wire.send({ type: 'input_audio_buffer.commit', final: true })
    },
    message(value) {
      const event = eventSchema.parse(value)
      if (event.type === 'transcription.delta') {
        text += event.delta ?? ''
        const so = heard(text, wire, language)
        if (so.length > 0) wire.partial(so)
      } else if (event.type === 'transcription.done') {
        done = true
        wire.done(heard(event.text ?? text, wire, language))
      } else if (event.type === 'error') wire.failed('it reports an error')
    },
    complete: () => done,
  }
}

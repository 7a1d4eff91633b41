import { z } from 'zod'
import { bytesOf } from '../audio.ts'
import type { BatchTranscriber, LiveTranscriber, Utterance, Vad } from '../ports.ts'
import { meanConfidence, spreadWords } from '../words.ts'
import { batchBySocket, liveBySocket, type Protocol, type SocketSetup, type Wire } from './socket-session.ts'

/** `model`: what the server runs; it does not say so itself, and serves one language. */
export type VoskSetup = SocketSetup & { model: string }

const answerSchema = z.object({
  partial: z.string().optional(),
  text: z.string().optional(),
  result: z
    .array(
      z.object({ word: z.string(), start: z.number(), end: z.number(), conf: z.number().min(0).max(1).optional() }),
    )
    .optional(),
})

export const openVoskBatch = (setup: VoskSetup): BatchTranscriber => batchBySocket(setup, vosk(setup))
export const openVoskLive = (setup: VoskSetup & { vad: Vad }): LiveTranscriber =>
  liveBySocket(setup, vosk(setup), setup.vad)

/** Samples of 0.2 s: each message is answered, and each answer costs. */
const CHUNK = 5

/** vosk-server: a configuration, binary samples, `eof`; one answer to each message but the configuration. */
function vosk({ url, model, languages }: VoskSetup): Protocol {
  const [language = null] = languages
  return {
    where: `The Vosk server ${new URL(url).host}`,
    identity: { engine: 'vosk', model, version: new URL(url).host, demo: false },
    dialect(wire, { rate }) {
      const finals: Utterance[] = []
      let asked = 0
      let answered = 0
      let ended = false
      const send = (message: object | Buffer): void => {
        asked++
        wire.send(message)
      }
      return {
        begin: () => wire.send({ config: { sample_rate: rate, words: true } }),
        audio(samples) {
          const size = rate / CHUNK
          for (let at = 0; at < samples.length; at += size) send(bytesOf(samples.subarray(at, at + size)))
        },
        end() {
          ended = true
          send({ eof: 1 })
        },
        message(value) {
          const answer = answerSchema.parse(value)
          answered++
          finals.push(...finalOf(answer, wire, language))
          if (ended && answered === asked) wire.done(finals)
          else if (answer.partial) wire.partial([partialOf(answer.partial, finals, wire)])
        },
        complete: () => ended && answered === asked,
      }
    },
  }
}

function finalOf(
  { text = '', result }: z.infer<typeof answerSchema>,
  wire: Wire,
  language: string | null,
): Utterance[] {
  if (result?.length) {
    const words = result.map(({ word, start, end, conf }) => ({
      text: word,
      startMs: start * 1000,
      endMs: end * 1000,
      confidence: conf ?? null,
    }))
    const said = words.map((w) => w.text).join(' ')
    const [startMs, endMs] = [words[0]?.startMs ?? 0, words.at(-1)?.endMs ?? 0]
    return [{ text: said, words, startMs, endMs, confidence: meanConfidence(words), language, timing: 'word' }]
  }
  // Models without word times.
  return text.trim() === '' ? [] : [estimated(text, wire, language)]
}

function partialOf(partial: string, finals: readonly Utterance[], wire: Wire): Utterance {
  return estimated([...finals.map((u) => u.text), partial].join(' '), wire, finals[0]?.language ?? null)
}

function estimated(text: string, wire: Wire, language: string | null): Utterance {
  const said = text.replace(/\s+/g, ' ').trim()
  const endMs = wire.lengthMs()
  return {
    text: said,
    words: spreadWords(said, 0, endMs),
    startMs: 0,
    endMs,
    confidence: null,
    language,
    timing: 'estimated',
  }
}

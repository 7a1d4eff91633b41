import { setTimeout as sleep } from 'node:timers/promises'
import { Problem } from '../../../platform/problem.ts'
import { wavOf } from '../audio.ts'
import type { Audio, BatchTranscriber, Utterance } from '../ports.ts'
import {
  checkLength,
  closed,
  durationMs,
  refusedJob,
  rejected,
  tooSlow,
  unheard,
  unreachable,
  unreadable,
} from '../problems.ts'
import { implausible, within } from '../words.ts'
import { readTranscription } from './answer.ts'

export type HttpSetup = {
  /** Such as `http://gpu:8000/v1/audio/transcriptions`; whisper.cpp serves `/inference`. */
  url: string
  model: string
  languages: readonly string[]
  /** Sent as a bearer token; never told to anybody else. */
  key?: string
  /** Longest wait for one answer. */
  timeoutMs?: number
  /** Tries after one that failed by overload or by the server's fault. */
  retries?: number
  /** Wait before the first further try, doubled with each; the server's Retry-After goes before it. */
  waitMs?: number
}

/** An answer larger than this is none. */
const MOST_BYTES = 4_000_000
/** Longest wait that a server may ask for. */
const MOST_WAIT_MS = 30_000

type Settled = Required<Omit<HttpSetup, 'key'>> & { key: string | null; where: string }

/**
 * Any server with OpenAI's `POST /v1/audio/transcriptions`: one lane's segment as WAV, `verbose_json` with words where the
 * server has them, else segments, else the text alone, spread over the segment.
 */
export function openHttp(setup: HttpSetup): BatchTranscriber {
  const settled: Settled = {
    timeoutMs: 60_000,
    retries: 2,
    waitMs: 500,
    ...setup,
    key: setup.key ?? null,
    where: `The speech server ${new URL(setup.url).host}`,
  }
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
        return await persist(settled, { audio, language, signal: AbortSignal.any([signal, closing.signal]) })
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

/** Asks again where the server is overloaded or at fault; nothing else gets better by asking again. */
async function persist(setup: Settled, job: Job): Promise<Utterance[]> {
  const { where, retries, waitMs } = setup
  for (let tries = 0; ; tries++) {
    const response = await send(setup, job)
    if (response.ok) return read(setup, response.body, job)
    const again = response.status === 429 || response.status >= 500
    if (!again || tries >= retries) {
      if (response.status === 413 || response.status === 422 || response.status === 400)
        throw refusedJob(where, `status ${response.status}`)
      throw rejected(where, response.status)
    }
    await sleep(response.waitMs ?? waitMs * 2 ** tries, undefined, { signal: job.signal })
  }
}

type Reply = { ok: boolean; status: number; body: string; waitMs: number | null }

async function send({ url, key, model, timeoutMs, where }: Settled, { audio, language, signal }: Job): Promise<Reply> {
  const form = new FormData()
  form.set('file', new Blob([new Uint8Array(wavOf(audio))], { type: 'audio/wav' }), 'segment.wav')
  form.set('model', model)
  form.set('response_format', 'verbose_json')
  form.set('temperature', '0')
  form.append('timestamp_granularities[]', 'word')
  form.append('timestamp_granularities[]', 'segment')
  if (language !== null) form.set('language', language)
  const late = AbortSignal.timeout(timeoutMs)
  try {
    const response = await fetch(url, {
      method: 'POST',
      body: form,
      redirect: 'error',
      headers: key === null ? {} : { authorization: `Bearer ${key}` },
      signal: AbortSignal.any([signal, late]),
    })
    const body = await bounded(response, where)
    return { ok: response.ok, status: response.status, body, waitMs: retryAfter(response.headers.get('retry-after')) }
  } catch (e) {
    signal.throwIfAborted()
    if (e instanceof Problem) throw e
    throw late.aborted ? tooSlow(where, Math.round(timeoutMs / 1000)) : unreachable(where, causeOf(e))
  }
}

async function bounded(response: Response, where: string): Promise<string> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of response.body ?? []) {
    size += part.length
    if (size > MOST_BYTES) throw unreadable(where, `more than ${MOST_BYTES / 1e6} MB`)
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}

/** The network's own code (`ECONNREFUSED`): messages hold addresses. */
function causeOf(e: unknown): string {
  const { code, cause } = (e ?? {}) as { code?: unknown; cause?: { code?: unknown } }
  const found = cause?.code ?? code
  return typeof found === 'string' ? found : 'the connection broke off'
}

function retryAfter(header: string | null): number | null {
  if (header === null) return null
  const wait = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now()
  return Number.isFinite(wait) ? Math.min(Math.max(0, wait), MOST_WAIT_MS) : null
}

function read({ where }: Settled, body: string, { audio, language }: Job): Utterance[] {
  const length = durationMs(audio)
  const answer = readTranscription(body, length, language)
  if (typeof answer === 'string') throw unreadable(where, answer)
  const fault = implausible(answer, length)
  if (fault !== null) throw unreadable(where, fault)
  return answer.map((utterance) => within(utterance, length))
}

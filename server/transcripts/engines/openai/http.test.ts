import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isProblem } from '../../../platform/problem.ts'
import { silentLog } from '../../../platform/log.ts'
import { liveFromBatch } from '../live/from-batch.ts'
import type { BatchTranscriber, Utterance } from '../ports.ts'
import { transcriptionServer, type Received, type Reply, type TranscriptionServer } from '../testkit/http-server.ts'
import { babble } from '../testkit/sounds.ts'
import { describeEngine } from '../testkit/suite.ts'
import { openVad } from '../vad/detector.ts'
import { energyDetector } from '../vad/energy.ts'
import { implausible } from '../words.ts'
import { readTranscription } from './answer.ts'
import { openHttp, type HttpSetup } from './http.ts'

const seconds = ({ wav }: Received): number => (wav.length - 44) / 2 / wav.readUInt32LE(24)
const text = (request: Received): string => `sentite ${Math.round(seconds(request) * 100)} centesimi`

const degrees: Record<Utterance['timing'], (request: Received) => Reply> = {
  word: (request) => ({
    json: {
      text: text(request),
      language: 'italian',
      words: text(request)
        .split(' ')
        .map((word, i) => ({ word, start: i * 0.1, end: i * 0.1 + 0.1 })),
      segments: [{ text: text(request), start: 0, end: 0.3 }],
    },
  }),
  segment: (request) => ({
    json: {
      text: text(request),
      words: null,
      segments: [{ id: 0, text: ` ${text(request)}`, start: 0.1, end: seconds(request), avg_logprob: -0.1 }],
    },
  }),
  estimated: (request) => ({ json: { text: text(request) } }),
}

const servers: TranscriptionServer[] = []
const engines: BatchTranscriber[] = []
const open = async (
  otherwise: (request: Received) => Reply,
  setup: Partial<HttpSetup> = {},
): Promise<{ server: TranscriptionServer; engine: BatchTranscriber }> => {
  const server = await transcriptionServer(otherwise)
  servers.push(server)
  const engine = openHttp({ url: server.url, model: 'whisper-1', languages: ['it', 'fr', 'en'], waitMs: 1, ...setup })
  engines.push(engine)
  return { server, engine }
}

for (const [timing, otherwise] of Object.entries(degrees) as [Utterance['timing'], (request: Received) => Reply][])
  describeEngine({
    name: `openai-http (${timing})`,
    language: 'it',
    timing,
    batch: async () => (await open(otherwise)).engine,
    live: async () =>
      liveFromBatch(
        (await open(otherwise)).engine,
        openVad({ detector: energyDetector, spare: energyDetector, log: silentLog }),
      ),
    disturb() {
      servers.forEach((server) => server.next.push({ status: 503, json: {} }))
    },
  })

describe('openai-http', () => {
  const audio = { samples: babble(2, 8000), rate: 8000 as const }
  let server: TranscriptionServer
  let engine: BatchTranscriber
  beforeEach(async () => {
    ;({ server, engine } = await open(degrees.word, { key: 'sk-very-secret', timeoutMs: 2000 }))
  })
  afterEach(async () => {
    await Promise.all(engines.splice(0).map((e) => e.close()))
    await Promise.all(servers.splice(0).map((s) => s.close()))
  })
  const ask = (): Promise<Utterance[]> =>
    engine.transcribe(audio, { language: 'it', signal: new AbortController().signal })
  const failure = async (): Promise<{ code: string; message: string }> => {
    const e: unknown = await ask().catch((thrown: unknown) => thrown)
    if (!isProblem(e)) throw new Error(`not a problem: ${String(e)}`)
    expect(e.message).not.toContain('secret')
    return { code: e.code, message: e.message }
  }

  it('sends one lane as it is, with language, model, what it wants to know and its key', async () => {
    await ask()
    const [request] = server.received
    expect(request?.wav.readUInt16LE(22)).toBe(1)
    expect(request?.wav.readUInt32LE(24)).toBe(8000)
    expect(request?.wav.subarray(44).equals(Buffer.from(audio.samples.buffer))).toBe(true)
    expect(request?.fields).toMatchObject({
      model: ['whisper-1'],
      language: ['it'],
      response_format: ['verbose_json'],
      'timestamp_granularities[]': ['word', 'segment'],
    })
    expect(request?.authorization).toBe('Bearer sk-very-secret')
  })

  it('asks again when the server is overloaded or at fault, and waits as it is told', async () => {
    server.next.push({ status: 429, headers: { 'retry-after': '0' }, json: {} }, { status: 502, body: 'bad gateway' })
    expect(await ask()).toHaveLength(1)
    expect(server.received).toHaveLength(3)
  })

  it('gives up after its tries', async () => {
    server.next.push({ status: 500, json: {} }, { status: 500, json: {} }, { status: 500, json: {} })
    expect((await failure()).code).toBe('engine_rejected')
    expect(server.received).toHaveLength(3)
  })

  it('does not ask again what the server refuses', async () => {
    server.next.push({ status: 401, json: { error: 'key sk-very-secret' } })
    expect((await failure()).code).toBe('engine_rejected')
    server.next.push({ status: 422, json: {} })
    expect((await failure()).code).toBe('engine_job_refused')
    server.next.push({ status: 302, headers: { location: 'http://127.0.0.1:1/' }, json: {} })
    expect((await failure()).code).toBe('engine_unreachable')
    expect(server.received).toHaveLength(3)
  })

  it('says what is wrong with a connection, an answer, or the time', async () => {
    server.next.push({ cut: true })
    expect((await failure()).code).toBe('engine_unreachable')
    server.next.push({ body: '<html>' })
    expect((await failure()).message).toMatch(/not JSON/)
    server.next.push({ json: { error: 'no' } })
    expect((await failure()).message).toMatch(/no text/)
    server.next.push({ json: { text: 'a', words: [{ word: 'a', start: 0, end: 900 }] } })
    expect((await failure()).message).toMatch(/beyond the end/)
    server.next.push({ body: `"${'x'.repeat(5_000_000)}"` })
    expect((await failure()).message).toMatch(/more than 4 MB/)
    server.next.push({ never: true })
    expect((await failure()).code).toBe('engine_timeout')
    await server.close()
    expect((await failure()).code).toBe('engine_unreachable')
  })

  it('takes no text for nothing said', async () => {
    server.next.push({ json: { text: ' ', segments: [] } })
    expect(await ask()).toEqual([])
  })
})

describe('answers', () => {
  it('are found in words of segments too, and put in order', () => {
    const words = [
      { word: ' due', start: 0.5, end: 0.9, probability: 0.5 },
      { word: 'tre', start: 0.4, end: 1 },
    ]
    const [heard] = readTranscription(
      JSON.stringify({ text: '', segments: [{ text: 'due tre', start: 0, end: 1, words }] }),
      2000,
      'it',
    ) as Utterance[]
    expect(heard).toMatchObject({ text: 'due tre', timing: 'word', startMs: 500, endMs: 1000, confidence: 0.5 })
    expect(implausible([heard!], 2000)).toBeNull()
  })

  it('may be anything without doing harm', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (body) => {
        const read = readTranscription(body, 1000, null)
        expect(typeof read === 'string' || Array.isArray(read)).toBe(true)
      }),
    )
  })
})

import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { silentLog } from '../../../platform/log.ts'
import { isProblem } from '../../../platform/problem.ts'
import type { BatchTranscriber, Utterance } from '../ports.ts'
import { realtimeServer, vllmServer, voskServer, type SocketServer } from '../testkit/socket-servers.ts'
import { babble } from '../testkit/sounds.ts'
import { describeEngine, type EngineCase } from '../testkit/suite.ts'
import { openVad } from '../vad/detector.ts'
import { energyDetector } from '../vad/energy.ts'
import { openRealtimeBatch, openRealtimeLive } from './realtime.ts'
import { openVoskBatch, openVoskLive } from './vosk.ts'

const vad = openVad({ detector: energyDetector, spare: energyDetector, log: silentLog })
const languages = ['it']
const all: SocketServer[] = []
const kept = async (starting: Promise<SocketServer>): Promise<SocketServer> => {
  const server = await starting
  all.push(server)
  return server
}
afterAll(() => Promise.all(all.map((server) => server.close())))

type Start = { server: () => Promise<SocketServer>; batch: (url: string) => BatchTranscriber } & Pick<
  EngineCase,
  'timing' | 'partials'
> & {
    live: (url: string) => ReturnType<typeof openVoskLive>
  }
const protocols: Record<string, Start> = {
  vosk: {
    server: voskServer,
    batch: (url) => openVoskBatch({ url, model: 'it', languages }),
    live: (url) => openVoskLive({ url, model: 'it', languages, vad }),
    timing: 'word',
  },
  'vosk without word times': {
    server: () => voskServer({ words: false }),
    batch: (url) => openVoskBatch({ url, model: 'it', languages }),
    live: (url) => openVoskLive({ url, model: 'it', languages, vad }),
    timing: 'estimated',
  },
  'openai-realtime': {
    server: realtimeServer,
    batch: (url) => openRealtimeBatch({ url, model: 'm', languages, dialect: 'openai' }),
    live: (url) => openRealtimeLive({ url, model: 'm', languages, dialect: 'openai', vad }),
    timing: 'estimated',
    // Its text comes after the end of a segment.
    partials: false,
  },
  'openai-realtime of vLLM': {
    server: vllmServer,
    batch: (url) => openRealtimeBatch({ url, model: 'm', languages, dialect: 'vllm' }),
    live: (url) => openRealtimeLive({ url, model: 'm', languages, dialect: 'vllm', vad }),
    timing: 'estimated',
  },
}

for (const [name, start] of Object.entries(protocols)) {
  const servers: SocketServer[] = []
  const url = async (): Promise<string> => {
    const server = await kept(start.server())
    servers.push(server)
    return server.url
  }
  describeEngine({
    name,
    language: 'it',
    timing: start.timing,
    ...(start.partials !== undefined && { partials: start.partials }),
    batch: async () => start.batch(await url()),
    live: async () => start.live(await url()),
    disturb: () => servers.forEach((server) => server.cut()),
  })
}

for (const [name, start] of Object.entries(protocols))
  describe(`${name} when things go wrong`, () => {
    const engines: BatchTranscriber[] = []
    afterEach(() => Promise.all(engines.splice(0).map((engine) => engine.close())))
    const opened = async (): Promise<{ server: SocketServer; ask: () => Promise<string> }> => {
      const server = await kept(start.server())
      const engine = start.batch(server.url)
      engines.push(engine)
      const audio = { samples: babble(1, 8000), rate: 8000 as const }
      const ask = (): Promise<string> =>
        engine.transcribe(audio, { language: 'it', signal: new AbortController().signal }).then(
          (heard: Utterance[]) => heard[0]?.text ?? '',
          (e: unknown) => (isProblem(e) ? e.code : String(e)),
        )
      return { server, ask }
    }

    it('says so, and does the next segment', async () => {
      const { server, ask } = await opened()
      server.faults.push((socket) => socket.close())
      expect(await ask()).toBe('engine_unreachable')
      server.faults.push((socket) => socket.terminate())
      expect(await ask()).toBe('engine_unreachable')
      server.faults.push((socket) => socket.send('not json'))
      expect(await ask()).toBe('engine_answer_unreadable')
      server.faults.push((socket) => socket.send(JSON.stringify({ type: 5, partial: 5 })))
      expect(await ask()).toBe('engine_answer_unreadable')
      server.faults.push((socket) => socket.send('x'.repeat(2_000_000)))
      expect(await ask()).toBe('engine_unreachable')
      expect(await ask()).toBe('ho sentito 10 decimi')
      await server.close()
      expect(await ask()).toBe('engine_unreachable')
    })
  })

it('a server that never answers is given up', async () => {
  const server = await kept(voskServer())
  server.faults.push(() => {})
  const engine = openVoskBatch({ url: server.url, model: 'it', languages, answerMs: 100 })
  const ask = { language: 'it', signal: new AbortController().signal }
  await expect(engine.transcribe({ samples: babble(0.5, 8000), rate: 8000 }, ask)).rejects.toMatchObject({
    code: 'engine_timeout',
  })
  await engine.close()
})

it('the realtime protocol carries key, model, language and one lane at the server’s rate', async () => {
  const server = await kept(realtimeServer())
  const engine = openRealtimeBatch({ url: server.url, model: 'gpt-x', languages, dialect: 'openai', key: 'sk-1' })
  await engine.transcribe(
    { samples: babble(1, 8000), rate: 8000 },
    { language: 'it', signal: new AbortController().signal },
  )
  expect(server.requests[0]?.headers.authorization).toBe('Bearer sk-1')
  expect(server.received[0]).toEqual({
    type: 'session.update',
    session: {
      type: 'transcription',
      audio: {
        input: {
          format: { type: 'audio/pcm', rate: 24_000 },
          transcription: { model: 'gpt-x', language: 'it' },
          turn_detection: null,
        },
      },
    },
  })
  const bytes = server.received.flatMap((m) => {
    const { audio } = m as { audio?: string }
    return typeof audio === 'string' ? Buffer.from(audio, 'base64').length : []
  })
  expect(bytes.reduce((a, b) => a + b, 0)).toBe(48_000)
  expect(server.received.at(-1)).toEqual({ type: 'input_audio_buffer.commit' })
  await engine.close()
})

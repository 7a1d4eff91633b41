import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { compose, type Running } from '../server/compose.ts'
import { loadConfig } from '../server/config.ts'
import { systemClock } from '../server/platform/clock.ts'
import { migrate, openDatabase } from '../server/platform/db/index.ts'
import { silentLog } from '../server/platform/log.ts'
import { organisation } from '../server/retention/testkit/governance.ts'
import { liveFromBatch } from '../server/transcripts/engines/live/from-batch.ts'
import type { BatchTranscriber } from '../server/transcripts/engines/ports.ts'
import { spreadWords } from '../server/transcripts/engines/words.ts'
import type { Engines } from '../server/transcripts/index.ts'
import { loudnessVad } from '../server/transcripts/testkit/script.ts'
import { publish, rule } from '../test/journeys/policy.ts'
import { join_, setUp, type TestServer } from '../test/journeys/server.ts'
import { streamCredential } from '../test/journeys/talk.ts'
import type { TalksAsk } from './load/talks.ts'
import type { Finding } from './report.ts'

/**
 * Captions of many calls at once through the stream protocol, in real time, to pages that answer what they show. The engine says its
 * sentence at once: what is left is ours.
 */
export async function benchCaptions({
  quick,
  calls,
}: {
  quick: boolean
  calls?: number[] | undefined
}): Promise<Finding> {
  const seconds = quick ? 12 : 40
  const rows: (string | number)[][] = []
  for (const count of calls ?? (quick ? [2] : [10, 50, 100])) rows.push(await measure(count, seconds))
  return {
    table: {
      columns: [
        'calls',
        'captions',
        'capture p50 ms',
        'p95',
        'redaction p50 ms',
        'p95',
        'to the screen and back p50 ms',
        'p95',
        'ours p50 ms',
        'p95',
        'share of a core',
        'calls a core',
      ],
      rows,
    },
    notes: [
      `Two lanes each, both redacted and recorded, ${seconds} s; somebody speaks all the time; a caption each second and at the end of each sentence; one page follows each call.`,
      'Ours: all but the pause that the detector waits for and the engine. Callers and pages run in a process of their own on the same machine.',
      'At 100 calls the two cores are full of callers too: the way to the screen and back is then mostly theirs.',
    ],
  }
}

async function measure(calls: number, seconds: number): Promise<(string | number)[]> {
  const dataDir = mkdtempSync(join(tmpdir(), 'verbale-captions-'))
  const database = await openDatabase({ dataDir })
  await migrate(database.db)
  const base = loadConfig({ flags: { data: dataDir, port: '0' } })
  const siprec = { ...base.protocols.siprec, host: '127.0.0.1', udpPort: 0, tcpPort: 0, maxCalls: 1000 }
  const config = {
    ...base,
    http: { ...base.http, host: '127.0.0.1' },
    protocols: { ...base.protocols, siprec, audiosocket: { ...base.protocols.audiosocket, port: 0 } },
  }
  const running = await compose({ config, log: silentLog, database, clock: systemClock, engines: instant })
  try {
    return await follow(running, { calls, seconds })
  } finally {
    await running.stop()
    await database.stop()
    rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 })
  }
}

async function follow(
  running: Running,
  { calls, seconds }: { calls: number; seconds: number },
): Promise<(string | number)[]> {
  const server = { url: running.address, running } as TestServer
  const admin = await setUp(server)
  await admin.api('PUT /organisation', { body: { organisation: organisation(), basedOn: 0 } })
  const pause = { agent: true, platform: true, detector: true, autoResumeSeconds: 0, reachBackSeconds: 0 }
  await publish(admin, [rule({ purposes: ['evidence', 'assist'], pause })])
  const supervisor = await join_(admin, server, { name: 'Livia', email: 'livia@example.test', role: 'agent' })
  const ask: TalksAsk = {
    url: server.url,
    cookie: supervisor.who.cookie,
    credential: await streamCredential(admin),
    calls,
    seconds,
  }
  const load = fork(join(import.meta.dirname, 'load', 'talks.ts'), [JSON.stringify(ask)], { stdio: 'inherit' })
  const [began, cpu] = [performance.now(), process.cpuUsage()]
  const [code] = (await once(load, 'exit')) as [number]
  if (code !== 0) throw new Error(`the callers ended with ${code}`)
  const used = process.cpuUsage(cpu)
  const share = (used.user + used.system) / 1000 / (performance.now() - began)
  const { captions, stages, ours } = await admin.api('GET /speech/captions')
  if (captions === 0) throw new Error('nobody was understood')
  const { capture, redaction, delivery } = stages
  const figures = [capture, redaction, delivery, ours].flatMap(({ p50, p95 }) => [p50, p95])
  return [calls, captions, ...figures, share, Math.floor(calls / share)]
}

/** Says the same sentence of every segment, at once. */
const instantly: BatchTranscriber = {
  identity: { engine: 'instant', model: 'sentence', version: '1', demo: false },
  languages: ['it'],
  transcribe: async ({ samples, rate }) => {
    const ms = (samples.length * 1000) / rate
    const text = 'buongiorno vorrei sapere quando arriva il tecnico che mi avete promesso'
    return [
      {
        text,
        words: spreadWords(text, 0, ms),
        startMs: 0,
        endMs: ms,
        confidence: null,
        language: 'it',
        timing: 'word',
      },
    ]
  },
  close: async () => {},
}
const instant: Engines = {
  vad: () => loudnessVad,
  batch: () => null,
  live: () => liveFromBatch(instantly, loudnessVad),
  relief: () => null,
  report: () => ({ detector: loudnessVad.identity, languages: [], refused: [], failed: [] }),
}

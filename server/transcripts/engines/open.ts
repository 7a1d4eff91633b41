import type { Clock } from '../../platform/clock.ts'
import type { Logger } from '../../platform/log.ts'
import { servesOf, type Candidate } from './assign.ts'
import { liveFromBatch } from './live/from-batch.ts'
import { openHttp } from './openai/http.ts'
import { openPocketSphinx } from './pocketsphinx/index.ts'
import type { BatchTranscriber, LiveTranscriber, Vad } from './ports.ts'
import { openSherpaBatch } from './sherpa/batch.ts'
import { openSherpaLive } from './sherpa/live.ts'
import type { CheckedModel } from './sherpa/model.ts'
import type { EngineSettings, ServerSettings } from './settings.ts'
import { openRealtimeBatch, openRealtimeLive } from './sockets/realtime.ts'
import { openVoskBatch, openVoskLive } from './sockets/vosk.ts'
import type { Measured } from './speed.ts'

/** A candidate and how it is opened: what is opened here is closed by who asked. */
export type Openable = Candidate & {
  batch: () => Promise<BatchTranscriber>
  /** `batch`: this candidate's own, where captions are made of it. */
  live: (vad: Vad, batch: Measured) => Promise<LiveTranscriber>
  /** Runs on this machine: its speed may be tried out. */
  local: boolean
}

export type OpenDeps = { log: Logger; clock: Clock }

/** All that the settings and the models folder offer, servers first. */
export function openables(settings: EngineSettings, models: readonly CheckedModel[], deps: OpenDeps): Openable[] {
  return [
    ...settings.servers.map((server, n) => serverOf(server, n)),
    ...models.map((model) => modelOf(model, settings, deps.log)),
    ...(settings.demo ? [sphinx()] : []),
  ]
}

function serverOf(server: ServerSettings, n: number): Openable {
  const base = { id: `server ${n + 1}`, languages: server.languages, origin: 'server' as const, local: false }
  const { url, model, languages } = server
  if (server.engine === 'openai-http') {
    const key = server.key === undefined ? {} : { key: server.key }
    return {
      ...base,
      serves: { batch: true, live: server.live ? 'again' : null },
      batch: () =>
        Promise.resolve(openHttp({ url, model, languages, timeoutMs: server.timeoutSeconds * 1000, ...key })),
      live: (vad, batch) => Promise.resolve(liveFromBatch(batch, vad)),
    }
  }
  const serves = { batch: true, live: 'native' as const }
  if (server.engine === 'vosk') {
    const setup = { url, model, languages }
    return {
      ...base,
      serves,
      batch: () => Promise.resolve(openVoskBatch(setup)),
      live: (vad) => Promise.resolve(openVoskLive({ ...setup, vad })),
    }
  }
  const setup = { url, model, languages, dialect: server.dialect, ...(server.key !== undefined && { key: server.key }) }
  return {
    ...base,
    serves,
    batch: () => Promise.resolve(openRealtimeBatch(setup)),
    live: (vad) => Promise.resolve(openRealtimeLive({ ...setup, vad })),
  }
}

function modelOf(model: CheckedModel, { threads, maxMemoryMb }: EngineSettings, log: Logger): Openable {
  const { id, languages, kind } = model.manifest
  const serves = servesOf(kind)
  const setup = { model, threads, limits: { rssBytes: maxMemoryMb * 1e6 }, log }
  return {
    // Another file under the same name is another model.
    id: `model ${id} ${model.manifest.files.map((f) => f.sha256.slice(0, 12)).join(' ')}`,
    languages,
    origin: 'model',
    kind,
    bytes: model.manifest.files.reduce((sum, { bytes }) => sum + bytes, 0),
    serves,
    local: true,
    batch: () => openSherpaBatch(setup),
    live: (vad, batch) =>
      serves.live === 'native' ? openSherpaLive({ ...setup, vad }) : Promise.resolve(liveFromBatch(batch, vad)),
  }
}

const sphinx = (): Openable => ({
  id: 'pocketsphinx',
  languages: ['en'],
  origin: 'demo',
  serves: { batch: true, live: 'again' },
  local: true,
  batch: () => openPocketSphinx(),
  live: (vad, batch) => Promise.resolve(liveFromBatch(batch, vad)),
})

import { systemClock, type Clock } from '../../platform/clock.ts'
import type { Logger } from '../../platform/log.ts'
import { messageOf } from '../../platform/problem.ts'
import { RECOMMENDED_MODEL } from '../models/catalogue.ts'
import { assign, relief } from './assign.ts'
import { modelsFolder, type FoundModels } from './models-folder.ts'
import { openables, type Openable } from './open.ts'
import {
  LANGUAGES,
  type BatchTranscriber,
  type EngineIdentity,
  type Language,
  type LiveTranscriber,
  type Vad,
} from './ports.ts'
import { INSTALL } from './pocketsphinx/index.ts'
import type { EngineSettings } from './settings.ts'
import { liveCalls, measured, probe, type Measured, type Speed } from './speed.ts'
import { openVad, type SpeechDetector } from './vad/detector.ts'
import { energyDetector } from './vad/energy.ts'
import { openSilero } from './vad/silero.ts'

export * from './ports.ts'
export { engineSettings, type EngineSettings } from './settings.ts'
export { isLasting } from './problems.ts'
export { speechOf } from './vad/detector.ts'
export type { Speed } from './speed.ts'

export type EngineDeps = {
  /** Folder of the models; may not exist yet. */
  modelsDir: string
  log: Logger
  clock?: Clock
}

/** Who serves a language. */
export type Serving = {
  identity: EngineIdentity
  speed: Speed | null
  /** Live calls that it carries at once; null when that is not known. Only of engines for captions. */
  liveCalls: number | null
}

/** `code` is for the page's words, `detail` for who reads logs: the one thing to do next. */
export type Step = { code: 'add_model' | 'model_refused' | 'engine_failed'; detail: string }

export type LanguageReport = {
  language: Language
  batch: Serving | null
  live: Serving | null
  /** Where one of them is missing. */
  step: Step | null
}

export type EngineReport = {
  detector: EngineIdentity
  languages: LanguageReport[]
  /** Folders in the models folder that are not used, and why. */
  refused: FoundModels['refused']
  /** Engines that could not be opened, and why. */
  failed: { engine: string; reason: string }[]
}

export type Engines = {
  vad: Vad
  /** Who transcribes this language after the call; ask again for each call, it may have changed. */
  batch(language: string): BatchTranscriber | null
  live(language: string): LiveTranscriber | null
  /**
   * Who takes over captions when `live` cannot keep up; null when nobody can, or not yet: it is opened when it is first asked for, and
   * closed when nobody asked for a while.
   */
  relief(language: string): LiveTranscriber | null
  report(): EngineReport
  /** Looks at the models folder now, and tries again what could not be opened; resolves when what is there is in use. */
  look(): Promise<void>
  close(): Promise<void>
}

/** An engine that could not be opened is tried again after this: the machine was short of memory, a program was missing. */
const RETRY_MS = 300_000
/** An engine that took over from another stays open for so long after it was last asked for. */
const RELIEF_MS = 900_000

type Failures = ReadonlyMap<string, { reason: string }>
type Open = { from: Openable; batch: Measured; live: LiveTranscriber | null; probed: Speed | null }

/**
 * Opens what is configured, and models as they are put into their folder. An engine that cannot be opened is told in the
 * report; the others serve.
 */
export async function openEngines(settings: EngineSettings, deps: EngineDeps): Promise<Engines> {
  const { log, modelsDir, clock = systemClock } = deps
  const detector = await openDetector(settings, log)
  const vad = openVad({ detector, spare: energyDetector, log })
  const folder = modelsFolder(modelsDir)
  const open = new Map<string, Open>()
  /** Why and when, ms of the wall clock. */
  const failed = new Map<string, { reason: string; at: number }>()
  /** Languages whose engine could not keep up: when that was last asked, ms of the monotonic clock. */
  const relieved = new Map<string, number>()
  let found: FoundModels = { usable: [], refused: [] }
  let offered: Openable[] = []
  let closing = false
  let fetching = false
  let timer: NodeJS.Timeout | undefined

  const monotonicMs = (): number => Number(clock.monotonic()) / 1e6
  const usable = (): Openable[] => offered.filter(({ id }) => !failed.has(id))
  const fetch = async (from: Openable): Promise<Open> => {
    const engine = await from.batch()
    try {
      const probed = from.local ? await probe(engine, from.languages[0] ?? '', clock) : null
      const one: Open = { from, batch: measured(engine, clock), live: null, probed }
      open.set(from.id, one)
      return one
    } catch (e) {
      await engine.close()
      throw e
    }
  }
  const ensure = async (from: Openable | null, live: boolean): Promise<void> => {
    if (!from || closing) return
    try {
      const one = open.get(from.id) ?? (await fetch(from))
      if (live) one.live ??= await from.live(vad, one.batch)
    } catch (e) {
      failed.set(from.id, { reason: messageOf(e), at: clock.now() })
      log.warn({ engine: from.id, reason: messageOf(e) }, 'speech engine cannot be opened')
      await drop(from.id)
    }
  }
  const drop = async (id: string): Promise<void> => {
    const one = open.get(id)
    open.delete(id)
    await one?.live?.close()
    await one?.batch.close()
  }
  const reliefOf = (language: string): Openable | null => {
    const asked = relieved.get(language)
    if (asked === undefined || monotonicMs() - asked > RELIEF_MS) return null
    const { live } = assign(language, usable())
    return live && (relief(language, live, usable()) as Openable | null)
  }
  /** Opens who is needed, one after the other: a model is large, and may fail, so that another takes its place. */
  const settle = async (): Promise<void> => {
    for (let rounds = 0; rounds <= offered.length && !closing; rounds++) {
      const before = failed.size
      for (const language of LANGUAGES) {
        const { batch, live } = assign(language, usable())
        await ensure(batch as Openable | null, false)
        await ensure(live as Openable | null, true)
        await ensure(reliefOf(language), true)
      }
      if (failed.size === before) break
    }
    const needed = new Set(
      LANGUAGES.flatMap((l) => [...Object.values(assign(l, usable())), reliefOf(l)].map((c) => c?.id)),
    )
    for (const id of open.keys()) if (!needed.has(id)) await drop(id)
  }
  const lookNow = async (patience: number): Promise<void> => {
    found = await folder.look()
    offered = openables(settings, found.usable, { log, clock })
    for (const [id, { at }] of failed)
      if (clock.now() - at >= patience || !offered.some((c) => c.id === id)) failed.delete(id)
    for (const { folder: name, reason } of found.refused) log.debug({ folder: name, reason }, 'speech model refused')
    await settle()
  }
  /** One look at a time. */
  let looking: Promise<void> = Promise.resolve()
  const look = (patience = 0): Promise<void> => {
    const now = (): Promise<void> => lookNow(patience)
    looking = looking.then(now, now)
    return looking
  }
  const again = (): void => {
    if (closing) return
    timer = setTimeout(() => void look(RETRY_MS).finally(again), settings.lookSeconds * 1000)
    timer.unref()
  }
  const opened = (language: string, what: 'batch' | 'live'): Open | null => {
    // Among those that are open: while a better one is being opened, the one before serves.
    const ready = offered.filter(({ id }) => (what === 'batch' ? open.get(id)?.batch : open.get(id)?.live))
    const { [what]: chosen } = assign(language, ready)
    return (chosen && open.get(chosen.id)) ?? null
  }
  await look()
  again()
  return {
    vad,
    batch: (language) => opened(language, 'batch')?.batch ?? null,
    live: (language) => opened(language, 'live')?.live ?? null,
    relief(language) {
      relieved.set(language, monotonicMs())
      const other = reliefOf(language)
      const one = other && open.get(other.id)
      if (other && !one?.live && !fetching) {
        fetching = true
        void look(RETRY_MS).finally(() => (fetching = false))
      }
      return one?.live ?? null
    },
    report: () => ({
      detector: detector.identity,
      languages: LANGUAGES.map((language) => reportOf(language, opened, { found, failed })),
      refused: found.refused,
      failed: [...failed].map(([engine, { reason }]) => ({ engine, reason })),
    }),
    look: () => look(),
    async close() {
      closing = true
      await looking.catch(() => {})
      clearTimeout(timer)
      for (const id of open.keys()) await drop(id)
      await vad.close()
    },
  }
}

async function openDetector({ detector }: EngineSettings, log: Logger): Promise<SpeechDetector> {
  if (detector === 'energy') return energyDetector
  return openSilero({ log }).catch((e: unknown) => {
    log.warn({ reason: messageOf(e) }, 'Silero cannot be opened: loudness alone says what is speech')
    return energyDetector
  })
}

type Lookup = (language: string, what: 'batch' | 'live') => Open | null

function reportOf(
  language: Language,
  opened: Lookup,
  { found, failed }: { found: FoundModels; failed: Failures },
): LanguageReport {
  const batch = servingOf(opened(language, 'batch'), false)
  const one = opened(language, 'live')
  const live = one?.live ? servingOf(one, true) : null
  return { language, batch, live, step: batch && live ? null : stepFor(language, found, failed) }
}

function servingOf(one: Open | null, live: boolean): Serving | null {
  if (!one) return null
  const speed = one.batch.speed() ?? one.probed
  const how = one.from.serves.live
  const known = live && speed && how && one.from.local
  return { identity: one.batch.identity, speed, liveCalls: known ? liveCalls(speed.realTimeFactor, how) : null }
}

function stepFor(language: Language, found: FoundModels, failed: Failures): Step {
  const [refused] = found.refused
  if (refused) return { code: 'model_refused', detail: refused.reason }
  const [failure] = failed.values()
  if (failure) return { code: 'engine_failed', detail: failure.reason }
  const demo = language === 'en' ? `, or to try it out set "demo" and run "${INSTALL}"` : ''
  return {
    code: 'add_model',
    detail: `No engine serves ${language}: run "verbale models add ${RECOMMENDED_MODEL}", or name a server${demo}.`,
  }
}

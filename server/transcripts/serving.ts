import type { SpeechEngines } from '../../contract/models/transcripts.ts'
import type { Engines as Opened, Serving as OpenedServing } from './engines/index.ts'
import { type BatchTranscriber, LANGUAGES, type LiveTranscriber, type Vad } from './engines/ports.ts'

/** Who serves which language at this moment. */
export type Engines = {
  vad: () => Vad | null
  /** Null for the language: whoever finds it out. Null when nobody serves it. */
  batch: (language: string | null) => BatchTranscriber | null
  live: (language: string | null) => LiveTranscriber | null
  /** Who takes over when `live` cannot keep up; asked again until it is there. Null when nobody can. */
  relief: (language: string) => LiveTranscriber | null
  /** For the page; without what is none of theirs. */
  report: () => Omit<SpeechEngines, 'modelsDir' | 'meaning'>
}

/** Opened engines as the room uses them. A language that nobody declared is found out by an engine that knows them all, or not at all. */
export const enginesOf = (opened: Opened): Engines => ({
  vad: () => opened.vad,
  batch: (language) =>
    language === null ? ofAll(LANGUAGES.map((each) => opened.batch(each))) : opened.batch(language),
  live: (language) => (language === null ? ofAll(LANGUAGES.map((each) => opened.live(each))) : opened.live(language)),
  relief: (language) => opened.relief(language),
  report: () => {
    const { detector, languages, refused, failed } = opened.report()
    return {
      detector,
      refused,
      failed,
      languages: languages.map(({ language, batch, live, step }) => ({
        language,
        batch: batch && servingOf(batch),
        live: live && servingOf(live),
        step: step?.code ?? null,
      })),
    }
  },
})

/** The one engine of all; null when they are several, or some are missing: each would take every language for its own. */
const ofAll = <E>(engines: (E | null)[]): E | null => {
  const [first = null] = engines
  return engines.every((each) => each === first) ? first : null
}

const servingOf = ({ identity, speed, liveCalls }: OpenedServing) => ({
  ...identity,
  realTimeFactor: speed?.realTimeFactor ?? null,
  liveCalls,
})

/** Changes when other engines serve. */
export const servingNow = (engines: Engines): string =>
  JSON.stringify(
    LANGUAGES.map((language) => {
      const engine = engines.batch(language)
      return engine && [engine.identity.engine, engine.identity.model]
    }),
  )

/** Whether an engine that serves is real but too poor to be relied on. */
export const isDemo = (engines: Engines, engine: string): boolean =>
  engines.report().languages.some(({ batch }) => batch?.engine === engine && batch.demo)

import type { Problem } from '../../platform/problem.ts'

/** What the product promises to transcribe. An engine may report others: BCP 47 primary subtags, lower case. */
export type Language = 'it' | 'fr' | 'en'
export const LANGUAGES: readonly Language[] = ['it', 'fr', 'en']

export type Rate = 8000 | 16_000

/** One lane's samples. */
export type Audio = { samples: Int16Array; rate: Rate }

/** No segment handed to an engine is longer: memory of recognisers grows with it, and so do the errors. */
export const MAX_SEGMENT_MS = 20_000

/** `confidence` is 0 to 1 as the engine says it; engines do not agree on what it means. */
export type Word = { text: string; startMs: number; endMs: number; confidence: number | null }

/**
 * What was said, with times in ms from the first sample handed over.
 * `timing`: who knows when a word was said. `word`: the engine; `segment`: the engine knows the utterance, words are spread
 * over it; `estimated`: only our own clock knows when somebody spoke.
 */
export type Utterance = {
  text: string
  words: Word[]
  startMs: number
  endMs: number
  confidence: number | null
  language: string | null
  timing: 'word' | 'segment' | 'estimated'
}

/** Goes with each result. `demo`: real, but too poor for telephone speech to be relied on. */
export type EngineIdentity = { engine: string; model: string; version: string; demo: boolean }

/** Transcribes one lane's speech, segment by segment. */
export type BatchTranscriber = {
  identity: EngineIdentity
  /** Primary subtags it was made for. */
  languages: readonly string[]
  /**
   * What was said in at most `MAX_SEGMENT_MS` of one lane; nothing is an empty list. `language` locks the engine where it
   * can be locked; null lets it find out. Calls may overlap: they are done in turn.
   * @throws Problem: `engine_*` (`isLasting` tells those that trying again does not mend); the signal's reason when aborted
   */
  transcribe(audio: Audio, ask: { language: string | null; signal: AbortSignal }): Promise<Utterance[]>
  close: () => Promise<void>
}

/** Times are ms from the first sample pushed. */
export type LiveEvents = {
  /**
   * The utterance being spoken, as heard so far; takes the place of the partial before. `detectedMs`: how long ago the detector handed
   * over the last of it, where the engine can tell.
   */
  onPartial: (utterance: Utterance, detectedMs?: number) => void
  /** Said and done; in order of time. Ends the partial. */
  onFinal: (utterance: Utterance, detectedMs?: number) => void
  /** The engine is this far behind what was pushed; 0 when it has caught up. Told when it changes by a second. */
  onBehind?: (behindMs: number) => void
  /** Speech that has no text, and why. */
  onLost?: (span: { startMs: number; endMs: number }, problem: Problem) => void
  /** The stream has ended by itself; nothing follows. Opening another may help. */
  onFailure: (problem: Problem) => void
}

/** One lane of a call in progress. Never blocks, never holds more than `MAX_BEHIND_MS` of audio. */
export type LiveStream = {
  push: (samples: Int16Array) => void
  /** No more audio: resolves after the last event. */
  finish: () => Promise<void>
  /** Ends it at once; no event follows. */
  close: () => void
}

export type LiveTranscriber = {
  identity: EngineIdentity
  languages: readonly string[]
  open(ask: { rate: Rate; language: string | null } & LiveEvents): LiveStream
  close: () => Promise<void>
}

/** A live stream that is further behind loses speech, and says so (`onLost`). */
export const MAX_BEHIND_MS = 30_000

/** Speech of a lane. `cut`: it was cut at the longest length, the next segment goes on without a pause. */
export type SpeechSegment = { startMs: number; endMs: number; samples: Int16Array; cut: boolean }

export type VadEvents = {
  /** Somebody has begun to speak; the pre-roll comes with the first audio. */
  onStart?: (startMs: number) => void
  /** Audio of the open segment, in order. */
  onAudio?: (samples: Int16Array) => void
  /** The whole segment, when it has ended. */
  onSegment: (segment: SpeechSegment) => void
  onFailure: (problem: Problem) => void
}

export type VadStream = {
  push: (samples: Int16Array) => void
  /** No more audio: resolves after the last segment. */
  finish: () => Promise<void>
  /** Resolves when the detector has caught up: wait for it before pushing more of a file. */
  settled(): Promise<void>
  close: () => void
}

/** Finds speech in lanes as they grow: segments of at most `MAX_SEGMENT_MS`, each with a little of what came before. */
export type Vad = {
  identity: EngineIdentity
  open(ask: { rate: Rate } & VadEvents): VadStream
  close: () => Promise<void>
}

import type { Utterance, Word } from './ports.ts'

/** What a recogniser says, in its own terms: seconds and word pieces. */
export type Raw = {
  text: string
  tokens: string[]
  /** Seconds from the first sample, one for each token, or none. */
  timestamps: number[]
  /** Seconds, one for each token, or none. */
  durations: number[]
  /** Natural logarithms, one for each token, or none. */
  logProbs: number[]
  language: string
}

/** How long the last piece of a word lasts when the engine does not say. */
const LAST_PIECE_MS = 200
const begins = (token: string): boolean => /^[\s▁]/.test(token)
const bare = (token: string): string => token.replace(/^[\s▁]+/, '')

type Pieces = { from: number; to: number }

/**
 * Joins word pieces to words: a piece that starts with a space or `▁` begins one. Null when the engine gave no time for
 * every piece.
 */
export function wordsFromTokens(raw: Raw, durationMs: number): Word[] | null {
  const { tokens, timestamps } = raw
  if (tokens.length === 0 || timestamps.length !== tokens.length) return null
  const groups: Pieces[] = []
  tokens.forEach((token, i) => {
    const last = groups.at(-1)
    if (!last || begins(token)) groups.push({ from: i, to: i + 1 })
    else last.to = i + 1
  })
  const words = groups.map((pieces) => word(raw, pieces, durationMs))
  return words.filter((w) => w.text !== '')
}

function word(raw: Raw, { from, to }: Pieces, durationMs: number): Word {
  const at = (i: number): number => Math.round((raw.timestamps[i] ?? 0) * 1000)
  const text = raw.tokens.slice(from, to).map(bare).join('')
  const startMs = Math.min(at(from), durationMs)
  const last = at(to - 1)
  const duration = raw.durations.length === raw.tokens.length ? (raw.durations[to - 1] ?? 0) * 1000 : 0
  const spoken = last + (duration > 0 ? Math.round(duration) : LAST_PIECE_MS)
  const next = to < raw.tokens.length ? at(to) : durationMs
  const endMs = Math.max(startMs, Math.min(spoken, Math.max(next, last), durationMs))
  return { text, startMs, endMs, confidence: confidence(raw.logProbs, from, to, raw.tokens.length) }
}

/** Geometric mean of the pieces' probabilities. */
function confidence(logProbs: number[], from: number, to: number, expected: number): number | null {
  if (logProbs.length !== expected || to <= from) return null
  const mean = logProbs.slice(from, to).reduce((a, b) => a + b, 0) / (to - from)
  return Number.isFinite(mean) ? Math.min(1, Math.max(0, Math.exp(mean))) : null
}

/** Spreads the words of a text over a span, each by its length. */
export function spreadWords(text: string, startMs: number, endMs: number): Word[] {
  const texts = text.split(/\s+/).filter(Boolean)
  const weights = texts.map((t) => t.length + 1)
  const total = weights.reduce((a, b) => a + b, 0)
  let passed = 0
  const at = (): number => Math.round(startMs + ((endMs - startMs) * passed) / total)
  return texts.map((word, i) => {
    const from = at()
    passed += weights[i] ?? 0
    return { text: word, startMs: from, endMs: at(), confidence: null }
  })
}

/** Mean of what is known of the words. */
export function meanConfidence(words: readonly Word[]): number | null {
  const known = words.flatMap((w) => w.confidence ?? [])
  return known.length === 0 ? null : known.reduce((a, b) => a + b, 0) / known.length
}

/** An utterance from a recogniser's answer to `durationMs` of audio; null when it heard nothing. */
export function utteranceOf(raw: Raw, durationMs: number, language: string | null): Utterance | null {
  const text = raw.text.replace(/\s+/g, ' ').trim()
  if (text === '') return null
  const timed = wordsFromTokens(raw, durationMs)
  const words = timed ?? spreadWords(text, 0, durationMs)
  return {
    text,
    words,
    startMs: words[0]?.startMs ?? 0,
    endMs: words.at(-1)?.endMs ?? durationMs,
    confidence: meanConfidence(words),
    language: primary(raw.language) ?? language,
    timing: timed ? 'word' : 'estimated',
  }
}

/** Names that OpenAI-like servers say instead of a tag. */
const NAMES: Record<string, string> = {
  italian: 'it',
  french: 'fr',
  english: 'en',
  german: 'de',
  spanish: 'es',
  portuguese: 'pt',
  dutch: 'nl',
}

/** The primary subtag of what an engine calls a language (`<|it|>`, `it-IT`, `italian`); null when it says none. */
export function primary(tag: string | null | undefined): string | null {
  const [name] = /[a-z]+/.exec((tag ?? '').toLowerCase()) ?? []
  if (name === undefined) return null
  return NAMES[name] ?? (name.length <= 3 ? name : null)
}

/** Moves an utterance in time. */
export function shift(utterance: Utterance, byMs: number): Utterance {
  return {
    ...utterance,
    startMs: utterance.startMs + byMs,
    endMs: utterance.endMs + byMs,
    words: utterance.words.map((w) => ({ ...w, startMs: w.startMs + byMs, endMs: w.endMs + byMs })),
  }
}

/** Times may lie so far outside of the audio: padding of models. */
const TOLERANCE_MS = 1000
/** Nobody speaks faster; a broken model or a decoder in a loop does. */
const MOST_LETTERS_PER_SECOND = 80

/** Why an answer to `durationMs` of audio cannot be what was said, or null. Never quotes it. */
export function implausible(utterances: readonly Utterance[], durationMs: number): string | null {
  let before = 0
  let letters = 0
  for (const { text, words, startMs, endMs, confidence: sure } of utterances) {
    letters += text.length
    // eslint-disable-next-line no-control-regex
    if (/[\u0000-\u0008\u000e-\u001f\ufffd]/.test(text)) return 'the text holds characters that no speech has'
    const spans = [{ startMs, endMs, confidence: sure }, ...words]
    for (const span of spans) {
      if (!(span.startMs >= 0 && span.endMs >= span.startMs)) return 'times that run backwards'
      if (span.endMs > durationMs + TOLERANCE_MS) return 'times beyond the end of the audio'
      if (span.confidence !== null && !(span.confidence >= 0 && span.confidence <= 1)) return 'a confidence beyond 1'
    }
    for (const [i, w] of words.entries()) if (w.startMs < (words[i - 1]?.startMs ?? 0)) return 'words out of order'
    if (startMs < before) return 'utterances out of order'
    before = startMs
  }
  if (letters > 100 + (durationMs / 1000) * MOST_LETTERS_PER_SECOND) return 'more text than anybody can speak'
  return null
}

/** Puts times back into the audio, where padding carried them out of it. */
export function within(utterance: Utterance, durationMs: number): Utterance {
  const clamp = (ms: number): number => Math.min(Math.max(0, Math.round(ms)), Math.round(durationMs))
  return {
    ...utterance,
    startMs: clamp(utterance.startMs),
    endMs: clamp(utterance.endMs),
    words: utterance.words.map((w) => ({ ...w, startMs: clamp(w.startMs), endMs: clamp(w.endMs) })),
  }
}

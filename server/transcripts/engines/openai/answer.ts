import { z } from 'zod'
import type { Utterance, Word } from '../ports.ts'
import { meanConfidence, primary, spreadWords } from '../words.ts'

const seconds = z.number()
const wordSchema = z.object({ word: z.string(), start: seconds, end: seconds, probability: z.number().nullish() })
const segmentSchema = z.object({ text: z.string(), start: seconds, end: seconds, avg_logprob: z.number().nullish() })
/** Lenient: servers leave out what they do not know, or send null. */
const answerSchema = z.object({
  text: z.string().nullish(),
  language: z.string().nullish(),
  words: z.array(wordSchema).nullish(),
  segments: z.array(segmentSchema.extend({ words: z.array(wordSchema).nullish() })).nullish(),
})
type Answer = z.infer<typeof answerSchema>

/**
 * Reads an answer to `lengthMs` of audio: with words, with segments, or the text alone. A string says why it cannot be read.
 */
export function readTranscription(body: string, lengthMs: number, asked: string | null): Utterance[] | string {
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch {
    return 'it is not JSON'
  }
  const { success, data } = answerSchema.safeParse(value)
  if (!success) return 'it is not a transcription'
  const language = primary(data.language) ?? asked
  const words = wordsOf(data)
  if (words.length > 0) return [inWords(words, language)]
  const segments = (data.segments ?? []).filter((s) => s.text.trim() !== '')
  if (segments.length > 0) return segments.map((segment) => inSegment(segment, language))
  if (typeof data.text !== 'string') return 'it holds no text'
  const text = tidy(data.text)
  if (text === '') return []
  const spread = spreadWords(text, 0, lengthMs)
  return [{ text, words: spread, startMs: 0, endMs: lengthMs, confidence: null, language, timing: 'estimated' }]
}

const tidy = (text: string): string => text.replace(/\s+/g, ' ').trim()

/** All words, wherever the server puts them, put in order: some let a word begin before the end of the one before. */
function wordsOf({ words, segments }: Answer): Word[] {
  const found = words?.length ? words : (segments ?? []).flatMap((s) => s.words ?? [])
  let before = 0
  return found.flatMap(({ word, start, end, probability }) => {
    const text = tidy(word)
    if (text === '') return []
    const startMs = Math.max(before, start * 1000)
    before = startMs
    // A word that ends before it begins is left so: the check of the whole answer finds it.
    const endMs = end >= start ? Math.max(startMs, end * 1000) : end * 1000
    return [{ text, startMs, endMs, confidence: probability ?? null }]
  })
}

function inWords(words: Word[], language: string | null): Utterance {
  return {
    text: words.map((w) => w.text).join(' '),
    words,
    startMs: words[0]?.startMs ?? 0,
    endMs: Math.max(...words.map((w) => w.endMs)),
    confidence: meanConfidence(words),
    language,
    timing: 'word',
  }
}

function inSegment(
  { text, start, end, avg_logprob: mean }: z.infer<typeof segmentSchema>,
  language: string | null,
): Utterance {
  const said = tidy(text)
  const [startMs, endMs] = [start * 1000, end * 1000]
  const confidence = typeof mean === 'number' ? Math.min(1, Math.exp(mean)) : null
  return {
    text: said,
    words: spreadWords(said, startMs, endMs),
    startMs,
    endMs,
    confidence,
    language,
    timing: 'segment',
  }
}

import type { Utterance, Word } from '../ports.ts'
import { meanConfidence } from '../words.ts'

const WORD = /^(\S+) (\d+\.\d+) (\d+\.\d+) (\d*\.?\d+(?:e[-+]?\d+)?)$/
/** Silences, noises, begin and end of an utterance. */
const FILLER = /^(?:<.*>|\[.*\]|\+\+.*\+\+)$/

/**
 * Reads what `pocketsphinx_continuous -time yes` prints: a line with each utterance's text, then one line for each word with
 * its begin and end in seconds and its probability. Times are from the start of the audio.
 */
export function parseSphinx(output: string): Utterance[] {
  const groups: Word[][] = [[]]
  for (const line of output.split('\n')) {
    const [, name = '', from = '', to = '', probability = ''] = WORD.exec(line.trim()) ?? []
    if (name === '') {
      groups.push([])
      continue
    }
    if (FILLER.test(name)) continue
    groups.at(-1)?.push({
      // Variants of a pronunciation carry a number: `the(2)`.
      text: name.replace(/\(\d+\)$/, ''),
      startMs: Math.round(Number(from) * 1000),
      endMs: Math.round(Number(to) * 1000),
      confidence: Math.min(1, Number(probability)),
    })
  }
  return groups.flatMap((words) => {
    const [first] = words
    const last = words.at(-1)
    if (!first || !last) return []
    return {
      text: words.map((w) => w.text).join(' '),
      words,
      startMs: first.startMs,
      endMs: last.endMs,
      confidence: meanConfidence(words),
      language: 'en',
      timing: 'word' as const,
    }
  })
}

import type { Token } from './tokens.ts'

/** A phrase found at a token: how many tokens it takes and what it stands for. */
export type Found<T> = { length: number; value: T }

/** Finds the longest phrase that begins at a token, or null. */
export type PhraseBook<T> = (tokens: readonly Token[], at: number) => Found<T> | null

type Entry<T> = { words: readonly string[]; value: T }

/**
 * Phrases by their first word. A word that ends in `*` is a stem of at least three letters. Phrases hold folded words
 * without apostrophes: `c est`, `l iban`.
 */
export function phraseBook<T>(lists: Iterable<readonly [T, string]>): PhraseBook<T> {
  const byWord = new Map<string, Entry<T>[]>()
  const byStem = new Map<string, Entry<T>[]>()
  for (const [value, list] of lists)
    for (const phrase of list.split('|')) {
      const words = phrase.trim().split(/\s+/)
      const first = words[0] ?? ''
      if (first === '') continue
      const stem = first.endsWith('*')
      const key = stem ? first.slice(0, 3) : first
      const into = stem ? byStem : byWord
      into.set(key, [...(into.get(key) ?? []), { words, value }])
    }
  return (tokens, at) => {
    const low = tokens[at]?.low ?? ''
    const found = longest(byWord.get(low), tokens, at)
    if (low.length < 3) return found
    const stemmed = longest(byStem.get(low.slice(0, 3)), tokens, at)
    return stemmed && stemmed.length > (found?.length ?? 0) ? stemmed : found
  }
}

function longest<T>(entries: readonly Entry<T>[] | undefined, tokens: readonly Token[], at: number): Found<T> | null {
  let best: Found<T> | null = null
  for (const { words, value } of entries ?? [])
    if (words.length > (best?.length ?? 0) && words.every((word, k) => fits(word, tokens[at + k]?.low)))
      best = { length: words.length, value }
  return best
}

function fits(word: string, low: string | undefined): boolean {
  if (low === undefined) return false
  return word.endsWith('*') ? low.startsWith(word.slice(0, -1)) : low === word
}

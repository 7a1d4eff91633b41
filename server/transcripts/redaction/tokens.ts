import { markPattern } from './types.ts'

/** A word, a group of digits or a sign that carries meaning (@ € $ £ + % _). */
export type Token = {
  /** As written, in lower case: accents tell French letter names from common words. */
  raw: string
  /** Lower case without accents: what the lexicons hold. */
  low: string
  start: number
  end: number
  /** Touches the token before without a space or sign between: `IT` and `60` of `IT60`. */
  glued: boolean
  /** Begins with a capital letter. */
  capital: boolean
  digits: boolean
  /** Two letters or more, all of them capitals. */
  upper: boolean
  /** Stands for something that is redacted already, and is like no word. */
  mark: boolean
  /** Beside an apostrophe, so not a letter that is spelled: `l'`, `'s`. */
  elided: boolean
}

const pattern = new RegExp(`${markPattern.source}|[\\p{L}\\p{M}]+|\\p{Nd}+|[@€$£+%_]`, 'gu')
const apostrophe = /['’ʼ]/

/** Lower case without accents or apostrophes' variants. */
export function fold(text: string): string {
  const low = text.toLowerCase()
  // eslint-disable-next-line no-control-regex
  return /^[\x00-\x7f]*$/.test(low) ? low : low.normalize('NFD').replace(/\p{M}+/gu, '')
}

/** The tokens of a turn with their offsets in its text. */
export function tokenise(text: string): Token[] {
  const tokens: Token[] = []
  for (const match of text.matchAll(pattern)) {
    const [word] = match
    const start = match.index
    const end = start + word.length
    const digits = /^\p{Nd}/u.test(word)
    const mark = word.startsWith('[')
    const low = mark ? word : digits ? asciiDigits(word) : fold(word)
    tokens.push({
      raw: mark ? word : word.toLowerCase(),
      mark,
      low,
      start,
      end,
      glued: tokens.at(-1)?.end === start,
      capital: /^\p{Lu}/u.test(word),
      digits,
      upper: /^\p{Lu}{2,}$/u.test(word),
      elided: apostrophe.test(text[end] ?? '') || (low.length <= 2 && apostrophe.test(text[start - 1] ?? '')),
    })
  }
  return tokens
}

/** Digits of other scripts as 0 to 9: every decimal block of Unicode is contiguous from its zero. */
function asciiDigits(word: string): string {
  if (/^\d+$/.test(word)) return word
  return Array.from(word)
    .map((c) => (/\d/.test(c) ? c : String(decimalValue(c.codePointAt(0) ?? 0))))
    .join('')
}

function decimalValue(code: number): number {
  let value = 0
  while (value < 9 && /^\p{Nd}$/u.test(String.fromCodePoint(code - value - 1))) value++
  return value
}

import type { Lexicon } from './lexicon/lexicon.ts'
import type { Arc } from './numbers/arc.ts'
import { fold, type Token } from './tokens.ts'

/** How sure it is that tokens are part of a value: a weak one is a common word too. */
export type Strength = 'strong' | 'weak'

/**
 * A reading of tokens as characters of a value. `out`: digits; letters in upper case, or in lower case when they may be
 * words; `+` of a country code.
 */
export type Symbol = Arc & { strength: Strength }

/** Longest group of letters written without spaces that counts as spelled when it touches digits: `RSSMRA80A01`. */
const LETTER_GROUP = 6

/** All readings that begin at a token: numbers, letters, spelled letters, doubles. */
export function symbolsAt(lexicon: Lexicon, tokens: readonly Token[], at: number): Symbol[] {
  const token = tokens[at]
  if (!token) return []
  if (token.digits) return [symbol(at + 1, token.low, 'strong')]
  const numbers = lexicon.numbers(tokens, at).map((arc): Symbol => ({ ...arc, strength: numberStrength(token, arc) }))
  return [
    ...numbers,
    ...datePart(lexicon, tokens, at),
    ...lettersAt(lexicon, tokens, at),
    ...repeated(lexicon, tokens, at),
  ]
}

const symbol = (to: number, out: string, strength: Strength): Symbol => ({ to, out, cost: 1, strength })

/** Months and ordinals, as the digits of a date. */
function datePart(lexicon: Lexicon, tokens: readonly Token[], at: number): Symbol[] {
  const low = tokens[at]?.low ?? ''
  const month = lexicon.months.get(low)
  if (month !== undefined) return [symbol(at + 1, String(month).padStart(2, '0'), 'weak')]
  const ordinal = lexicon.ordinals.get(low)
  return ordinal === undefined ? [] : [symbol(at + 1, String(ordinal), 'weak')]
}

/** Articles, and the letter for zero, count as numbers only beside others. */
const numberStrength = ({ low }: Token, { out }: Arc): Strength =>
  out.length === 1 && /^(?:une?|oh?|one)$/.test(low) ? 'weak' : 'strong'

function lettersAt(lexicon: Lexicon, tokens: readonly Token[], at: number): Symbol[] {
  const token = tokens[at]
  if (!token || token.elided) return []
  if (token.low === '+' || token.low === 'plus' || token.low === 'piu')
    return [
      symbol(at + 1, '+', lexicon.numbers(tokens, at + 1).length > 0 || tokens[at + 1]?.digits ? 'strong' : 'weak'),
    ]
  if (touchesDigits(tokens, at)) return [symbol(at + 1, token.low.toUpperCase(), 'strong')]
  const double = doubleV(lexicon, tokens, at)
  if (double) return [double]
  const letter = letterAt(lexicon, tokens, at)
  if (!letter) return []
  const spelled = spelling(lexicon, tokens, letter)
  return spelled ? [spelled, letter] : [letter]
}

/** Letters without a space before or after digits, or capitals between them (`GB29 NWBK 6016`); the ending of an ordinal is none. */
function touchesDigits(tokens: readonly Token[], at: number): boolean {
  const token = tokens[at]
  if (
    !token ||
    token.low.length > LETTER_GROUP ||
    /^(?:st|nd|rd|th|er|e|eme|eur|euro|kg|km|gb|mb|h|am|pm)$/.test(token.low)
  )
    return false
  const before = token.glued && tokens[at - 1]?.digits === true
  const after = tokens[at + 1]
  const within = token.upper && tokens[at - 1]?.digits === true && after?.digits === true
  return /^[a-z]+$/.test(token.low) && (before || within || (after?.glued === true && after.digits))
}

function letterAt(lexicon: Lexicon, tokens: readonly Token[], at: number): Symbol | null {
  const token = tokens[at]
  if (!token) return null
  const sure = lexicon.letters.get(token.low) ?? lexicon.accentedLetters.get(token.raw)
  if (sure !== undefined) return symbol(at + 1, sure, 'strong')
  // With an accent it is another word: `è`, `à`.
  const weak = lexicon.weakLetters.get(token.raw)
  if (weak !== undefined) return symbol(at + 1, weak.toLowerCase(), 'weak')
  // A country code that is written together: `IT 60`, `GB 29`.
  return /^(?:it|fr|gb)$/.test(token.low) && tokens[at + 1]?.digits
    ? symbol(at + 1, token.low, token.capital ? 'strong' : 'weak')
    : null
}

/** `doppia vu`, `double v`, `double u`, `i grec`, `ipsilon greca`. */
function doubleV({ language }: Lexicon, tokens: readonly Token[], at: number): Symbol | null {
  const low = tokens[at]?.low ?? ''
  const next = tokens[at + 1]?.low ?? ''
  if (low === 'vu' && next === 'doppia') return symbol(at + 2, 'W', 'strong')
  if (/^dop?pi[ao]$/.test(low) && /^(?:vu|v|vi)$/.test(next)) return symbol(at + 2, 'W', 'strong')
  if (low === 'double' && (language === 'en' ? next === 'u' || next === 'you' : next === 'v' || next === 've'))
    return symbol(at + 2, 'W', 'strong')
  if (low === 'i' && (next === 'grec' || next === 'greca')) return symbol(at + 2, 'Y', 'strong')
  if (low === 'i' && next === 'lunga') return symbol(at + 2, 'J', 'strong')
  return null
}

/** `b come bologna`, `acca come hotel`, `a comme anatole`, `b for bravo`: the word must begin with the letter. */
function spelling(lexicon: Lexicon, tokens: readonly Token[], letter: Symbol): Symbol | null {
  const link = tokens[letter.to]?.low ?? ''
  if (!lexicon.as.has(link)) return null
  const extra = link === 'as' ? /^in$/.test(tokens[letter.to + 1]?.low ?? '') : false
  const at = letter.to + (extra ? 2 : 1)
  const word = tokens[at]?.low ?? ''
  const wanted = letter.out.toLowerCase()
  if (word.length < 3 || !startsLike(word, wanted)) return null
  return symbol(at + 1, letter.out.toUpperCase(), 'strong')
}

/** Cappa is spelled `kappa`; jolly, york and whisky keep their letters; acca has `hotel`. */
const startsLike = (word: string, letter: string): boolean =>
  fold(word).startsWith(letter) || (letter === 'k' && word.startsWith('c'))

/** `doppio sette`, `triple nine`: a single digit or letter said more than once. */
function repeated(lexicon: Lexicon, tokens: readonly Token[], at: number): Symbol[] {
  const times = lexicon.times(tokens, at)
  if (!times) return []
  let next = at + times.length
  while (lexicon.talk(tokens, next)?.value === 'filler') next += lexicon.talk(tokens, next)?.length ?? 1
  return symbolsAt(lexicon, tokens, next)
    .filter(({ out }) => out.length === 1)
    .map((s): Symbol => ({ ...s, out: s.out.repeat(times.value), strength: 'strong' }))
}

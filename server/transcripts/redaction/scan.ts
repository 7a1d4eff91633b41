import type { Cue, Lexicon } from './lexicon/lexicon.ts'
import { symbolsAt } from './symbols.ts'
import type { Token } from './tokens.ts'
import type { PiiType } from './types.ts'

/** Tokens of a turn that may be a value, first and after the last. */
export type Range = { from: number; to: number }

/** A stretch of digits and letters in a turn, with what stands around it. */
export type Run = {
  kind: 'run'
  /** With words at its edges that may be letters or months, and the hesitation beside them. */
  wide: Range
  /** Between its first and last certain symbol, with the hesitation beside them; null when nothing is certain. */
  tight: Range | null
  /** A month or an ordinal is in it. */
  dated: boolean
  /** An amount, a duration or a count: a unit follows, or a currency stands before. */
  unit: boolean
  /** A word before it says that it is a year, or about how much. */
  other: boolean
  /** Another word follows at once in the turn. */
  followed: boolean
  /** Nothing but hesitation and assent stands before it in the turn. */
  first: boolean
  /** Nothing but hesitation and assent follows in the turn. */
  last: boolean
  /** It begins with a correction. */
  corrects: boolean
}

/** `purpose`: it says what something else is for, or of (`per il rimborso`). */
export type CueFound = { kind: 'cue'; cue: Cue; at: number; to: number; purpose: boolean }

/** What is redacted already stands where its value stood. */
export type Mark = { kind: 'mark'; type: PiiType }

/** What matters in a turn, in its order. `words`: how many words are neither value, cue nor hesitation. */
export type Scan = { events: (Run | CueFound | Mark)[]; words: number }

type Piece = Range & { strong: boolean }

/** Finds cues and runs in a turn. Tokens that `claimed` holds belong to an address or the like and are passed over. */
export function scan(lexicon: Lexicon, tokens: readonly Token[], claimed: ReadonlySet<number>): Scan {
  const events: (Run | CueFound | Mark)[] = []
  const state = { words: 0, quiet: true }
  let pieces: Piece[] = []
  const close = (): void => {
    const run = pieces.length === 0 ? null : runOf(lexicon, tokens, pieces, state.quiet)
    if (run) events.push(run)
    if (run) state.quiet = false
    pieces = []
  }
  for (let at = 0; at < tokens.length;) {
    const cue = claimed.has(at) ? null : lexicon.cues(tokens, at)
    const talk = lexicon.talk(tokens, at)
    const to = claimed.has(at) || cue || (talk && talk.length > 1) ? at : pieceEnd(lexicon, tokens, at)
    if (cue && !(talk && talk.length > cue.length)) {
      close()
      state.quiet = false
      events.push({ kind: 'cue', cue: cue.value, at, to: at + cue.length, purpose: isPurpose(tokens, at) })
      at += cue.length
    } else if (to > at) {
      pieces.push({ from: at, to, strong: isStrong(lexicon, tokens, at, to) })
      at = to
    } else if (talk && !claimed.has(at)) at += talk.length
    else if (pieces.length > 0 && isDateLink(lexicon, tokens, at)) at++
    else {
      close()
      const token = tokens[at]
      if (token?.mark) events.push({ kind: 'mark', type: token.low.slice(1, -1) as PiiType })
      state.quiet = false
      state.words++
      at++
    }
  }
  close()
  return { events, words: state.words }
}

const linking = /^(?:per|pour|for|del|dell|della|delle|du|des|of)$/

const isPurpose = (tokens: readonly Token[], at: number): boolean =>
  linking.test(tokens[at - 1]?.low ?? '') || linking.test(tokens[at - 2]?.low ?? '')

/** End of the longest reading from here, and of what begins inside it: `three hundred six | six hundred and nine`. */
function pieceEnd(lexicon: Lexicon, tokens: readonly Token[], from: number): number {
  let to = from
  for (let at = from; at === from || at < to; at++)
    for (const symbol of symbolsAt(lexicon, tokens, at)) to = Math.max(to, symbol.to)
  return to
}

/** Articles that are numbers too, and the letter for zero, are sure unless a word follows: `un dossier`. */
function isStrong(lexicon: Lexicon, tokens: readonly Token[], at: number, to: number): boolean {
  const symbols = symbolsAt(lexicon, tokens, at)
  if (symbols.some(({ strength }) => strength === 'strong')) return true
  if (!symbols.some(({ out }) => /^\d$/.test(out)) || lexicon.ordinals.has(tokens[at]?.low ?? '')) return false
  return to >= tokens.length || lexicon.talk(tokens, to) !== null || symbolsAt(lexicon, tokens, to).length > 0
}

/** `of` of `twenty second of august`. */
function isDateLink(lexicon: Lexicon, tokens: readonly Token[], at: number): boolean {
  const low = tokens[at]?.low ?? ''
  if (!lexicon.dateLinks.has(low)) return false
  const dated = (k: number): boolean => isDateWord(lexicon, tokens[k])
  return dated(at - 1) || dated(at + 1) || (lexicon.dateLinks.has(tokens[at + 1]?.low ?? '') && dated(at + 2))
}

const isDateWord = (lexicon: Lexicon, token: Token | undefined): boolean =>
  token !== undefined && (lexicon.months.has(token.low) || lexicon.ordinals.has(token.low))

function runOf(lexicon: Lexicon, tokens: readonly Token[], pieces: readonly Piece[], quiet: boolean): Run | null {
  const strong = pieces.filter((piece) => piece.strong)
  const [first, last] = [pieces[0], pieces.at(-1)]
  if (!first || !last) return null
  const wide = withHesitation(lexicon, tokens, { from: first.from, to: last.to })
  const [from, to] = [strong[0]?.from, strong.at(-1)?.to]
  const tight = from === undefined || to === undefined ? null : withHesitation(lexicon, tokens, { from, to })
  const before = tokens[(from ?? first.from) - 1]
  const rest = pastTalk(lexicon, tokens, last.to)
  return {
    kind: 'run',
    wide,
    tight,
    dated: tokens.slice(first.from, last.to).some((token) => isDateWord(lexicon, token)),
    unit: lexicon.unit(tokens, last.to) !== null || /^[€$£]$/.test(before?.low ?? '') || isCents(tokens, first.from),
    other: lexicon.beforeOther.has(before?.low ?? ''),
    followed: rest === last.to && rest < tokens.length,
    first: quiet,
    last: rest >= tokens.length,
    corrects: lexicon.talk(tokens, wide.from)?.value === 'fix',
  }
}

const currency = /^(?:euros?|pounds?|sterline|livres|doll(?:ars?|aro|ari)|€|£|\$)$/

/** `euro e cinquanta`, `pounds fifty`. */
function isCents(tokens: readonly Token[], from: number): boolean {
  const link = /^(?:e|et|and)$/.test(tokens[from - 1]?.low ?? '') ? 1 : 0
  return currency.test(tokens[from - 1 - link]?.low ?? '')
}

/** Past hesitation, corrections and assent. */
function pastTalk(lexicon: Lexicon, tokens: readonly Token[], from: number): number {
  let at = from
  for (let talk = lexicon.talk(tokens, at); talk; talk = lexicon.talk(tokens, at)) at += talk.length
  return at
}

/** Hesitation and corrections that touch a run belong to it: they are said inside the value when it goes on. */
function withHesitation(lexicon: Lexicon, tokens: readonly Token[], { from, to }: Range): Range {
  let start = from
  for (let length = talkBefore(lexicon, tokens, start); length > 0; length = talkBefore(lexicon, tokens, start))
    start -= length
  let end = to
  for (let talk = lexicon.talk(tokens, end); talk && talk.value !== 'link'; talk = lexicon.talk(tokens, end))
    end += talk.length
  return { from: start, to: end }
}

/** Length of the longest hesitation that ends before a token, in tokens; 0 when there is none. */
function talkBefore(lexicon: Lexicon, tokens: readonly Token[], at: number): number {
  for (let length = Math.min(4, at); length > 0; length--) {
    const talk = lexicon.talk(tokens, at - length)
    if (talk?.length === length && talk.value !== 'link') return length
  }
  return 0
}

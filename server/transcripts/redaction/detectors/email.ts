import type { Lexicon } from '../lexicon/lexicon.ts'
import type { Range } from '../scan.ts'
import { symbolsAt } from '../symbols.ts'
import type { Token } from '../tokens.ts'

const written = /[\p{L}\p{N}._%+-]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+/gu
/** Words of a name or a domain's label before and between its dots. */
const LABEL = 6
const LOCAL = 12

/** Addresses of e-mail in a turn, written or spoken. `announced`: the turn, or the question before it, is about one. */
export function findEmails(lexicon: Lexicon, text: string, tokens: readonly Token[], announced: boolean): Range[] {
  const found: Range[] = []
  for (const match of text.matchAll(written)) found.push(within(tokens, match.index, match.index + match[0].length))
  for (let at = 0; at < tokens.length; at++) {
    if (found.some(({ from, to }) => at >= from && at < to)) continue
    const sign = lexicon.at(tokens, at)
    const to = sign ? domainEnd(lexicon, tokens, at + sign.length) : null
    if (to !== null) found.push({ from: localStart(lexicon, tokens, at, announced), to })
    else if (sign && announced && /^(?:@|[^at].{3,})$/.test(tokens[at]?.low ?? ''))
      found.push({ from: localStart(lexicon, tokens, at, true), to: at + sign.length })
  }
  if (found.length === 0 && announced) return unfinished(lexicon, tokens)
  return found
}

function within(tokens: readonly Token[], start: number, end: number): Range {
  const from = tokens.findIndex((token) => token.end > start)
  const to = tokens.findIndex((token) => token.start >= end)
  return { from, to: to === -1 ? tokens.length : to }
}

const isDot = (lexicon: Lexicon, token: Token | undefined): boolean => token !== undefined && lexicon.dot.has(token.low)
const isDash = (lexicon: Lexicon, token: Token | undefined): boolean =>
  token !== undefined && lexicon.dash.has(token.low)
const isLetter = (token: Token | undefined): boolean => token !== undefined && token.low.length === 1 && !token.digits

/** Where a domain ends that begins here (`gmail punto com`, `g mail dot c o m`); null when there is none. */
function domainEnd(lexicon: Lexicon, tokens: readonly Token[], from: number): number | null {
  let end: number | null = null
  for (let at = from, label = 0; at < tokens.length && label <= LABEL; at++) {
    if (isDot(lexicon, tokens[at]) && at > from && tokens[at + 1]) {
      end = topLevelEnd(tokens, at + 1)
      if (!isDot(lexicon, tokens[end])) return end
      ;[at, label] = [end - 1, 0]
    } else label++
  }
  return end
}

/** One word, or letters one by one. */
function topLevelEnd(tokens: readonly Token[], from: number): number {
  let to = from + 1
  if (isLetter(tokens[from])) while (to - from < 4 && isLetter(tokens[to])) to++
  return to
}

/**
 * Where the part before the sign begins: back over words joined by dots and dashes and over letters and digits; when an
 * address was announced, back to the first function word.
 */
function localStart(lexicon: Lexicon, tokens: readonly Token[], sign: number, announced: boolean): number {
  let from = sign
  while (from > 0 && sign - from < LOCAL && belongs(lexicon, tokens, from - 1, { sign, announced })) from--
  return from
}

type Place = { sign: number; announced: boolean }

function belongs(lexicon: Lexicon, tokens: readonly Token[], at: number, { sign, announced }: Place): boolean {
  const [token, next] = [tokens[at], tokens[at + 1]]
  if (!token) return false
  if (at === sign - 1) return !lexicon.function.has(token.low) || isLetter(token)
  const joins = (t: Token | undefined): boolean => isDot(lexicon, t) || isDash(lexicon, t)
  if (joins(token) || joins(next)) return true
  if (symbolsAt(lexicon, tokens, at).length > 0 && token.raw === token.low) return true
  if (!announced || lexicon.function.has(token.low)) return false
  return lexicon.cues(tokens, at) === null && !(at > 0 && (lexicon.cues(tokens, at - 1)?.length ?? 0) > 1)
}

/** Words around dots where an address is being told but its sign has not come yet. */
function unfinished(lexicon: Lexicon, tokens: readonly Token[]): Range[] {
  const dots = tokens.flatMap((token, k) => (isDot(lexicon, token) && k > 0 ? [k] : []))
  const [first, last] = [dots[0], dots.at(-1)]
  if (first === undefined || last === undefined || tokens.length > 20) return []
  return [{ from: localStart(lexicon, tokens, first, false), to: Math.min(tokens.length, last + 2) }]
}

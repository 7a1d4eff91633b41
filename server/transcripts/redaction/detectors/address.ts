import type { Lexicon } from '../lexicon/lexicon.ts'
import type { Range } from '../scan.ts'
import { symbolsAt } from '../symbols.ts'
import type { Token } from '../tokens.ts'

/** Words of an address after its announcement, of a street's name, of the town after the number. */
const WHOLE = 16
const NAME = 5
const TOWN = 6

type Turn = { lexicon: Lexicon; text: string; tokens: readonly Token[] }

/** Postal addresses of a turn. `asked`: the question before it was about one. */
export function findAddresses(turn: Turn, asked: boolean): Range[] {
  const { lexicon, tokens } = turn
  const found: Range[] = asked ? announced(turn, 0) : []
  for (let at = 0; at < tokens.length; at++) {
    const cue = lexicon.cues(tokens, at)
    const inside = found.some(({ from, to }) => at >= from && at < to)
    if (inside) continue
    const more = cue?.value === 'ADDRESS' ? announced(turn, at + cue.length) : street(turn, at)
    found.push(...more)
  }
  return found
}

/** After an announcement: what follows, if it has a street or a number in it. */
function announced(turn: Turn, after: number): Range[] {
  const { lexicon, tokens } = turn
  let from = after
  while (isGlue(turn, from)) from++
  const to = clauseEnd(turn, from, WHOLE)
  const evidence = range(from, to).some((k) => lexicon.address.street(tokens, k) || isNumber(turn, k))
  const counted = to - from <= 2 && lexicon.unit(tokens, to) !== null
  return evidence && !counted && to - from >= 2 ? [{ from, to }] : []
}

/** A street that tells its number, without an announcement. */
function street(turn: Turn, at: number): Range[] {
  const { lexicon, tokens } = turn
  const kind = lexicon.address.street(tokens, at)
  if (!kind) return []
  if (lexicon.address.order === 'street-name-number') {
    const number = range(at + kind.length + 1, at + kind.length + NAME + 1).find((k) => isNumber(turn, k))
    const end = clauseEnd(turn, at, WHOLE)
    return number !== undefined && number < end ? [{ from: at, to: clauseEnd(turn, at, number - at + TOWN) }] : []
  }
  const before = lexicon.address.order === 'number-street-name' ? at : wordsBefore(turn, at)
  const from = before === null ? null : numberStart(turn, before)
  const to = from === null ? at : clauseEnd(turn, from, at - from + TOWN)
  return from === null || to <= at ? [] : [{ from, to }]
}

/** English: the name between number and street word, one to three words; null when there is none. */
function wordsBefore(turn: Turn, at: number): number | null {
  for (let from = at - 1; from >= at - 3 && from > 0; from--) {
    if (isNumber(turn, from)) return null
    if (isNumber(turn, from - 1)) return from
  }
  return null
}

/** Where the number begins that ends right before a token; null when there is none. */
function numberStart(turn: Turn, to: number): number | null {
  let from = to
  while (
    from > 0 &&
    to - from < 6 &&
    (isNumber(turn, from - 1) || (from < to && /^(?:and|et)$/.test(turn.tokens[from - 1]?.low ?? '')))
  )
    from--
  return from < to ? from : null
}

function isNumber({ lexicon, tokens }: Turn, at: number): boolean {
  const token = tokens[at]
  if (!token) return false
  if (token.digits || /^(?:bis|ter|cent|cents|hundred|vingts?)$/.test(token.low)) return true
  return symbolsAt(lexicon, tokens, at).some(({ out, strength }) => strength === 'strong' && /^\d+$/.test(out))
}

/** Function words between an announcement and the address itself: `in`, `è`, `c'est au`. */
function isGlue({ lexicon, tokens }: Turn, at: number): boolean {
  const token = tokens[at]
  if (!token || lexicon.address.street(tokens, at) || token.digits) return false
  return (
    lexicon.function.has(token.low) ||
    lexicon.talk(tokens, at)?.value === 'filler' ||
    lexicon.cues(tokens, at)?.value === 'ADDRESS'
  )
}

/** End of the words that may belong to an address: before a function word that leads on, another cue, or a full stop. */
function clauseEnd({ lexicon, text, tokens }: Turn, from: number, most: number): number {
  let to = from
  while (to < tokens.length && to - from < most) {
    const [token, last] = [tokens[to], tokens[to - 1]]
    if (!token || token.mark) break
    if (to > from && last && /[.?!;]\s+\S/.test(text.slice(last.end, token.start + 1)) && last.low.length > 3) break
    const cue = lexicon.cues(tokens, to)
    if (cue && cue.value !== 'ADDRESS' && cue.value !== 'NUMBER' && !lexicon.address.street(tokens, to)) break
    if (lexicon.function.has(token.low) && !isInside({ lexicon, text, tokens }, to)) break
    to++
  }
  // A linking word at the end leads to something else.
  while (to > from && lexicon.function.has(tokens[to - 1]?.low ?? '')) to--
  return to
}

/** Function words of street and town names, numbers, and what links their words: `one hundred and six`, `vingt et un`. */
function isInside(turn: Turn, at: number): boolean {
  const { lexicon, tokens } = turn
  const low = tokens[at]?.low ?? ''
  if (lexicon.address.inside.has(low) || lexicon.address.street(tokens, at) || lexicon.numbers(tokens, at).length > 0)
    return true
  return /^(?:and|et)$/.test(low) && isNumber(turn, at - 1) && lexicon.numbers(tokens, at + 1).length > 0
}

const range = (from: number, to: number): number[] => Array.from({ length: Math.max(0, to - from) }, (_, k) => from + k)

import { Problem } from '../../platform/problem.ts'

/**
 * What people type, as a tree. Words beside each other must all occur in a turn; `"a b"` one after the other; `a OR b`; `-a` not;
 * `a NEAR b` (within ten words) or `a NEAR/3 b`, whichever comes first.
 */
export type Query =
  | { kind: 'words'; text: string }
  | { kind: 'phrase'; text: string }
  | { kind: 'near'; left: Query; right: Query; within: number }
  | { kind: 'all'; parts: Query[] }
  | { kind: 'any'; parts: Query[] }
  | { kind: 'not'; part: Query }

export const usualNear = 10
const widestNear = 50
const mostParts = 40

type Token = { kind: 'phrase' | 'word' | 'or' | 'near' | 'not'; text: string }

/** Throws Problem `search_empty`, `search_only_not` or `search_too_long` (400). */
export function parseQuery(text: string): Query {
  const tokens = tokensOf(text)
  if (tokens.length > mostParts)
    throw new Problem('search_too_long', 400, `A search has at most ${mostParts} words.`, { max: mostParts })
  const query = anyOf(
    splitBy(tokens, 'or')
      .map(allOf)
      .filter((q) => q !== null),
  )
  if (!query) throw new Problem('search_empty', 400, 'Type at least one word to look for.')
  if (!finds(query))
    throw new Problem('search_only_not', 400, 'A search needs a word that is there, not only words that are not.')
  return query
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = []
  for (const [, minus, quoted, plain] of text.normalize('NFC').matchAll(/(-?)(?:"([^"]*)"?|([^\s"]+))/g)) {
    if (minus) tokens.push({ kind: 'not', text: '' })
    if (quoted !== undefined) tokens.push({ kind: 'phrase', text: quoted })
    else if (plain) tokens.push(wordOf(plain))
  }
  return tokens.filter(({ kind, text: of }) => (kind !== 'word' && kind !== 'phrase') || /[\p{L}\p{N}]/u.test(of))
}

function wordOf(text: string): Token {
  if (text === 'OR') return { kind: 'or', text }
  return /^NEAR(\/\d*)?$/.test(text) ? { kind: 'near', text } : { kind: 'word', text }
}

function splitBy(tokens: Token[], kind: Token['kind']): Token[][] {
  const parts: Token[][] = [[]]
  for (const token of tokens) {
    if (token.kind === kind) parts.push([])
    else parts.at(-1)!.push(token)
  }
  return parts
}

const anyOf = (parts: Query[]): Query | null => (parts.length > 1 ? { kind: 'any', parts } : (parts[0] ?? null))

/** Signs that stand where nothing can follow them are passed over: people search while they type. */
function allOf(tokens: Token[]): Query | null {
  const parts: Query[] = []
  let [negated, near] = [false, 0]
  for (const { kind, text } of tokens) {
    if (kind === 'not') negated = true
    else if (kind === 'near') near = distanceOf(text)
    else {
      const part: Query = kind === 'phrase' ? { kind: 'phrase', text } : { kind: 'words', text }
      const left = near > 0 && !negated ? parts.pop() : undefined
      if (left) parts.push(left.kind === 'not' ? left : { kind: 'near', left, right: part, within: near })
      else parts.push(negated ? { kind: 'not', part } : part)
      if (left?.kind === 'not') parts.push(part)
      ;[negated, near] = [false, 0]
    }
  }
  return parts.length > 1 ? { kind: 'all', parts } : (parts[0] ?? null)
}

const distanceOf = (text: string): number => Math.min(widestNear, Number(text.split('/')[1] ?? usualNear) || 1)

/** Whether a query names anything that must be there. */
function finds(query: Query): boolean {
  if (query.kind === 'not') return false
  if (query.kind === 'all') return query.parts.some(finds)
  return query.kind !== 'any' || query.parts.every(finds)
}

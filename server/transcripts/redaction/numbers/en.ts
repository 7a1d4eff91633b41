import type { Token } from '../tokens.ts'
import { arcOf, type NumberGrammar, type Spoken } from './arc.ts'

const numbered = (words: string, from: number, step = 1): [string, number][] =>
  words.split(' ').map((word, k) => [word, from + k * step])

const units = new Map(numbered('one two three four five six seven eight nine', 1))
const teens = new Map(numbered('ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen', 10))
const tens = new Map([...numbered('twenty thirty forty fifty sixty seventy eighty ninety', 20, 10), ['fourty', 40]])

const low = (tokens: readonly Token[], at: number): string => tokens[at]?.low ?? ''

function below100(tokens: readonly Token[], at: number): Spoken[] {
  const word = low(tokens, at)
  const single = units.get(word) ?? teens.get(word)
  if (single !== undefined) return [{ to: at + 1, value: single }]
  const ten = tens.get(word)
  if (ten === undefined) return []
  const unit = units.get(low(tokens, at + 1))
  return [{ to: at + 1, value: ten }, ...(unit === undefined ? [] : [{ to: at + 2, value: ten + unit }])]
}

/** After a head such as `two hundred`: `five`, `and five`. */
function added(tokens: readonly Token[], head: Spoken, rest: (at: number) => Spoken[]): Spoken[] {
  const at = low(tokens, head.to) === 'and' ? head.to + 1 : head.to
  return rest(at).map(({ to, value }) => ({ to, value: head.value + value }))
}

function hundreds(tokens: readonly Token[], at: number): Spoken[] {
  const small = below100(tokens, at)
  const heads = small
    .filter(({ to, value }) => value < 100 && low(tokens, to) === 'hundred')
    .map(({ to, value }) => ({ to: to + 1, value: value * 100 }))
  return [...small, ...heads.flatMap((head) => [head, ...added(tokens, head, (k) => below100(tokens, k))])]
}

/** English numbers in words: `two hundred and five`, `nineteen eighty` (as two), `oh`. */
export const englishNumbers: NumberGrammar = (tokens, at) => {
  const word = low(tokens, at)
  if (word === 'zero' || word === 'oh' || word === 'o' || word === 'nought' || word === 'nil')
    return [{ to: at + 1, out: '0', cost: 1 }]
  const small = hundreds(tokens, at)
  if (small.length === 0) return []
  const heads = small
    .filter(({ to, value }) => value < 1000 && low(tokens, to) === 'thousand')
    .map(({ to, value }) => ({ to: to + 1, value: value * 1000 }))
  return [...small, ...heads.flatMap((head) => [head, ...added(tokens, head, (k) => hundreds(tokens, k))])].map(arcOf)
}

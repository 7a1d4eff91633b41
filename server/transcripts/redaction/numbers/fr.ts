import type { Token } from '../tokens.ts'
import { arcOf, type NumberGrammar, type Spoken } from './arc.ts'

const units = new Map(
  Object.entries({ un: 1, une: 1, deux: 2, trois: 3, quatre: 4, cinq: 5, six: 6, sept: 7, huit: 8, neuf: 9 }),
)
const teens = new Map(Object.entries({ dix: 10, onze: 11, douze: 12, treize: 13, quatorze: 14, quinze: 15, seize: 16 }))
const tens = new Map(
  Object.entries({
    vingt: 20,
    vingts: 20,
    trente: 30,
    quarante: 40,
    cinquante: 50,
    soixante: 60,
    septante: 70,
    huitante: 80,
    octante: 80,
    nonante: 90,
  }),
)

const low = (tokens: readonly Token[], at: number): string => tokens[at]?.low ?? ''

/** 10 to 19. */
function teensAt(tokens: readonly Token[], at: number): Spoken[] {
  const value = teens.get(low(tokens, at))
  if (value === undefined) return []
  const unit = units.get(low(tokens, at + 1)) ?? 0
  return value === 10 && unit >= 7
    ? [
        { to: at + 1, value },
        { to: at + 2, value: 10 + unit },
      ]
    : [{ to: at + 1, value }]
}

/** What may follow a ten: a unit (`et un`), and after 60 and 80 also 10 to 19 (`et onze`). */
function afterTen(tokens: readonly Token[], { to, value }: Spoken): Spoken[] {
  const at = low(tokens, to) === 'et' ? to + 1 : to
  const unit = units.get(low(tokens, at))
  const more: Spoken[] = unit === undefined ? [] : [{ to: at + 1, value: unit }]
  if (value === 60 || value === 80) more.push(...teensAt(tokens, at))
  return [{ to, value }, ...more.map((m) => ({ to: m.to, value: value + m.value }))]
}

function below100(tokens: readonly Token[], at: number): Spoken[] {
  const word = low(tokens, at)
  const unit = units.get(word)
  if (unit === 4 && /^vingts?$/.test(low(tokens, at + 1)))
    return [{ to: at + 1, value: 4 }, ...afterTen(tokens, { to: at + 2, value: 80 })]
  if (unit !== undefined) return [{ to: at + 1, value: unit }]
  const ten = tens.get(word)
  return ten === undefined ? teensAt(tokens, at) : afterTen(tokens, { to: at + 1, value: ten })
}

/** `trois cent trente cinq`, and years by hundreds: `dix-neuf cent trente`. */
function hundreds(tokens: readonly Token[], at: number): Spoken[] {
  const small = below100(tokens, at)
  const heads: Spoken[] = /^cents?$/.test(low(tokens, at)) ? [{ to: at + 1, value: 100 }] : []
  for (const { to, value } of small)
    if (value < 20 && /^cents?$/.test(low(tokens, to))) heads.push({ to: to + 1, value: value * 100 })
  return [...small, ...heads.flatMap((head) => [head, ...added(head, below100(tokens, head.to))])]
}

const added = (head: Spoken, rest: Spoken[]): Spoken[] =>
  rest.map(({ to, value }) => ({ to, value: head.value + value }))

/** French numbers in words, with or without hyphens, Swiss and Belgian tens too. */
export const frenchNumbers: NumberGrammar = (tokens, at) => {
  const word = low(tokens, at)
  if (word === 'zero') return [{ to: at + 1, out: '0', cost: 1 }]
  if (!startsNumber(word)) return []
  const small = hundreds(tokens, at)
  const heads: Spoken[] = word === 'mille' || word === 'mil' ? [{ to: at + 1, value: 1000 }] : []
  for (const { to, value } of small)
    if (value > 1 && value < 1000 && low(tokens, to) === 'mille') heads.push({ to: to + 1, value: value * 1000 })
  return [...small, ...heads.flatMap((head) => [head, ...added(head, hundreds(tokens, head.to))])].map(arcOf)
}

const startsNumber = (word: string): boolean =>
  units.has(word) || teens.has(word) || tens.has(word) || /^(cents?|mille|mil)$/.test(word)
